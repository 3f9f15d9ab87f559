/** Matrix products and convolutions by oneDNN, on the memory of the wasm engine. */

import { sizeOf, stridesOf } from "../../core/ndarray.ts";
import type { RoutineStep, Value } from "../ir.ts";
import type { MatmulParams, Strided, StridedMatmulParams } from "../routines/matmul.ts";
import type { WindowParams } from "../routines/window.ts";
import type { BoundKernel, KernelContext, WasmKernel } from "../wasm/kernel.ts";
import { isFloat32 } from "../wasm/kernels/work.ts";
import type { ConvKind, ConvWindow, Layout } from "./abi.ts";
import type { OneDnn, Primitive } from "./onednn.ts";

/** Multiply-adds from which a call of the library costs less than the kernel in WebAssembly. */
export const worthwhile = 1 << 12;

/** The kernels that the library has, for a memory that begins at an address of the process. */
export function nativeKernels(
  library: OneDnn,
  base: number,
  leastWork = worthwhile,
): Readonly<Record<string, WasmKernel>> {
  const make = new Maker(library, base, leastWork);
  return {
    matmul: (step, context) => make.matmul(step, context),
    stridedMatmul: (step, context) => make.stridedMatmul(step, context),
    conv2d: (step, context) => make.convolution("forward", step, context),
    conv2dBackpropInput: (step, context) => make.convolution("backwardData", step, context),
    conv2dBackpropFilter: (step, context) => make.convolution("backwardWeights", step, context),
  };
}

/** What follows a result and is done with it in one go. */
interface Following {
  /** One number for each of the last dimension. */
  readonly bias: Value;
  readonly relu: boolean;
  readonly out: Value;
}

class Maker {
  readonly #library: OneDnn;
  readonly #base: number;

  readonly #leastWork: number;

  constructor(library: OneDnn, base: number, leastWork: number) {
    this.#library = library;
    this.#leastWork = leastWork;
    this.#base = base;
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
    const layout = (side: Strided, sizes: readonly [number, number]): Layout => ({
      dims: [...side.batch.map((stride, i) => (stride === 0 ? 1 : (batch[i] as number))), ...sizes],
      strides: [...side.batch.map((stride) => stride || 1), side.row, side.column],
    });
    const a = layout(params.a, [rows, depth]);
    const b = layout(params.b, [depth, columns]);
    const out = layout(params.out, [rows, columns]);
    const kept = context.versionOf?.(step.inputs[1] as Value) ?? null;
    const make = (bias: boolean, relu: boolean): Primitive | null => {
      const added = bias ? { dims: [...batch.map(() => 1), 1, columns], strides: undefined } : null;
      const layouts = { a, b, bias: added && rowLayout(added.dims), out };
      // A right side that stays is brought once into the order that the library likes best.
      const free = { ...layouts, b: { dims: b.dims } };
      const manner = { relu, work };
      return (kept && this.#library.matmul(free, manner)) || this.#library.matmul(layouts, manner);
    };
    const isFull = params.out.column === 1 && params.out.offset === 0;
    const offsets = [params.a.offset, params.b.offset, params.out.offset].map((at) => 4 * at);
    return this.#bind(step, context, { make, packs: 1, plain: b, version: kept, offsets, isFull });
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
    const layouts = { x: imageLayout(x), filter: { dims: plain.dims }, y: imageLayout(y) };
    const make = (bias: boolean, relu: boolean): Primitive | null => {
      const added = bias ? { dims: [channels], strides: [1] } : null;
      return this.#library.convolution(kind, { ...layouts, bias: added }, window, {
        relu,
        work,
      });
    };
    const position = { forward: 1, backwardData: 0, backwardWeights: 2 }[kind];
    const version =
      kind === "backwardWeights" ? null : context.versionOf?.(values[position] as Value);
    const offsets = [0, 0, 0];
    const isFull = kind === "forward";
    return this.#bind(step, context, {
      make,
      packs: position,
      plain,
      version: version ?? null,
      offsets,
      isFull,
    });
  }

  /** What the library can do together with a step. */
  #followingOf(step: RoutineStep): Following | null {
    const following = followingOf(step);
    return following?.relu && !this.#library.keepsNaN ? null : following;
  }

  /** Binds a primitive and the copy of the array that it wants in an order of its own. */
  #bind(
    step: RoutineStep,
    context: KernelContext,
    { make, packs, plain, version, offsets, isFull }: Plan,
  ): BoundKernel | null {
    let following = isFull ? this.#followingOf(step) : null;
    let primitive = following && make(true, following.relu);
    // The whole result is one piece.
    const epilogue = primitive && context.epilogue?.((step.outputs[0] as Value).size);
    if (!epilogue) {
      primitive?.destroy();
      following = null;
      primitive = make(false, false);
    }
    if (!primitive) return null;
    const main = primitive;
    const result = following ? 3 : 2;
    const isResult = packs === 2;
    const at = isResult ? result : packs;
    const reorder = isResult
      ? this.#library.reorder(main.layout(at), plain, sizeOf(plain.dims))
      : this.#library.reorder(plain, main.layout(at), sizeOf(plain.dims));
    context.whenReleased?.(() => {
      main.destroy();
      reorder?.destroy();
    });
    const packed = reorder ? context.scratch(main.size(at)) : 0;
    const positionOf = (value: Value | undefined): number =>
      epilogue?.values.findIndex(({ root }) => root === value?.root) ?? -1;
    const biasAt = positionOf(following?.bias);
    const outAt = positionOf(following?.out);
    const [first = 0, second = 0, last = 0] = offsets;
    const addresses = new Array<number>(result + 1).fill(0);
    const pair = [0, 0];
    const start = this.#base;
    let present: number | undefined;
    let source = -1;
    return (inputs, outputs, then = []) => {
      addresses[0] = start + (inputs[0] as number) + first;
      addresses[1] = start + (inputs[1] as number) + second;
      if (following) {
        addresses[2] = start + (then[biasAt] as number);
        addresses[3] = start + (then[outAt] as number);
      } else {
        addresses[2] = start + (outputs[0] as number) + last;
      }
      if (!reorder) {
        main.run(addresses);
        return;
      }
      const unpacked = addresses[at] as number;
      addresses[at] = start + packed;
      if (isResult) {
        main.run(addresses);
        pair[0] = start + packed;
        pair[1] = unpacked;
        reorder.run(pair);
        return;
      }
      const now = version?.();
      if (now === undefined || now !== present || source !== unpacked) {
        pair[0] = unpacked;
        pair[1] = start + packed;
        reorder.run(pair);
        present = now;
        source = unpacked;
      }
      main.run(addresses);
    };
  }
}

