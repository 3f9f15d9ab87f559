/** Dropout (Srivastava et al. 2014). */

import type { DTypeName } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type Dim, type ShapeLike, TensorShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { multiply, realdiv, subtract } from "./binary.ts";
import { greaterEqual } from "./comparison.ts";
import { constant } from "./constant.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, isTensorConvertible, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import "./operators.ts";
import { getSeed, randomUniform } from "./random.ts";
import { shape } from "./shape.ts";
import { opScope } from "./support.ts";
import { whereV2 } from "./where.ts";

export interface DropoutOptions extends Named {
  /** The probability that an element stays. */
  readonly keepProb?: number | Tensor | undefined;
  /** The probability that an element is dropped; give this or `keepProb`. */
  readonly rate?: number | Tensor | undefined;
  /** The shape of the decisions, broadcast over `x`: a 1 keeps or drops a whole axis together. */
  readonly noiseShape?: ShapeLike | Tensor | undefined;
  readonly seed?: number | undefined;
}

/**
 * Sets elements to 0 at random and scales the others by 1 / (1 - rate), so that the expected sum stays.
 * TensorFlow: `tf.nn.dropout`.
 */
export function dropout<D extends DTypeName>(x: TensorOf<D>, options?: DropoutOptions): Tensor<D>;
export function dropout(x: TensorLike, options?: DropoutOptions): Tensor;
export function dropout(x: TensorLike, options: DropoutOptions = {}): Tensor {
  const { keepProb, name, seed, noiseShape } = options;
  if (options.rate !== undefined && keepProb !== undefined) {
    throw new ValueError("Cannot specify both 'keep_prob' and 'rate'.");
  }
  const rate = options.rate ?? complement(keepProb);
  if (rate === undefined) throw new ValueError("`rate` must be provided. Received: rate=None");
  return opScope(name, "dropout", [x], () => {
    if (typeof rate === "number" && !(rate >= 0 && rate < 1)) {
      throw new ValueError(
        `\`rate\` must be a scalar tensor or a float in the range [0, 1). Received: rate=${Number.isInteger(rate) ? rate.toFixed(1) : rate}`,
      );
    }
    const value = convertToTensor(x, { name: "x" });
    const dtype = value.dtype.base;
    if (!dtype.isFloating) {
      throw new ValueError(
        `\`x.dtype\` must be a floating point tensor as \`x\` will be scaled. Received: x_dtype=${dtype}`,
      );
    }
    if (rate === 0) {
      // The random op that is not made still counts for the default seeds of later ones.
      getSeed(seed);
      return value;
    }
    const [scaled, threshold] = scaledBy(value, rate);
    const noise = randomUniform(noiseOf(value, noiseShape), { dtype, seed });
    const isKept = greaterEqual(noise, threshold);
    const result = whereV2(isKept, scaled, constant(0, { dtype }));
    result.setShape(value.shape);
    return result;
  });
}

function complement(keepProb: number | Tensor | undefined): number | Tensor | undefined {
  if (keepProb === undefined) return undefined;
  if (typeof keepProb === "number") return 1 - keepProb;
  return convertToTensor(keepProb).rsub(1);
}

/** `x` scaled up for what is dropped, and the rate in the dtype of `x`. */
function scaledBy(
  x: Tensor,
  rate: number | Tensor,
): readonly [scaled: Tensor, rate: number | Tensor] {
  const dtype = x.dtype.base;
  if (typeof rate === "number") {
    const scale = convertToTensor(1 / (1 - rate), { dtype });
    return [multiply(x, scale), rate];
  }
  const given = convertToTensor(rate);
  if (given.shape.rank !== null && given.shape.rank !== 0) {
    throw new ValueError(`Shape ${given.shape} must have rank 0`);
  }
  if (given.dtype.base !== dtype) {
    throw new ValueError(
      `\`x.dtype\` must be compatible with \`rate.dtype\`. Received: x.dtype=${dtype} and rate.dtype=${given.dtype}`,
    );
  }
  const one = constant(1, { dtype });
  return [realdiv(x, subtract(one, given)), given];
}

function noiseOf(x: Tensor, noiseShape: ShapeLike | Tensor | undefined): TensorLike {
  if (noiseShape === undefined || noiseShape === null) return shape(x);
  if (noiseShape instanceof Tensor || isTensorConvertible(noiseShape)) return noiseShape;
  const dims: readonly Dim[] | null =
    noiseShape instanceof TensorShape ? noiseShape.dims : noiseShape;
  if (!dims) return shape(x);
  const own = x.shape.dims;
  const filled =
    own?.length === dims.length ? dims.map((dim, axis) => dim ?? (own[axis] as Dim)) : dims;
  if (filled.includes(null)) {
    throw new ValueError(`The noise shape ${new TensorShape(filled)} is not fully known.`);
  }
  return filled as readonly number[];
}
