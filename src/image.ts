/** The public names of `tf.image`. */

export { type ResizeOptions, resizeBilinear, resizeNearestNeighbor } from "./ops/resize.ts";
