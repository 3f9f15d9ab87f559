/** Matrix products and convolutions by oneDNN, on the memory of the wasm engine. */

import { sizeOf, stridesOf } from "../../core/ndarray.ts";
import type { RoutineStep, Value } from "../ir.ts";
import type { MatmulParams, Strided, StridedMatmulParams } from "../routines/matmul.ts";
import type { WindowParams } from "../routines/window.ts";
import type { BoundKernel, KernelContext, WasmKernel } from "../wasm/kernel.ts";
import { isFloat32 } from "../wasm/kernels/work.ts";
import type { ConvKind, ConvWindow, Layout } from "./abi.ts";
import { bind, type Piece, type Shared } from "./binding.ts";
import type { Manner } from "./onednn.ts";
import { productPieces, type Span, spans } from "./pieces.ts";
import type { Primitive } from "./primitive.ts";

/** When to use the library how. */
export interface Thresholds {
  /** Multiply-adds from which a call of the library costs less than the kernel in WebAssembly. */
  readonly leastWork: number;
  /** Multiply-adds that another thread should have. */
  readonly workOfPiece: number;
}
const usual: Thresholds = { leastWork: 1 << 12, workOfPiece: 1 << 18 };

/** The kernels that the library has. */
export function nativeKernels(
  shared: Shared,
  thresholds = usual,
): Readonly<Record<string, WasmKernel>> {
  const make = new Maker(shared, thresholds);
  return {
    matmul: (step, context) => make.matmul(step, context),
    stridedMatmul: (step, context) => make.stridedMatmul(step, context),
    conv2d: (step, context) => make.convolution("forward", step, context),
    conv2dBackpropInput: (step, context) => make.convolution("backwardData", step, context),
    conv2dBackpropFilter: (step, context) => make.convolution("backwardWeights", step, context),
  };
}

class Maker {
  readonly #shared: Shared;
  readonly #leastWork: number;
  readonly #workOfPiece: number;

  constructor(shared: Shared, { leastWork, workOfPiece }: Thresholds) {
    this.#shared = shared;
    this.#leastWork = leastWork;
    this.#workOfPiece = workOfPiece;
  }

  matmul(step: RoutineStep, context: KernelContext): BoundKernel | null {
    const [a, b] = step.inputs as readonly [Value, Value];
    const [out] = step.outputs as readonly [Value];
    if (![a, b, out].every(isFloat32)) return null;
    const { transposeA, transposeB } = step.params as unknown as MatmulParams;
    const params = denseProduct(a.shape, b.shape, out.shape, transposeA, transposeB);
    return this.#product(step, params, context);
  }

  stridedMatmul(step: RoutineStep, context: KernelContext): BoundKernel | null {
    if (![...step.inputs, ...step.outputs].every(isFloat32)) return null;
    return this.#product(step, step.params as unknown as StridedMatmulParams, context);
  }

