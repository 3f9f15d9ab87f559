/** Checks of static shapes with the texts of TensorFlow's runtime. */

import { type Dim, TensorShape, unknownOfRank } from "../core/shape.ts";
import { ShapeError } from "./define.ts";

/** Everything that both shapes know. Throws ShapeError when they contradict each other. */
export function mergeShapes(a: TensorShape, b: TensorShape): TensorShape {
  if (!a.dims) return b;
  if (!b.dims) return a;
  if (a.dims.length !== b.dims.length) {
    throw new ShapeError(
      `Shapes must be equal rank, but are ${a.dims.length} and ${b.dims.length}`,
    );
  }
  const theirs = b.dims;
  return new TensorShape(
    a.dims.map((dim, axis): Dim => {
      const other = theirs[axis] as Dim;
      if (dim !== null && other !== null && dim !== other) {
        throw new ShapeError(
          `Dimension ${axis} in both shapes must be equal, but are ${dim} and ${other}. Shapes are ${a.toRuntimeString()} and ${b.toRuntimeString()}.`,
        );
      }
      return dim ?? other;
    }),
  );
}

/** `shape` known to have this rank. */
export function withRank(shape: TensorShape, rank: number): TensorShape {
  if (!shape.dims) return unknownOfRank(rank);
  if (shape.dims.length !== rank) {
    throw new ShapeError(`Shape must be rank ${rank} but is rank ${shape.dims.length}`);
  }
  return shape;
}

export function withRankAtLeast(shape: TensorShape, rank: number): TensorShape {
  if (shape.dims && shape.dims.length < rank) {
    throw new ShapeError(`Shape must be at least rank ${rank} but is rank ${shape.dims.length}`);
  }
  return shape;
}
