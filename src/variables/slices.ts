/** Which part of a larger variable a variable is. */

import { TypeError, ValueError } from "../core/errors.ts";
import { brief } from "../ops/constant.ts";

/** How checkpoints name a part: it is stored as a slice of the whole. */
export class SaveSliceInfo {
  readonly fullName: string;
  readonly fullShape: readonly number[];
  readonly varOffset: readonly number[];
  readonly varShape: readonly number[];

  constructor(
    fullName: string,
    fullShape: readonly number[],
    varOffset: readonly number[],
    varShape: readonly number[],
  ) {
    this.fullName = fullName;
    this.fullShape = fullShape;
    this.varOffset = varOffset;
    this.varShape = varShape;
  }
  /** `"4 2 0,2:0,2"`: the full dimensions, then offset and length along each. */
  get spec(): string {
    const full = this.fullShape.map((dim) => `${dim} `).join("");
    return full + this.varOffset.map((offset, i) => `${offset},${this.varShape[i]}`).join(":");
  }
}

/** What an initializer of one part may need to know of the whole. */
export class PartitionInfo {
  readonly fullShape: readonly number[];
  readonly varOffset: readonly number[];

  constructor(fullShape: readonly number[], varOffset: readonly number[]) {
    checkSequence("full_shape", fullShape);
    checkSequence("var_offset", varOffset);
    if (varOffset.length !== fullShape.length) {
      throw new ValueError(
        `Expected equal length, but \`var_offset\` is of length ${varOffset.length} while full_shape is of length ${fullShape.length}.`,
      );
    }
    varOffset.forEach((offset, i) => {
      const dim = fullShape[i] as number;
      if (offset >= 0 && offset < dim) return;
      throw new ValueError(
        `Expected 0 <= offset < shape but found offset=${offset}, shape=${dim} for var_offset=${brief(varOffset)}, full_shape=${brief(fullShape)}`,
      );
    });
    this.fullShape = fullShape;
    this.varOffset = varOffset;
  }

  /** The offset along the dimension that is sliced; 0 when none is. */
  singleOffset(shape: readonly number[]): number {
    const axis = this.singleSliceDim(shape);
    return axis === null ? 0 : (this.varOffset[axis] as number);
  }

  /** The only dimension in which a part of this shape is smaller than the whole, or null. */
  singleSliceDim(shape: readonly number[]): number | null {
    checkSequence("shape", shape);
    const { fullShape, varOffset } = this;
    if (shape.length !== fullShape.length) {
      throw new ValueError(
        `Expected equal length, but received shape=${brief(shape)} of length ${shape.length} while self.full_shape=${brief(fullShape)} is of length ${fullShape.length}.`,
      );
    }
    shape.forEach((dim, i) => {
      if ((varOffset[i] as number) + dim <= (fullShape[i] as number)) return;
      throw new ValueError(
        `With self.var_offset=${brief(varOffset)}, a partition of shape=${brief(shape)} would exceed self.full_shape=${brief(fullShape)} in dimension ${i}.`,
      );
    });
    let found: number | null = null;
    for (const [i, dim] of shape.entries()) {
      if (dim === fullShape[i]) continue;
      if (found !== null) {
        throw new ValueError(
          `Cannot use single_slice_dim() with shape=${brief(shape)} and self.full_shape=${brief(fullShape)} since slice dim could be either dimension ${i} or ${found}.`,
        );
      }
      found = i;
    }
    return found;
  }
}

function checkSequence(name: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new TypeError(
    `\`${name}\` must be a sequence (like tuple or list) instead of ${typeof value}`,
  );
}
