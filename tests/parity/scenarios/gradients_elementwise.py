"""Gradients of element-wise ops (reference section 20.3)."""

from typing import Callable

from context import scenario, tf


def unary(s, functions: list[Callable[[tf.Tensor], tf.Tensor]], x: list[float], dtype: tf.DType = tf.float32):
    """Values and gradients of y = f(x) for each function, one after the other."""
    t = tf.constant(x, dtype=dtype, name="x")
    ys = []
    for f in functions:
        ys.append(f(t))
    gradients = []
    for y in ys:
        gradients.append(tf.gradients(y, t))
    s.values({"ys": ys, "gradients": gradients})


@scenario("exponentials and logarithms")
def _(s):
    unary(s, [tf.exp, tf.log, tf.log1p, tf.expm1, tf.sqrt, tf.rsqrt, tf.square, tf.reciprocal], [0.1, 0.5, 1.0, 2.5])


@scenario("trigonometry")
def _(s):
    unary(s, [tf.sin, tf.cos, tf.tan, tf.asin, tf.acos, tf.atan, tf.sinh, tf.cosh, tf.asinh, tf.atanh], [-0.9, -0.3, 0.2, 0.7])
    x = tf.constant([1.5, 2.0], name="above_one")
    y = tf.acosh(x)
    s.values({"y": y, "gradients": tf.gradients(y, x)})


@scenario("activations")
def _(s):
    unary(
        s,
        [
            tf.tanh,
            tf.sigmoid,
            tf.nn.relu,
            tf.nn.relu6,
            tf.nn.elu,
            tf.nn.selu,
            tf.nn.softplus,
            tf.nn.softsign,
            tf.nn.leaky_relu,
        ],
        [-3.0, -0.5, 0.0, 0.25, 2.0, 7.0],
    )


@scenario("log_sigmoid")
def _(s):
    unary(s, [tf.log_sigmoid], [-3.0, 0.0, 2.0])


@scenario("absolute values, signs and rounding")
def _(s):
    unary(s, [tf.abs, tf.negative, tf.sign, tf.floor, tf.ceil, tf.round, tf.rint, tf.identity], [-1.5, -0.5, 0.0, 0.5, 2.5])


@scenario("special functions")
def _(s):
    unary(s, [tf.erf, tf.erfc, tf.lgamma, tf.digamma], [0.3, 0.5, 1.0, 2.5])


@scenario("unary functions in float64")
def _(s):
    unary(s, [tf.exp, tf.log, tf.sqrt, tf.square, tf.tanh, tf.sigmoid, tf.sin, tf.abs], [0.1, 0.5, 1.0, 2.5], tf.float64)


@scenario("second derivatives")
def _(s):
    x = tf.constant([0.1, 0.5, 1.0], name="x")
    seconds = []
    for f in [tf.exp, tf.log, tf.sin, tf.tanh, tf.sigmoid, tf.square, tf.sqrt, tf.reciprocal]:
        (first,) = tf.gradients(f(x), x)
        seconds.append(tf.gradients(first, x))
    s.values({"seconds": seconds})


def binary(functions: list[Callable[[tf.Tensor, tf.Tensor], tf.Tensor]], x: tf.Tensor, y: tf.Tensor):
    values = []
    gradients = []
    for f in functions:
        z = f(x, y)
        values.append(z)
        gradients.append(tf.gradients(z, [x, y]))
    return values, gradients


@scenario("binary ops of equal shapes")
def _(s):
    x = tf.constant([[0.5, 1.5], [2.0, 3.0]], name="x")
    y = tf.constant([[1.5, 0.5], [2.0, 4.0]], name="y")
    functions = [
        tf.add,
        tf.subtract,
        tf.multiply,
        tf.divide,
        tf.realdiv,
        tf.pow,
        tf.maximum,
        tf.minimum,
        tf.squared_difference,
        tf.atan2,
        tf.floordiv,
        tf.mod,
        tf.div,
        tf.div_no_nan,
    ]
    values, gradients = binary(functions, x, y)
    s.values({"values": values, "gradients": gradients})


@scenario("binary ops that broadcast known shapes")
def _(s):
    x = tf.constant([[0.5, 1.5, 2.5], [2.0, 3.0, 1.0]], name="x")
    y = tf.constant([1.5, 0.5, 2.0], name="y")
    z = tf.constant(2.0, name="z")
    w = tf.constant([[1.0], [2.0]], name="w")
    functions = [
        tf.add,
        tf.subtract,
        tf.multiply,
        tf.divide,
        tf.pow,
        tf.maximum,
        tf.minimum,
        tf.squared_difference,
    ]
    values, gradients = binary(functions, x, y)
    values2, gradients2 = binary(functions, z, x)
    values3, gradients3 = binary(functions, w, y)
    s.values({"values": values, "gradients": gradients})
    s.values({"values": values2, "gradients": gradients2})
    s.values({"values": values3, "gradients": gradients3})


@scenario("binary ops that broadcast unknown shapes")
def _(s):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.placeholder(tf.float32, [None], name="y")
    u = tf.placeholder(tf.float32, name="u")
    functions = [
        tf.add,
        tf.subtract,
        tf.multiply,
        tf.divide,
        tf.pow,
        tf.maximum,
        tf.minimum,
        tf.squared_difference,
    ]
    values, gradients = binary(functions, x, y)
    values2, gradients2 = binary(functions, x, u)
    feeds = [(x, [[0.5, 1.5, 2.5], [2.0, 3.0, 1.0]]), (y, [1.5, 0.5, 2.0]), (u, 2.0)]
    s.values({"values": values, "gradients": gradients}, feeds)
    s.values({"values": values2, "gradients": gradients2}, feeds)


