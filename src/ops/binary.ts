/** Arithmetic of two tensors, broadcast. */

import type { DTypeName } from "../core/dtypes.ts";
import {
  bfloat16,
  complex64,
  complex128,
  type DType,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  string,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { brief, mistakeHint } from "../core/kind.ts";
import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import { onesLike, zerosLike } from "./array.ts";
import { cast } from "./cast.ts";
import { greaterEqual, lessEqual } from "./comparison.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { floats, floatsAndComplex, integers } from "./dtype-lists.ts";
import {
  after,
  type BinaryGradient,
  broadcastShape,
  createBinary,
  defineBinary,
  type ElementwiseDef,
  isTensorLike,
  plainDType,
  trunc,
} from "./elementwise.ts";
import { log } from "./exponential.ts";
import { reduceGradientArgs, shapesFullySpecifiedAndEqual } from "./gradient-helpers.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { mapStrings } from "./string-elements.ts";
import { opScope } from "./support.ts";
import { negative, square } from "./unary.ts";
import { where, whereV2 } from "./where.ts";
import "./operators.ts";

type Pair = readonly [Tensor | null, Tensor | null];

// Sums, differences, products

function addGradient({ x, y, dz }: Pick<BinaryGradient, "x" | "y" | "dz">): Pair {
  return shapesFullySpecifiedAndEqual(x, y, dz) ? [dz, dz] : reduceGradientArgs(x, y, dz, dz);
}

/** TensorFlow's first addition: strings are joined. */
const Add = defineOp({
  type: "Add",
  inputs: ["x: T", "y: T"],
  outputs: ["z: T"],
  attrs: {
    T: a.type([...floats, uint8, int8, int16, int32, int64, complex64, complex128, string]),
  },
  traits: { elementwise: true },
  shape: ({ inputs: [x, y] }) => [broadcastShape(x.shape, y.shape)],
  gradient: ({ inputs: [x, y], dy: [dz] }) => addGradient({ x, y, dz }),
  lower: ({ inputs: [x, y], attrs, k }) =>
    attrs.T === string
      ? [mapStrings(k, x, y, string, (first, second) => joined(first, second))]
      : [k.binary("add", x, y)],
});

function joined(x: string | Uint8Array, y: string | Uint8Array): string | Uint8Array {
  if (typeof x === "string" && typeof y === "string") return x + y;
  const encoder = new TextEncoder();
  const [head, tail] = [x, y].map((part) =>
    typeof part === "string" ? encoder.encode(part) : part,
  );
  return new Uint8Array([...(head as Uint8Array), ...(tail as Uint8Array)]);
}

const AddV2 = defineBinary(
  "AddV2",
  [...floats, uint8, uint16, uint32, uint64, int8, int16, int32, int64, complex64, complex128],
  "add",
  addGradient,
  { commutative: true },
);

/** @internal `x + y` as one node called `name`; strings are joined. */
export function addNode(x: Tensor, y: Tensor, name?: string): Tensor {
  return createOp(x.dtype.base === string ? Add : AddV2, [x, y], {}, name).output;
}

/** x + y element-wise; strings are joined. TensorFlow: `tf.add`. */
export function add<D extends DTypeName>(x: TensorOf<D>, y: TensorLike, options?: Named): Tensor<D>;
export function add(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function add(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "Add", [x, y], (scope) => addNode(...operands(x, y), scope));
}

/** Both operands as tensors called `x` and `y`; a plain one takes the dtype of the other where it fits. */
function operands(x: TensorLike, y: TensorLike): readonly [Tensor, Tensor] {
  const first = convertToTensor(x, { name: "x", dtype: plainDType(x, y) });
  return [first, convertToTensor(y, { name: "y", preferredDtype: first.dtype.base })];
}

const Sub = defineBinary(
  "Sub",
  [...floats, uint8, int8, uint16, int16, int32, int64, complex64, complex128, uint32, uint64],
  "sub",
  ({ x, y, dz }) =>
    shapesFullySpecifiedAndEqual(x, y, dz)
      ? [dz, dz.neg()]
      : reduceGradientArgs(x, y, dz, dz.neg()),
);

/** x - y element-wise. TensorFlow: `tf.subtract`. */
export function subtract<D extends DTypeName>(
  x: TensorOf<D>,
  y: TensorLike,
  options?: Named,
): Tensor<D>;
export function subtract(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function subtract(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(Sub, x, y, name);
}

const quotients: readonly DType[] = [
  ...floats,
  uint8,
  int8,
  uint16,
  int16,
  int32,
  uint32,
  uint64,
  int64,
  complex64,
  complex128,
];

const Mul = defineBinary("Mul", quotients, "mul", mulGradient, { commutative: true });

function mulGradient({ x, y, dz }: BinaryGradient): Pair {
  const { base } = dz.dtype;
  if (shapesFullySpecifiedAndEqual(x, y, dz) && (base === int32 || base === float32)) {
    return [multiply(dz, y), multiply(dz, x)];
  }
  const gx = multiply(dz, y);
  return reduceGradientArgs(x, y, gx, multiply(x, dz));
}

/** x * y element-wise. TensorFlow: `tf.multiply`. */
export function multiply<D extends DTypeName>(
  x: TensorOf<D>,
  y: TensorLike,
  options?: Named,
): Tensor<D>;
export function multiply(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function multiply(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(Mul, x, y, name);
}

export { multiply as mul, subtract as sub };

const MulNoNan = defineBinary(
  "MulNoNan",
  floatsAndComplex,
  (x, y) => e.select(e.eq(y, 0), e.constant(0, x.dtype), e.mul(x, y)),
  ({ x, y, dz }) => {
    const gx = createBinary(MulNoNan, dz, y, undefined);
    const gy = createBinary(MulNoNan, x, dz, undefined);
    return shapesFullySpecifiedAndEqual(x, y, dz) ? [gx, gy] : reduceGradientArgs(x, y, gx, gy);
  },
);

/** x * y element-wise, 0 where y is 0, even if x is NaN or infinite. TensorFlow: `tf.math.multiply_no_nan`. */
export function multiplyNoNan(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "multiply_no_nan", [x, y], (scope) => createBinary(MulNoNan, x, y, scope));
}

/**
 * `scalar` times `x`, which may be IndexedSlices. Throws ValueError when `scalar` is no scalar.
 * TensorFlow: `tf.scalar_mul`.
 */
export function scalarMul(scalar: TensorLike, x: Tensor, options?: Named): Tensor;
export function scalarMul(scalar: TensorLike, x: IndexedSlices, options?: Named): IndexedSlices;
export function scalarMul(
  scalar: TensorLike,
  x: Tensor | IndexedSlices,
  { name }: Named = {},
): Tensor | IndexedSlices {
  if (!(x instanceof IndexedSlices) && !isTensorLike(x)) {
    throw new TypeError(
      `scalarMul scales a tensor or IndexedSlices; got ${brief(x)}.`,
      mistakeHint(x),
    );
  }
  const factor = convertToTensor(scalar, { dtype: x.dtype.base, name: "scalar" });
  if (factor.shape.rank !== 0) {
    throw new ValueError(`The input scalar must be a 0-D value. Received shape ${factor.shape}.`);
  }
  if (x instanceof IndexedSlices) {
    return new IndexedSlices(multiply(factor, x.values, { name }), x.indices, x.denseShape);
  }
  return multiply(factor, x, { name });
}

const SquaredDifference = defineBinary(
  "SquaredDifference",
  [...floats, int32, int64, complex64, complex128],
  (x, y) => e.square(e.sub(x, y)),
  ({ x, y, dz }) => {
    const gx = after(dz, () => scalarMul(2, dz).mul(x.sub(y)));
    if (shapesFullySpecifiedAndEqual(x, y, dz)) return [gx, gx.neg()];
    return reduceGradientArgs(x, y, gx, gx.neg());
  },
  { commutative: true },
);

/** (x - y)² element-wise. TensorFlow: `tf.squared_difference`. */
export function squaredDifference<D extends DTypeName>(
  x: TensorOf<D>,
  y: TensorLike,
  options?: Named,
): Tensor<D>;
export function squaredDifference(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function squaredDifference(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(SquaredDifference, x, y, name);
}

// Quotients

const RealDiv = defineBinary("RealDiv", quotients, quotient, ({ x, y, dz }) => {
  const gx = realdiv(dz, y);
  const gy = dz.mul(realdiv(realdiv(x.neg(), y), y));
  return reduceGradientArgs(x, y, gx, gy);
});

function quotient(x: Expr, y: Expr): Expr {
  return x.dtype.isInteger ? e.binary("truncDiv", x, y) : e.div(x, y);
}

/** x / y element-wise for floating-point tensors. TensorFlow: `tf.realdiv`. */
export function realdiv(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(RealDiv, x, y, name);
}

/** @internal Only in graphs made elsewhere: TensorFlow makes RealDiv or FloorDiv now. */
export const Div: ElementwiseDef = defineBinary("Div", quotients, quotient, ({ x, y, dz }) => {
  const gx = divide(dz, y);
  const gy = dz.mul(divide(divide(x.neg(), y), y));
  return reduceGradientArgs(x, y, gx, gy);
});

/** What integers are divided as: narrow ones fit float32. */
function quotientDType(dtype: DType): DType | null {
  if (dtype.isFloating || dtype.isComplex) return null;
  if (dtype.isInteger) return dtype.size <= 2 ? float32 : float64;
  const names = [uint8, int8, uint16, int16, uint32, int32, uint64, int64, bfloat16, float16]
    .concat([float32, float64, complex64, complex128] as never)
    .map((type) => `tf.${type.name}`);
  throw new TypeError(
    `Invalid dtype tf.${dtype.name} in __truediv__. Expected one of {${names.join(", ")}}.`,
  );
}

function checkSame(x: Tensor, y: Tensor): void {
  const [xType, yType] = [x.dtype.base, y.dtype.base];
  if (xType !== yType) {
    throw new TypeError(
      `\`x\` and \`y\` must have the same dtype, got tf.${xType.name} != tf.${yType.name}.`,
    );
  }
}

/** Both operands as floating-point tensors. */
function fractions(x: TensorLike, y: TensorLike): readonly [Tensor, Tensor] {
  const [first, second] = operands(x, y);
  checkSame(first, second);
  const dtype = quotientDType(first.dtype.base);
  return dtype ? [cast(first, dtype), cast(second, dtype)] : [first, second];
}

/** x / y element-wise as Python 3 divides: integers become floating point. TensorFlow: `tf.truediv`. */
export function truediv(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "truediv", [x, y], (scope) => realdiv(...fractions(x, y), { name: scope }));
}

/** x / y element-wise as the operator does it. TensorFlow: `tf.divide`. */
export function divide(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  if (name) return truediv(x, y, { name });
  const first = isTensorLike(x) ? x : convertToTensor(x, { dtype: plainDType(x, y) });
  return truediv(first, y);
}

/** x / y element-wise as Python 2 divides: integers round down. TensorFlow: `tf.div`. */
export function div(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "div", [x, y], (scope) => {
    const first = convertToTensor(x, { name: "x", dtype: plainDType(x, y) });
    const second = convertToTensor(y, { name: "y", dtype: first.dtype.base });
    const { isFloating, isComplex } = first.dtype;
    return createOp(isFloating || isComplex ? RealDiv : FloorDiv, [first, second], {}, scope)
      .output;
  });
}

const DivNoNan = defineBinary(
  "DivNoNan",
  [float16, float32, bfloat16, float64, complex64, complex128],
  (x, y) => e.select(e.eq(y, 0), e.constant(0, x.dtype), e.div(x, y)),
  ({ x, y, dz }) => {
    const gx = divNoNan(dz, y);
    const gy = dz.mul(divNoNan(divNoNan(x.neg(), y), y));
    return reduceGradientArgs(x, y, gx, gy);
  },
);

/** x / y element-wise, 0 where y is 0. TensorFlow: `tf.div_no_nan`. */
export function divNoNan<D extends DTypeName>(
  x: TensorOf<D>,
  y: TensorLike,
  options?: Named,
): Tensor<D>;
export function divNoNan(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function divNoNan(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return opScope(
    name,
    "div_no_nan",
    [x, y],
    (scope) => createOp(DivNoNan, [...fractions(x, y)], {}, scope).output,
  );
}

/** 1 / x element-wise, 0 where x is 0. TensorFlow: `tf.math.reciprocal_no_nan`. */
export function reciprocalNoNan(x: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "reciprocal_no_nan", [x], (scope) => {
    const value = convertToTensor(x, { name: "x" });
    const one = convertToTensor(1, { dtype: value.dtype.base, name: "one" });
    return createOp(DivNoNan, [one, value], {}, scope).output;
  });
}

// The quotient is rounded to the dtype before it is rounded down, as in TensorFlow.
const FloorDiv = defineBinary(
  "FloorDiv",
  quotients,
  (x, y) => (x.dtype.isInteger ? e.binary("floorDiv", x, y) : e.unary("floor", e.div(x, y))),
  "zero",
);

/** x / y rounded down, element-wise. TensorFlow: `tf.floordiv`. */
export function floordiv<D extends DTypeName>(
  x: TensorOf<D>,
  y: TensorLike,
  options?: Named,
): Tensor<D>;
export function floordiv(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function floordiv(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(FloorDiv, x, y, name || "floordiv");
}
/** x / y rounded down, element-wise, under its op's name. TensorFlow: `tf.floor_div`. */
export function floorDiv(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(FloorDiv, x, y, name);
}

const TruncateDiv = defineBinary(
  "TruncateDiv",
  quotients,
  (x, y) => (x.dtype.isInteger ? e.binary("truncDiv", x, y) : trunc(e.div(x, y))),
  "zero",
);

/** x / y rounded towards zero, element-wise. TensorFlow: `tf.truncatediv`. */
export function truncatediv(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(TruncateDiv, x, y, name);
}

const FloorMod = defineBinary(
  "FloorMod",
  [...integers, bfloat16, float16, float32, float64],
  "floorMod",
  ({ x, y, dz }) => {
    const floored = floorDiv(x, y);
    return reduceGradientArgs(x, y, dz, dz.mul(negative(floored)));
  },
);

/** What is left of x / y rounded down; it has the sign of y. TensorFlow: `tf.floormod`. */
export function floormod<D extends DTypeName>(
  x: TensorOf<D>,
  y: TensorLike,
  options?: Named,
): Tensor<D>;
export function floormod(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function floormod(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(FloorMod, x, y, name);
}
export { floormod as mod };

const remainders: readonly DType[] = [int32, int64, bfloat16, float16, float32, float64];
/** @internal Only in graphs made elsewhere. */
export const Mod: ElementwiseDef = defineBinary("Mod", remainders, "truncMod", "none");
const TruncateMod = defineBinary("TruncateMod", remainders, "truncMod", "none");

/** What is left of x / y rounded towards zero; it has the sign of x. TensorFlow: `tf.truncatemod`. */
export function truncatemod(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(TruncateMod, x, y, name);
}

// Powers and extremes

const Pow = defineBinary(
  "Pow",
  [bfloat16, float32, float16, float64, int8, int16, int32, int64, complex64, complex128],
  "pow",
  ({ x, y, z, dz }) => {
    const gx = dz.mul(y).mul(pow(x, y.sub(1))); // d x^y / dx = y x^(y-1)
    // log is undefined up to 0: the gradient for y is 0 there.
    const mask = x.greater(0);
    const safe = where(mask, x, onesLike(x));
    const logX = where(mask, log(safe), zerosLike(x));
    return reduceGradientArgs(x, y, gx, dz.mul(z).mul(logX)); // d x^y / dy = x^y log x
  },
);

/** x to the power of y, element-wise. TensorFlow: `tf.pow`. */
export function pow<D extends DTypeName>(x: TensorOf<D>, y: TensorLike, options?: Named): Tensor<D>;
export function pow(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function pow(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(Pow, x, y, name);
}

const ordered: readonly DType[] = [
  ...floats,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
];

function extremeGradient({ x, y, dz }: BinaryGradient, select: typeof greaterEqual): Pair {
  const zeros = zerosLike(dz);
  const mask = select(x, y);
  const gx = whereV2(mask, dz, zeros);
  return reduceGradientArgs(x, y, gx, whereV2(mask, zeros, dz));
}

const Maximum = defineBinary("Maximum", ordered, "max", (values) =>
  extremeGradient(values, greaterEqual),
);

/** The larger of x and y, element-wise. TensorFlow: `tf.maximum`. */
export function maximum<D extends DTypeName>(
  x: TensorOf<D>,
  y: TensorLike,
  options?: Named,
): Tensor<D>;
export function maximum(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function maximum(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(Maximum, x, y, name);
}

const Minimum = defineBinary("Minimum", ordered, "min", (values) =>
  extremeGradient(values, lessEqual),
);

/** The smaller of x and y, element-wise. TensorFlow: `tf.minimum`. */
export function minimum<D extends DTypeName>(
  x: TensorOf<D>,
  y: TensorLike,
  options?: Named,
): Tensor<D>;
export function minimum(x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function minimum(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(Minimum, x, y, name);
}

const Atan2 = defineOp({
  type: "Atan2",
  inputs: ["y: T", "x: T"],
  outputs: ["z: T"],
  attrs: { T: a.type(floats) },
  traits: { elementwise: true },
  shape: ({ inputs: [y, x] }) => [broadcastShape(y.shape, x.shape)],
  gradient: ({ inputs: [y, x], dy: [dz] }) =>
    after(dz, () => {
      const inverse = dz.truediv(square(y).add(square(x)));
      const gy = x.mul(inverse);
      const gx = y.neg().mul(inverse);
      return reduceGradientArgs(y, x, gy, gx);
    }),
  lower: ({ inputs: [y, x], k }) => [k.binary("atan2", y, x)],
});

/** The angle of the point (x, y), element-wise. TensorFlow: `tf.atan2`. */
export function atan2(y: TensorLike, x: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(Atan2, y, x, name);
}