  #product(
    step: RoutineStep,
    given: StridedMatmulParams,
    context: KernelContext,
  ): BoundKernel | null {
    const params = withFewDimensions(given);
    const { batch, rows, columns, depth } = params;
    const work = sizeOf(batch) * rows * columns * depth;
    if (work === 0 || work < this.#leastWork) return null;
    if (this.#leastWork > 0 && isByVector(params)) return null;
    // oneDNN 3.7 takes the elements of a single row for neighbours, also where they are not.
    if (rows === 1 && params.a.column !== 1) return null;
    const { library } = this.#shared;
    const kept = context.versionOf?.(step.inputs[1] as Value) ?? null;
    const pieces = productPieces(params, this.#pieces(work)).map((piece): Piece => {
      const layout = (side: Strided, sizes: readonly [number, number]): Layout => ({
        dims: [
          ...side.batch.map((stride, i) => (stride === 0 ? 1 : (piece.batch[i] as number))),
          ...sizes,
        ],
        strides: [...side.batch.map((stride) => stride || 1), side.row, side.column],
      });
      const a = layout(piece.a, [piece.rows, depth]);
      const b = layout(piece.b, [depth, piece.columns]);
      const out = layout(piece.out, [piece.rows, piece.columns]);
      const make = (hasBias: boolean, relu: boolean, manner: Manner): Primitive | null => {
        const dims = [...batch.map(() => 1), 1, piece.columns];
        const layouts = { a, b, bias: hasBias ? rowLayout(dims) : null, out };
        // A right side that stays is brought once into the order that the library likes best.
        const free = { ...layouts, b: { dims: b.dims } };
        return (
          (kept && library.matmul(free, { ...manner, relu })) ||
          library.matmul(layouts, { ...manner, relu })
        );
      };
      const offsets = [piece.a.offset, piece.b.offset, piece.out.offset, piece.firstColumn];
      return { make, plain: b, offsets };
    });
    const isFull = params.out.column === 1 && params.out.offset === 0;
    return bind(this.#shared, step, context, { pieces, work, packs: 1, version: kept, isFull });
  }

  convolution(kind: ConvKind, step: RoutineStep, context: KernelContext): BoundKernel | null {
    const values = [...step.inputs, ...step.outputs];
    if (!values.every(isFloat32)) return null;
    const [x, filter, y] = {
      forward: [0, 1, 2],
      backwardData: [2, 0, 1],
      backwardWeights: [0, 2, 1],
    }[kind].map((i) => (values[i] as Value).shape) as [number[], number[], number[]];
    const [height, width, depth, channels] = filter as [number, number, number, number];
    if (values.some(({ size }) => size === 0) || x[3] !== depth) return null;
    const { strides, dilations, pads } = step.params as unknown as WindowParams;
    const work = sizeOf(y) * height * width * depth;
    if (work < this.#leastWork || (this.#leastWork > 0 && isNarrow(kind, filter, strides)))
      return null;
    const window: ConvWindow = {
      strides,
      dilates: dilations.map((dilation) => dilation - 1),
      before: pads.map(([before]) => before),
      after: pads.map(([, after]) => after),
    };
    const plain: Layout = {
      dims: [channels, depth, height, width],
      strides: [1, channels, width * depth * channels, depth * channels],
    };
    const position = ({ forward: 1, backwardData: 0, backwardWeights: 2 } as const)[kind];
    const isGradient = kind === "backwardWeights";
    const [images = 0] = x;
    const [sizeOfX, sizeOfY] = [sizeOf(x.slice(1)), sizeOf(y.slice(1))];
    const { library } = this.#shared;
    const piece = ({ begin, length }: Span): Piece => {
      const some = (shape: number[]) => imageLayout([length, ...shape.slice(1)]);
      const layouts = { x: some(x), filter: { dims: plain.dims }, y: some(y) };
      const make = (hasBias: boolean, relu: boolean, manner: Manner): Primitive | null => {
        const bias = hasBias ? { dims: [channels], strides: [1] } : null;
        return library.convolution(kind, { ...layouts, bias }, window, { ...manner, relu });
      };
      const [atX, atY] = [begin * sizeOfX, begin * sizeOfY];
      const offsets = {
        forward: [atX, 0, atY, 0],
        backwardData: [0, atY, atX, 0],
        backwardWeights: [atX, atY, 0, 0],
      }[kind];
      return { make, plain, offsets };
    };
    const version = isGradient ? null : (context.versionOf?.(values[position] as Value) ?? null);
    const plan = { work, packs: position, version, isFull: kind === "forward" };
    const count = this.#pieces(work);
    const isShared = images >= count && (!isGradient || isWorthSumming(y, count));
    const many =
      isShared &&
      bind(this.#shared, step, context, { ...plan, pieces: spans(images, count, 1).map(piece) });
    // Alone, the library divides the work in other ways.
    return (
      many || bind(this.#shared, step, context, { ...plan, pieces: spans(images, 1, 1).map(piece) })
    );
  }

  /** In how many pieces so much work is divided. */
  #pieces(work: number): number {
    return Math.max(1, Math.min(this.#shared.crew.count, Math.floor(work / this.#workOfPiece)));
  }
}

/** Whether sums of a filter's gradient over so many positions take much longer than adding up as many results as pieces. */
function isWorthSumming(
  [images = 0, height = 0, width = 0]: readonly number[],
  pieces: number,
): boolean {
  return images * height * width >= 128 * pieces;
}

/**
 * Whether a convolution makes so few channels that most lanes of the library's vectors do nothing. Measured on one core
 * against the kernels in WebAssembly, which turn such products around: equal at 2 channels; at 3 for gradients with
 * strides, where the library has a fixed cost, too.
 */
function isNarrow(kind: ConvKind, filter: readonly number[], strides: readonly number[]): boolean {
  const [, , depth, channels] = filter as [number, number, number, number];
  if (kind === "backwardWeights") return false;
  if (kind === "forward") return channels <= 2;
  return depth <= (strides.some((stride) => stride > 1) ? 3 : 2);
}

/** Whether a product is one of a matrix with a vector along its rows: sums of neighbours, which the library does slowly. */
function isByVector({ rows, columns, b }: StridedMatmulParams): boolean {
  return columns === 1 || (rows === 1 && b.column !== 1);
}

/** NHWC images as the library counts their dimensions: NCHW. */
function imageLayout(shape: readonly number[]): Layout {
  const [n, h, w, c] = shape as [number, number, number, number];
  return { dims: [n, c, h, w], strides: [h * w * c, 1, w * c, c] };
}

const rowLayout = (dims: readonly number[]): Layout => ({ dims, strides: stridesOf(dims) });

function denseProduct(
  a: readonly number[],
  b: readonly number[],
  out: readonly number[],
  transposeA: boolean,
  transposeB: boolean,
): StridedMatmulParams {
  const batch = out.slice(0, -2);
  const [rows, columns] = out.slice(-2) as [number, number];
  const depth = a.at(transposeA ? -2 : -1) as number;
  const side = (shape: readonly number[], isTurned: boolean): Strided => {
    const strides = stridesOf(shape);
    const own = shape.length - 2;
    const [row, column] = strides.slice(-2) as [number, number];
    return {
      offset: 0,
      batch: batch.map((_, i) => {
        const axis = i - (batch.length - own);
        return axis < 0 || shape[axis] === 1 ? 0 : (strides[axis] as number);
      }),
      row: isTurned ? column : row,
      column: isTurned ? row : column,
    };
  };
  return {
    batch,
    rows,
    columns,
    depth,
    a: side(a, transposeA),
    b: side(b, transposeB),
    out: side(out, false),
  };
}

/** The same product with batch dimensions joined where they lie evenly, and with rows where the right side is one. */
function withFewDimensions(params: StridedMatmulParams): StridedMatmulParams {
  const sides = [params.a, params.b, params.out];
  const dims: number[] = [];
  const strides: number[][] = [[], [], []];
  params.batch.forEach((dim, axis) => {
    if (dim === 1) return;
    const steps = sides.map(({ batch }) => batch[axis] as number);
    const isEven = dims.length > 0 && steps.every((step, i) => strides[i]?.at(-1) === step * dim);
    if (isEven) {
      dims.push((dims.pop() as number) * dim);
      steps.forEach((step, i) => {
        strides[i]?.splice(-1, 1, step);
      });
    } else {
      dims.push(dim);
      steps.forEach((step, i) => {
        strides[i]?.push(step);
      });
    }
  });
  let { rows } = params;
  const [a, b, out] = sides.map((side, i) => ({ ...side, batch: strides[i] as number[] })) as [
    Strided & { batch: number[] },
    Strided & { batch: number[] },
    Strided & { batch: number[] },
  ];
  const last = dims.length - 1;
  const isRows =
    last >= 0 &&
    b.batch[last] === 0 &&
    [a, out].every((side) => side.batch[last] === side.row * rows);
  if (isRows) {
    rows *= dims.pop() as number;
    for (const side of [a, b, out]) side.batch.pop();
  }
  return { ...params, batch: dims, rows, a, b, out };
}
