/** IndexedSlices: a gradient that touches only some rows. */

import { type ConversionOptions, type TensorConvertible, toTensor } from "../core/convertible.ts";
import type { DType } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { Graph } from "../core/graph.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { indexTensor } from "./index-tensor.ts";
import { unsortedSegmentSum } from "./segment.ts";

/** Rows `values[i]` for `indices[i]` of a tensor of shape `denseShape`; rows named twice add up. */
export class IndexedSlices implements TensorConvertible {
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly denseShape: Tensor | null;

  constructor(values: Tensor, indices: Tensor, denseShape: Tensor | null = null) {
    this.values = values;
    this.indices = indices;
    this.denseShape = denseShape;
  }
  get dtype(): DType {
    return this.values.dtype;
  }
  get name(): string {
    return this.values.name;
  }
  get op(): Operation {
    return this.values.op;
  }
  get graph(): Graph {
    return this.values.graph;
  }
  get device(): string {
    return this.values.device;
  }
  /** The dense tensor. */
  [toTensor]({ dtype, name }: ConversionOptions): Tensor {
    if (dtype && !dtype.isCompatibleWith(this.dtype)) {
      throw new ValueError(
        `Incompatible tensor conversion requested to \`dtype\` ${dtype.name} for IndexedSlices (${this}) with dtype ${this.dtype.name}`,
      );
    }
    if (!this.denseShape) {
      throw new ValueError(
        `Tensor conversion requested for IndexedSlices for argument without shape: ${this}`,
      );
    }
    return unsortedSegmentSum(this.values, this.indices, indexTensor(this.denseShape, [0]), {
      name,
    });
  }
  toString(): string {
    const shape = this.denseShape ? `, dense_shape=${this.denseShape}` : "";
    return `IndexedSlices(indices=${this.indices}, values=${this.values}${shape})`;
  }
}
