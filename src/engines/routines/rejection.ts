/** Gamma and Poisson random numbers, drawn as TensorFlow draws them: by rejection, in float64. */

import type { DTypeName } from "../../core/dtypes.ts";
import { encodeBfloat16, encodeFloat16 } from "../../core/half.ts";
import type { NDArray } from "../../core/ndarray.ts";
import { Philox, type PhiloxState } from "../philox.ts";
import type { NoParams, RoutineKernel } from "../routine.ts";
import { lgamma } from "../special.ts";
import { arrayAt } from "./elements.ts";
import { callsPerOutput, normalPair64, stateOf, toFloat64 } from "./random.ts";

/** float64 uniforms in the order these samplers read them: the second of each call first. */
class Uniforms {
  readonly #generator: Philox;
  readonly #words = new Uint32Array(4);
  #left = 0;

  constructor(generator: Philox) {
    this.#generator = generator;
  }

  next(): number {
    if (this.#left === 0) {
      this.#generator.next4();
      // Normals are drawn from the same generator in between.
      this.#words.set(this.#generator.words);
      this.#left = 2;
    }
    const at = 2 * --this.#left;
    return toFloat64(this.#words[at] as number, this.#words[at + 1] as number);
  }
}

/** Gamma of shape `alpha` and rate 1 (Marsaglia and Tsang 2000); inputs state, alpha; output [...shape, ...alpha]. */
export const randomGamma: RoutineKernel<NoParams> = (inputs, outputs) => {
  const alphas = arrayAt(inputs, 1);
  drawEach(stateOf(inputs), alphas, arrayAt(outputs, 0), gammaSampler);
};

/** Poisson of mean `rate`; inputs state, rate; output [...shape, ...rate], of a float or int dtype. */
export const randomPoisson: RoutineKernel<NoParams> = (inputs, outputs) => {
  const output = arrayAt(outputs, 0);
  const largest = largestOf(output.dtype.baseName);
  drawEach(stateOf(inputs), arrayAt(inputs, 1), output, (rate) => poissonSampler(rate, largest));
};

/** Sample i of parameter j lies at [i, j] and draws from its own stretch of the stream, numbered parameter first. */
function drawEach(
  state: PhiloxState,
  parameters: NDArray,
  output: NDArray,
  samplerOf: (parameter: number) => (generator: Philox) => number,
): void {
  const count = parameters.size;
  if (output.size === 0) return;
  const perParameter = output.size / count;
  const values = new Float64Array(output.size);
  for (let j = 0; j < count; j++) {
    const sample = samplerOf(Number(parameters.at(j)));
    for (let i = 0; i < perParameter; i++) {
      const generator = new Philox(state, callsPerOutput * (j * perParameter + i));
      values[i * count + j] = sample(generator);
    }
  }
  storeNumbers(values, output);
}

function storeNumbers(values: Float64Array, output: NDArray): void {
  const { baseName } = output.dtype;
  const target = output.data as unknown as { [index: number]: number | bigint };
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (baseName === "float16") target[i] = encodeFloat16(value);
    else if (baseName === "bfloat16") target[i] = encodeBfloat16(value);
    // TensorFlow's threads flush subnormal float32 numbers to zero.
    else if (baseName === "float32") target[i] = Math.abs(value) < 2 ** -126 ? 0 : value;
    else target[i] = output.dtype.isBig ? BigInt(value) : value;
  }
}

function gammaSampler(alpha: number): (generator: Philox) => number {
  if (alpha === 1) return (generator) => -Math.log1p(-new Uniforms(generator).next());
  const boosted = alpha < 1;
  const d = alpha + (boosted ? 2 / 3 : -1 / 3);
  const c = 1 / 3 / Math.sqrt(d);
  const normals = new Float64Array(2);
  return (generator) => {
    const uniforms = new Uniforms(generator);
    for (let left = 0; ; ) {
      if (left === 0) {
        generator.next4();
        normalPair64(generator.words, normals, 0);
        left = 2;
      }
      const x = normals[--left] as number;
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      const u = uniforms.next();
      // The first test is a cheap lower bound of the second.
      const accepted =
        u < 1 - 0.0331 * (x * x) * (x * x) || Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v));
      if (accepted) return boosted ? d * v * uniforms.next() ** (1 / alpha) : d * v;
    }
  };
}

/** The largest count that the output can hold. */
function largestOf(dtype: DTypeName): number {
  switch (dtype) {
    case "float16":
      return 65504;
    case "int32":
      return 2 ** 31 - 1;
    case "int64":
      return 2 ** 63;
    default:
      return Number.MAX_VALUE;
  }
}

function poissonSampler(rate: number, largest: number): (generator: Philox) => number {
  if (rate < 10) {
    // Knuth: uniforms are multiplied until they fall below e^-rate.
    const limit = Math.exp(-rate);
    return (generator) => {
      const uniforms = new Uniforms(generator);
      let product = 1;
      for (let count = 0; ; count++) {
        product *= uniforms.next();
        if (product <= limit && count <= largest) return count;
      }
    };
  }
  if (rate === Number.POSITIVE_INFINITY) return () => rate;
  // Hörmann's transformed rejection (1993).
  const logRate = Math.log(rate);
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  return (generator) => {
    const uniforms = new Uniforms(generator);
    for (;;) {
      const u = uniforms.next() - 0.5;
      const v = uniforms.next();
      const shifted = 0.5 - Math.abs(u);
      const count = Math.floor(((2 * a) / shifted + b) * u + rate + 0.43);
      if (count > largest) continue;
      if (shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return count;
      if (count < 0 || (shifted < 0.013 && v > shifted)) continue;
      const left = Math.log((v * inverseAlpha) / (a / (shifted * shifted) + b));
      if (left <= -rate + count * logRate - lgamma(count + 1)) return count;
    }
  };
}
