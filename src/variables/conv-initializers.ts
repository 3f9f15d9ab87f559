/** Initializers that make convolutions orthogonal, after Xiao et al. 2018, "Dynamical Isometry". */

import { type DType, type DTypeLike, float32 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { expandDims, matrixTranspose, scatterNd, stack, zeros } from "../ops/array.ts";
import { multiply } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { brief } from "../ops/constant.ts";
import { matmul } from "../ops/matmul.ts";
import { eye } from "../ops/matrix.ts";
import { randomNormal } from "../ops/random.ts";
import {
  chosen,
  factory,
  floating,
  Initializer,
  type InitializerCall,
  type InitializerConfig,
  known,
  type OrthogonalOptions,
  orthogonalMatrix,
  type ShapeArgument,
} from "./initializers.ts";

/** A convolution that is orthogonal at its centre and zero elsewhere. */
export class ConvolutionDeltaOrthogonal extends Initializer {
  readonly gain: number;
  readonly seed: number | null;
  readonly dtype: DType;
  constructor({ gain = 1, seed = null, dtype = float32 }: OrthogonalOptions = {}) {
    super();
    this.gain = gain;
    this.dtype = floating(dtype as DTypeLike);
    this.seed = seed;
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    const dims = known(shape);
    if (dims.length < 3 || dims.length > 5) {
      throw new ValueError(
        `The tensor to initialize, specified by argument \`shape\` must be at least three-dimensional and at most five-dimensional. Received shape=${brief(dims)}`,
      );
    }
    const [inputs = 0, outputs = 0] = dims.slice(-2);
    if (inputs > outputs) {
      throw new ValueError(
        `In_filters, specified by shape[-2]=${inputs} cannot be greater than out_filters, specified by shape[-1]=${outputs}.`,
      );
    }
    const dtype = chosen(options, this.dtype);
    const square = orthogonalMatrix([outputs, outputs], dtype, this.seed);
    const scaled = square.slice([null, inputs], null).mul(cast(this.gain, dtype));
    const centre = dims.slice(0, -2).map((dim) => Math.floor((dim - 1) / 2));
    return scatterNd([centre], expandDims(scaled, 0), dims);
  }
  override getConfig(): InitializerConfig {
    return { gain: this.gain, seed: this.seed, dtype: this.dtype.name };
  }
}

/** Matrices by place in a kernel of equal sides, last axis fastest. */
interface Kernel {
  readonly side: number;
  readonly matrices: readonly Tensor[];
}

/** All places of a cube, in order. */
function places(side: number, rank: number): number[][] {
  if (rank === 0) return [[]];
  return Array.from({ length: side }, (_, i) => i).flatMap((i) =>
    places(side, rank - 1).map((rest) => [i, ...rest]),
  );
}

function at({ side, matrices }: Kernel, place: readonly number[]): Tensor {
  return matrices[place.reduce((flat, i) => flat * side + i, 0)] as Tensor;
}

/** Orthogonal as a convolution, of one to three spatial dimensions of equal size. */
export class ConvolutionOrthogonal extends Initializer {
  readonly gain: number;
  readonly dtype: DType;
  readonly #rank: number;
  /** Steps on with every matrix drawn, so that none equals another. */
  #seed: number | null;

  constructor(rank: 1 | 2 | 3, { gain = 1, seed = null, dtype = float32 }: OrthogonalOptions = {}) {
    super();
    this.#rank = rank;
    this.gain = gain;
    this.dtype = floating(dtype as DTypeLike);
    this.#seed = seed;
  }
  get seed(): number | null {
    return this.#seed;
  }

  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    const dims = known(shape);
    this.#check(dims);
    const [inputs = 0, outputs = 0] = dims.slice(-2);
    const kernel = this.#kernel(dims[0] as number, inputs, outputs);
    return kernel.mul(cast(this.gain, chosen(options, this.dtype)));
  }
  #check(dims: readonly number[]): void {
    const rank = this.#rank;
    if (dims.length !== rank + 2) {
      const word = { 1: "three", 2: "four", 3: "five" }[rank as 1 | 2 | 3];
      throw new ValueError(
        `The tensor to initialize, specified by argument \`shape\` must be ${word}-dimensional. Received shape=${brief(dims)}`,
      );
    }
    const [inputs = 0, outputs = 0] = dims.slice(-2);
    if (inputs > outputs) {
      throw new ValueError(
        `In_filters, specified by shape[-2]=${inputs} cannot be greater than out_filters, specified by shape[-1]=${outputs}.`,
      );
    }
    const sides = dims.slice(0, rank);
    if (sides.some((side) => side !== sides[0])) {
      const shown = sides.map((side, i) => `shape[${i}]=${side}`).join(" and ");
      throw new ValueError(`Kernel sizes, specified by ${shown} must be equal.`);
    }
  }

  /** The seed for the next matrix. */
  #next(): number | null {
    const seed = this.#seed;
    if (seed) this.#seed = seed + 1;
    return seed;
  }
  /** A random orthogonal projection: onto the columns of Q that a coin picks. */
  #projection(size: number): Tensor {
    const q = orthogonalMatrix([size, size], this.dtype, this.#next());
    const coin = randomNormal([size], { seed: this.#next() });
    const picked = multiply(q, cast(coin.greater(0), this.dtype));
    return matmul(picked, matrixTranspose(picked));
  }
  /** A kernel of side 2: products of a projection or its complement along every axis. */
  #block(size: number): Kernel {
    const projections = Array.from({ length: this.#rank }, () => this.#projection(size));
    const identity = eye(size, { dtype: this.dtype });
    const factor = (bit: number, axis: number): Tensor => {
      const projection = projections[axis] as Tensor;
      if (this.#rank < 3) return bit ? identity.sub(projection) : projection;
      return projection.rmul(bit).add(identity.sub(projection).rmul(1 - bit));
    };
    const matrices = places(2, this.#rank).map((place) => {
      const [first, ...rest] = place.map(factor);
      return rest.reduce((product, next) => matmul(product, next), first as Tensor);
    });
    return { side: 2, matrices };
  }
  /** Kernels convolved with each other, matrices multiplied. */
  #convolve(a: Kernel, b: Kernel, size: number): Kernel {
    const side = a.side + b.side - 1;
    const matrices = places(side, this.#rank).map((place) => {
      let sum: Tensor = zeros([size, size], { dtype: this.dtype });
      for (const from of places(a.side, this.#rank)) {
        const other = place.map((i, axis) => i - (from[axis] as number));
        if (other.some((i) => i < 0 || i >= b.side)) continue;
        sum = sum.add(matmul(at(a, from), at(b, other)));
      }
      return sum;
    });
    return { side, matrices };
  }
  #kernel(side: number, inputs: number, outputs: number): Tensor {
    const square = orthogonalMatrix([outputs, outputs], this.dtype, this.#next());
    let rows: Tensor = square.slice([0, inputs], null);
    if (side === 1) {
      for (let axis = 0; axis < this.#rank; axis++) rows = expandDims(rows, 0);
      return rows;
    }
    let kernel = this.#block(outputs);
    for (let i = 2; i < side; i++) kernel = this.#convolve(kernel, this.#block(outputs), outputs);
    const matrices = kernel.matrices.map((matrix) => matmul(rows, matrix));
    return stacked(matrices, side, this.#rank);
  }
  override getConfig(): InitializerConfig {
    return { gain: this.gain, seed: this.#seed, dtype: this.dtype.name };
  }
}

/** The matrices of a kernel as one tensor, stacked from the innermost axis. */
function stacked(matrices: readonly Tensor[], side: number, rank: number): Tensor {
  if (rank === 1) return stack(matrices);
  const step = matrices.length / side;
  return stack(
    Array.from({ length: side }, (_, i) =>
      stacked(matrices.slice(i * step, (i + 1) * step), side, rank - 1),
    ),
  );
}

/** Orthogonal at the centre of the kernel, zero elsewhere. TensorFlow: `convolutional_delta_orthogonal`. */
export const convolutionalDeltaOrthogonal = factory(
  (options?: OrthogonalOptions) => new ConvolutionDeltaOrthogonal(options),
);
/** Orthogonal 1-D convolution. TensorFlow: `convolutional_orthogonal_1d`. */
export const convolutionalOrthogonal1d = factory(
  (options?: OrthogonalOptions) => new ConvolutionOrthogonal(1, options),
);
/** Orthogonal 2-D convolution. TensorFlow: `convolutional_orthogonal_2d`. */
export const convolutionalOrthogonal2d = factory(
  (options?: OrthogonalOptions) => new ConvolutionOrthogonal(2, options),
);
/** Orthogonal 3-D convolution. TensorFlow: `convolutional_orthogonal_3d`. */
export const convolutionalOrthogonal3d = factory(
  (options?: OrthogonalOptions) => new ConvolutionOrthogonal(3, options),
);