@scenario("operators with a Python number have gradients")
def _(s):
    x = tf.constant([0.5, 1.5], name="x")
    y = 2.0 * x + 1.0
    z = (1.0 - y) / x
    w = 3.0 / (-z) ** 2.0
    s.values({"w": w, "gradients": tf.gradients(w, [x, y, z])})


@scenario("the same operand twice")
def _(s):
    x = tf.constant([1.0, 2.0, 3.0], name="x")
    y = x * x + x / x - x
    z = tf.maximum(x, x) + tf.pow(x, x)
    s.values({"dy": tf.gradients(y, x), "dz": tf.gradients(z, x)})


@scenario("ties and zeros")
def _(s):
    x = tf.constant([1.0, 2.0, 3.0], name="x")
    y = tf.constant([1.0, 3.0, 2.0], name="y")
    zero = tf.constant([0.0, 0.0, 1.0], name="zero")
    s.values(
        {
            "maximum": tf.gradients(tf.maximum(x, y), [x, y]),
            "minimum": tf.gradients(tf.minimum(x, y), [x, y]),
            "max": tf.gradients(tf.reduce_max(tf.constant([2.0, 2.0, 1.0], name="t")), [x]),
            "pow": tf.gradients(tf.pow(zero, 2.0), [zero]),
            "pow_zero": tf.gradients(tf.pow(zero, x), [zero, x]),
            "abs": tf.gradients(tf.abs(zero), [zero]),
            "sqrt": tf.gradients(tf.sqrt(zero), [zero]),
            "relu": tf.gradients(tf.nn.relu(zero), [zero]),
            "div_no_nan": tf.gradients(tf.div_no_nan(x, zero), [x, zero]),
        }
    )


@scenario("casts")
def _(s):
    x = tf.constant([1.5, 2.5], name="x")
    y = tf.cast(x, tf.float64)
    z = tf.cast(x, tf.int32)
    w = tf.cast(z, tf.float32)
    s.values({"y": y, "z": z, "dy": tf.gradients(y, x), "dw": tf.gradients(w, x)})
    b = tf.cast(tf.constant([True, False]), tf.float32)
    s.values({"b": b, "to_float": tf.to_float(z), "to_int32": tf.to_int32(x)})


@scenario("add_n and accumulate")
def _(s):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.constant([3.0, 4.0], name="y")
    z = tf.add_n([x, y, x])
    one = tf.add_n([x])
    s.print(one is x)
    named = tf.add_n([x], name="named")
    acc = tf.accumulate_n([x, y, x])
    s.values({"z": z, "dz": tf.gradients(z, [x, y]), "named": named, "acc": acc, "dacc": tf.gradients(acc, [x, y])})


@scenario("selection: where and select")
def _(s):
    c = tf.constant([True, False, True], name="c")
    x = tf.constant([1.0, 2.0, 3.0], name="x")
    y = tf.constant([10.0, 20.0, 30.0], name="y")
    a = tf.where(c, x, y)
    b = tf.where(x > 1.5)
    v = tf.where_v2(c, x, 5.0)
    m = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="m")
    d = tf.where(c, m, -m)
    s.values({"a": a, "b": b, "v": v, "d": d})
    s.values({"da": tf.gradients(a, [x, y]), "dv": tf.gradients(v, [x]), "dd": tf.gradients(d, m)})


@scenario("clipping")
def _(s):
    x = tf.constant([-2.0, -0.5, 0.5, 2.0], name="x")
    a = tf.clip_by_value(x, -1.0, 1.0)
    b = tf.clip_by_norm(x, 1.0)
    m = tf.constant([[3.0, 4.0], [0.3, 0.4]], name="m")
    c = tf.clip_by_norm(m, 1.0, axes=[1])
    d, norm = tf.clip_by_global_norm([x, m], 1.0)
    e = tf.clip_by_average_norm(x, 0.2)
    g = tf.global_norm([x, m])
    s.values({"a": a, "b": b, "c": c, "d": d, "norm": norm, "e": e, "g": g})
    s.values({"da": tf.gradients(a, x), "db": tf.gradients(b, x), "dc": tf.gradients(c, m)})


@scenario("comparisons and logic")
def _(s):
    x = tf.constant([1.0, 2.0, 3.0], name="x")
    y = tf.constant([3.0, 2.0, 1.0], name="y")
    p = tf.less(x, y)
    q = tf.greater_equal(x, y)
    s.values(
        {
            "all": [p, q, tf.less_equal(x, y), tf.greater(x, y), tf.equal(x, y), tf.not_equal(x, y)],
            "logic": [tf.logical_and(p, q), tf.logical_or(p, q), tf.logical_not(p), tf.logical_xor(p, q)],
            "tests": [tf.is_nan(x), tf.is_inf(x), tf.is_finite(x)],
            "any": [tf.reduce_any(p), tf.reduce_all(p)],
        }
    )
    s.values({"dx": tf.gradients(tf.cast(p, tf.float32), x)})