interface Plan {
  make(bias: boolean, relu: boolean): Primitive | null;
  /** Which of the two inputs, or of the result, the primitive wants in an order of its own. */
  readonly packs: number;
  /** How that array lies. */
  readonly plain: Layout;
  readonly version: (() => number) | null;
  /** Bytes from the beginning of each array. */
  readonly offsets: readonly number[];
  /** Whether results fill their array, so that what follows may be done in one go. */
  readonly isFull: boolean;
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

/** The epilogue of a step, where it adds a number to each element by its last dimension, and maybe takes max(_, 0). */
function followingOf({ epilogue, outputs }: RoutineStep): Following | null {
  const [result] = outputs;
  if (!epilogue || !result || !isFloat32(epilogue.out)) return null;
  const { body, out, dims } = epilogue;
  const isMax = body.kind === "binary" && body.op === "max";
  if (isMax && !(body.rhs.kind === "const" && body.rhs.value === 0)) return null;
  const sum = isMax ? body.lhs : body;
  if (sum.kind !== "binary" || sum.op !== "add") return null;
  const { lhs, rhs } = sum;
  if (lhs.kind !== "load" || rhs.kind !== "load") return null;
  const [own, bias] = lhs.value.root === result.root ? [lhs, rhs] : [rhs, lhs];
  const isOwn =
    own.value.root === result.root && own.offset === 0 && isSame(own.strides, stridesOf(dims));
  const isBias =
    bias.offset === 0 &&
    bias.value.size === dims.at(-1) &&
    bias.strides.every((stride, i) => stride === (i === dims.length - 1 ? 1 : 0));
  if (!isOwn || !isBias || dims.at(-1) !== result.shape.at(-1) || bias.value.root === result.root)
    return null;
  return { bias: bias.value, relu: isMax, out };
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);
