/**
 * Random routines: the numbers that TensorFlow's CPU kernels draw from a Philox state. The first input of each is the
 * state as uint32[6] (see PhiloxState); it is read, never moved. Who owns the state moves it with `reserve`.
 */

import { encodeBfloat16, encodeFloat16 } from "../../core/half.ts";
import { type NDArray, sizeOf } from "../../core/ndarray.ts";
import { advance, Philox, type PhiloxState } from "../philox.ts";
import type { NoParams, RoutineKernel } from "../routine.ts";
import { arrayAt } from "./elements.ts";
import { logFloat32, sincosFloat32 } from "./float32math.ts";

/** Calls reserved per output: every draw fits, so that a run's length does not depend on the values drawn. */
export const callsPerOutput = 256;

export type RandomRoutine =
  | "randomUniform"
  | "randomUniformInt"
  | "randomStandardNormal"
  | "truncatedNormal"
  | "multinomial"
  | "randomShuffle"
  | "randomGamma"
  | "randomPoisson";

/**
 * How many calls one run takes from its op's generator. `inputShapes` are those of the routine without the state:
 * `[logits]` of multinomial, `[value]` of randomShuffle; the others need none.
 */
export function reservedCalls(
  routine: RandomRoutine,
  inputShapes: readonly (readonly number[])[],
  outputShape: readonly number[],
): number {
  switch (routine) {
    case "randomShuffle": {
      const [rows = 1] = inputShapes[0] ?? [];
      return rows <= 1 || sizeOf(inputShapes[0] ?? []) <= 1 ? 0 : Math.ceil((rows - 1) / 4);
    }
    case "multinomial": {
      const [batch = 0, samples = 0] = outputShape;
      return batch * 2 * Math.ceil(samples / 4) * 4 * callsPerOutput;
    }
    default:
      return sizeOf(outputShape) * callsPerOutput;
  }
}

/** The state for one run; `state` itself moves on to the next run. */
export function reserve(
  state: PhiloxState,
  routine: RandomRoutine,
  inputShapes: readonly (readonly number[])[],
  outputShape: readonly number[],
): PhiloxState {
  const run = state.slice();
  advance(state, reservedCalls(routine, inputShapes, outputShape));
  return run;
}

const twoTo20 = 2 ** 20;
const twoTo32 = 2 ** 32;

/** 52 bits of two words as a float64 in [0, 1). */
export function toFloat64(high: number, low: number): number {
  return ((high % twoTo20) * twoTo32 + low) * 2 ** -52;
}

/** 23 bits of a word as a float32 in [0, 1). */
function toFloat32(bits: number): number {
  return (bits & 0x7fffff) * 2 ** -23;
}

export function stateOf(inputs: readonly NDArray[]): PhiloxState {
  return arrayAt(inputs, 0).data as PhiloxState;
}

/** Fills `length` values, four or two from each call; `position` of the first word of a value in the call. */
function fillGroups(
  state: PhiloxState,
  length: number,
  perCall: 2 | 4,
  write: (words: Uint32Array, index: number, count: number) => void,
): void {
  const generator = new Philox(state);
  for (let index = 0; index < length; index += perCall) {
    generator.next4();
    write(generator.words, index, Math.min(perCall, length - index));
  }
}

/** Uniform in [0, 1): as many random bits as the dtype's significand stores. */
export const randomUniform: RoutineKernel<NoParams> = (inputs, outputs) => {
  const state = stateOf(inputs);
  const { data, dtype, size } = arrayAt(outputs, 0);
  const values = data as Float32Array | Float64Array | Uint16Array;
  const fillFrom = (convert: (word: number) => number) =>
    fillGroups(state, size, 4, (words, index, count) => {
      for (let j = 0; j < count; j++) values[index + j] = convert(words[j] as number);
    });
  switch (dtype.baseName) {
    case "float32":
      return fillFrom(toFloat32);
    case "float16":
      return fillFrom((word) => encodeFloat16((word & 0x3ff) / 1024));
    case "bfloat16":
      return fillFrom((word) => encodeBfloat16((word & 0x7f) / 128));
    case "float64":
      return fillGroups(state, size, 2, (words, index, count) => {
        for (let j = 0; j < count; j++) {
          values[index + j] = toFloat64(words[2 * j] as number, words[2 * j + 1] as number);
        }
      });
    default:
      throw unsupported("randomUniform", dtype.name);
  }
};

