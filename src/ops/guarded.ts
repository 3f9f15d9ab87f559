/** Products and quotients with logarithms that are 0 where x is 0. */

import {
  bfloat16,
  complex64,
  complex128,
  type DType,
  float16,
  float32,
  float64,
} from "../core/dtypes.ts";
import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import { reshape, shape } from "./array.ts";
import { broadcastGradientArgs } from "./broadcast-gradient-args.ts";
import { cast } from "./cast.ts";
import { notEqual } from "./comparison.ts";
import type { TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import {
  after,
  type BinaryGradient,
  createBinary,
  defineBinary,
  type ElementwiseDef,
} from "./elementwise.ts";
import { reduceSum } from "./reduce.ts";
import { opScope } from "./support.ts";
import { negative } from "./unary.ts";
import "./operators.ts";

const allowed: readonly DType[] = [float16, bfloat16, float32, float64, complex64, complex128];

function guarded(value: (x: Expr, y: Expr) => Expr): (x: Expr, y: Expr) => Expr {
  return (x, y) => e.select(e.eq(x, 0), e.constant(0, x.dtype), value(x, y));
}

/** x f(y) has the partial derivatives f(y), guarded by x, and x f'(y). */
function gradient(
  def: ElementwiseDef,
  { x, y, dz }: BinaryGradient,
  partialY: () => Tensor,
): readonly [Tensor, Tensor] {
  const sx = shape(x);
  const sy = shape(y);
  const [rx, ry] = broadcastGradientArgs(sx, sy);
  return after(dz, () => {
    const isNotZero = cast(notEqual(x, cast(0, x.dtype)), x.dtype);
    const px = createBinary(def, isNotZero, y, undefined);
    const py = partialY();
    const gx = reshape(reduceSum(px.mul(dz), { axis: rx }), sx);
    return [gx, reshape(reduceSum(py.mul(dz), { axis: ry }), sy)];
  });
}

const Xlogy: ElementwiseDef = defineBinary(
  "Xlogy",
  allowed,
  guarded((x, y) => e.mul(x, e.unary("log", y))),
  (values) => gradient(Xlogy, values, () => createBinary(Xdivy, values.x, values.y, undefined)),
);

/** x log(y), 0 where x is 0. TensorFlow: `tf.math.xlogy`. */
export function xlogy(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(Xlogy, x, y, name);
}

const Xlog1py: ElementwiseDef = defineBinary(
  "Xlog1py",
  allowed,
  guarded((x, y) => e.mul(x, e.unary("log1p", y))),
  (values) =>
    gradient(Xlog1py, values, () => createBinary(Xdivy, values.x, values.y.add(1), undefined)),
);

/** x log(1 + y), 0 where x is 0. TensorFlow: `tf.math.xlog1py`. */
export function xlog1py(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "xlog1py", [x], () => createBinary(Xlog1py, x, y, undefined));
}

const Xdivy: ElementwiseDef = defineBinary("Xdivy", allowed, guarded(e.div), (values) =>
  gradient(Xdivy, values, () => {
    const minusX = negative(values.x);
    return createBinary(Xdivy, minusX, values.y.pow(2), undefined);
  }),
);

/** x / y, 0 where x is 0. TensorFlow: `tf.math.xdivy`. */
export function xdivy(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "xdivy", [x], () => createBinary(Xdivy, x, y, undefined));
}
