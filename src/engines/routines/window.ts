/** The parameters of everything that slides a window over the two middle dimensions of NHWC images. */

export type Pair = readonly [number, number];

export interface WindowParams {
  /** Steps between windows: rows, columns. */
  readonly strides: Pair;
  /** Steps between the elements of a window. */
  readonly dilations: Pair;
  /** Rows and columns of padding: [[top, bottom], [left, right]]. */
  readonly pads: readonly [Pair, Pair];
}