function unsupported(routine: string, dtype: string): TypeError {
  return new TypeError(`internal: ${routine} does not make ${dtype}`);
}

/** minval + word mod (maxval - minval); inputs state, minval, maxval. */
export const randomUniformInt: RoutineKernel<NoParams> = (inputs, outputs) => {
  const state = stateOf(inputs);
  const low = arrayAt(inputs, 1);
  const high = arrayAt(inputs, 2);
  checkBound("minval", low);
  checkBound("maxval", high);
  const { data, dtype, size } = arrayAt(outputs, 0);
  if (size === 0) return;
  const [minval, maxval] = [low.at(0) as number | bigint, high.at(0) as number | bigint];
  if (minval >= maxval) {
    throw new RangeError(`Need minval < maxval, got ${minval} >= ${maxval}`);
  }
  if (dtype.baseName === "int32") {
    const values = data as Int32Array;
    const range = Number(maxval) - Number(minval);
    fillGroups(state, size, 4, (words, index, count) => {
      for (let j = 0; j < count; j++) {
        values[index + j] = Number(minval) + ((words[j] as number) % range);
      }
    });
    return;
  }
  const values = data as BigInt64Array;
  const range = BigInt(maxval) - BigInt(minval);
  fillGroups(state, size, 2, (words, index, count) => {
    for (let j = 0; j < count; j++) {
      const bits = BigInt(words[2 * j] as number) | (BigInt(words[2 * j + 1] as number) << 32n);
      values[index + j] = BigInt(minval) + (bits % range);
    }
  });
};

function checkBound(name: string, bound: NDArray): void {
  if (bound.rank !== 0) {
    throw new RangeError(`${name} must be 0-D, got shape [${bound.shape.join(",")}]`);
  }
}

const smallest32 = Math.fround(1e-7);

/** Two float32 normals of two words (Box and Muller), the sine first. */
function normalPair32(word0: number, word1: number, out: Float32Array, index: number): void {
  const u1 = Math.max(toFloat32(word0), smallest32);
  const angle = Math.fround(2 * Math.PI * toFloat32(word1));
  const radius = Math.fround(Math.sqrt(Math.fround(-2 * logFloat32(u1))));
  sincosFloat32(angle, out, index);
  out[index] = (out[index] as number) * radius;
  out[index + 1] = (out[index + 1] as number) * radius;
}

/** Two float64 normals of four words. */
export function normalPair64(
  words: Uint32Array,
  out: Float64Array | Float32Array,
  index: number,
): void {
  const u1 = Math.max(toFloat64(words[0] as number, words[1] as number), 1e-7);
  const angle = 2 * Math.PI * toFloat64(words[2] as number, words[3] as number);
  const radius = Math.sqrt(-2 * Math.log(u1));
  out[index] = Math.sin(angle) * radius;
  out[index + 1] = Math.cos(angle) * radius;
}

/** Runs `fill` on the output itself, or on float32 values that are then rounded to 16 bits. */
function throughFloats(
  output: NDArray,
  routine: string,
  fill: { float32: (values: Float32Array) => void; float64: (values: Float64Array) => void },
): void {
  switch (output.dtype.baseName) {
    case "float32":
      fill.float32(output.data as Float32Array);
      return;
    case "float64":
      fill.float64(output.data as Float64Array);
      return;
    case "float16":
    case "bfloat16": {
      const encode = output.dtype.baseName === "float16" ? encodeFloat16 : encodeBfloat16;
      const values = new Float32Array(output.size);
      fill.float32(values);
      const halves = output.data as Uint16Array;
      for (let i = 0; i < values.length; i++) halves[i] = encode(values[i] as number);
      return;
    }
    default:
      throw unsupported(routine, output.dtype.name);
  }
}

/** Normal with mean 0 and deviation 1. */
export const randomStandardNormal: RoutineKernel<NoParams> = (inputs, outputs) => {
  const state = stateOf(inputs);
  const generator = new Philox(state);
  const { words } = generator;
  const group = new Float32Array(4);
  throughFloats(arrayAt(outputs, 0), "randomStandardNormal", {
    float32(values) {
      for (let index = 0; index < values.length; index += 4) {
        generator.next4();
        normalPair32(words[0] as number, words[1] as number, group, 0);
        normalPair32(words[2] as number, words[3] as number, group, 2);
        const count = Math.min(4, values.length - index);
        for (let j = 0; j < count; j++) values[index + j] = group[j] as number;
      }
    },
    float64(values) {
      const pair = new Float64Array(2);
      for (let index = 0; index < values.length; index += 2) {
        generator.next4();
        normalPair64(words, pair, 0);
        values[index] = pair[0] as number;
        if (index + 1 < values.length) values[index + 1] = pair[1] as number;
      }
    },
  });
};

/** Normals drawn again until they lie within two deviations. */
export const truncatedNormal: RoutineKernel<NoParams> = (inputs, outputs) => {
  const state = stateOf(inputs);
  const limit = 2;
  /** Each group has its own stretch of the stream, so that its draws may be many. */
  const fill = <A extends Float32Array | Float64Array>(
    values: A,
    perGroup: 2 | 4,
    draw: (generator: Philox, pair: A) => void,
    pair: A,
  ) => {
    for (let start = 0; start < values.length; start += perGroup) {
      const generator = new Philox(state, (start * callsPerOutput) / 4);
      const end = start + perGroup;
      for (let index = start; index < end; ) {
        draw(generator, pair);
        for (let j = 0; j < 2 && index < end; j++) {
          const value = pair[j] as number;
          if (Math.abs(value) < limit) values[index++] = value;
        }
      }
    }
  };
  throughFloats(arrayAt(outputs, 0), "truncatedNormal", {
    float32(values) {
      const draw = (generator: Philox, pair: Float32Array) =>
        normalPair32(generator.nextWord(), generator.nextWord(), pair, 0);
      fill(values, 4, draw, new Float32Array(2));
    },
    float64(values) {
      const draw = (generator: Philox, pair: Float64Array) => {
        generator.next4();
        normalPair64(generator.words, pair, 0);
      };
      fill(values, 2, draw, new Float64Array(2));
    },
  });
};

export interface MultinomialParams {
  readonly numSamples: number;
}

/** Classes drawn by unnormalised log-probabilities; inputs state, logits [batch, classes]. */
export const multinomial: RoutineKernel<MultinomialParams> = (inputs, outputs, { numSamples }) => {
  const generator = new Philox(stateOf(inputs));
  const logits = arrayAt(inputs, 1);
  const [batch = 0, classes = 0] = logits.shape;
  const { data, dtype } = arrayAt(outputs, 0);
  const out = data as unknown as { [index: number]: number | bigint };
  const cumulative = new Float64Array(classes);
  for (let row = 0; row < batch; row++) {
    const logit = (j: number) => logits.at(row * classes + j) as number;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < classes; j++) {
      if (Number.isFinite(logit(j))) largest = Math.max(largest, logit(j));
    }
    let total = 0;
    for (let j = 0; j < classes; j++) {
      if (Number.isFinite(logit(j))) total += Math.exp(logit(j) - largest);
      cumulative[j] = total;
    }
    for (let sample = 0; sample < numSamples; sample++) {
      const high = generator.nextWord();
      const found = upperBound(cumulative, toFloat64(high, generator.nextWord()) * total);
      out[row * numSamples + sample] = dtype.isBig ? BigInt(found) : found;
    }
  }
};

/** The first position whose value is greater than `limit`. */
function upperBound(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Permutes dimension 0; inputs state, value of any dtype. */
export const randomShuffle: RoutineKernel<NoParams> = (inputs, outputs) => {
  const value = arrayAt(inputs, 1);
  const output = arrayAt(outputs, 0);
  const rows = value.shape[0] ?? 1;
  const order = Array.from({ length: rows }, (_, i) => i);
  if (rows > 1 && value.size > 1) {
    const generator = new Philox(stateOf(inputs));
    for (let i = 0; i < rows - 1; i++) {
      const other = i + (generator.nextWord() % (rows - i));
      [order[i], order[other]] = [order[other] as number, order[i] as number];
    }
  }
  const width = value.size === 0 ? 0 : value.data.length / rows;
  const source = value.data as ArrayLike<unknown>;
  const target = output.data as unknown as unknown[];
  order.forEach((from, to) => {
    for (let j = 0; j < width; j++) target[to * width + j] = source[from * width + j];
  });
};
