"""Constants and conversion, operators, printing (reference sections 1.4 and 4)."""

from context import scenario, tf


@scenario("constants of Python values")
def _(s):
    tf.constant(1)
    tf.constant(1.0)
    tf.constant(True)
    tf.constant("text")
    tf.constant([1, 2, 3])
    tf.constant([1.5, 2.0])
    tf.constant([[1, 2], [3, 4]], name="matrix")
    tf.constant([1, 2.5])
    tf.constant(["a", "bc"])
    tf.constant([])
    tf.constant([[], []])
    tf.constant(3000000000)
    tf.constant([True, False])
    tf.constant(1e30)
    tf.constant(-0.1)
    for op in tf.get_default_graph().get_operations():
        s.print(op.outputs[0])


@scenario("constants with a dtype")
def _(s):
    tf.constant(1, dtype=tf.float32)
    tf.constant(1, dtype=tf.float64)
    tf.constant(1, dtype=tf.int64)
    tf.constant(1, dtype=tf.uint8)
    tf.constant(0.5, dtype=tf.float16)
    tf.constant(0.1, dtype=tf.float64)
    tf.constant([1, 0], dtype=tf.int8)
    tf.constant([], dtype=tf.int32)
    s.error("float as int", lambda: tf.constant(1.5, dtype=tf.int32))
    s.error("text as float", lambda: tf.constant("a", dtype=tf.float32))
    s.error("number as text", lambda: tf.constant(1, dtype=tf.string))
    s.error("none", lambda: tf.constant(None))
    s.error("ragged", lambda: tf.constant([[1, 2], [3]]))


@scenario("constants with a shape")
def _(s):
    a = tf.constant(7, shape=[2, 2])
    b = tf.constant([1, 2, 3], shape=[3])
    c = tf.constant([1, 2, 3, 4], shape=[2, 2])
    d = tf.constant([1.0, 2.0], shape=[2, 3])
    e = tf.constant(0.5, shape=[])
    f = tf.constant(0.0, shape=[20, 30])
    s.values({"a": a, "b": b, "c": c, "d": d, "e": e, "f": tf.shape(f)})
    s.error("too many", lambda: tf.constant([1, 2, 3], shape=[2]))
    s.error("verify", lambda: tf.constant(1, shape=[2], verify_shape=True))


@scenario("conversions")
def _(s):
    a = tf.convert_to_tensor([1, 2])
    b = tf.convert_to_tensor(1.5, name="given")
    c = tf.convert_to_tensor([1, 2], dtype=tf.float32)
    d = tf.convert_to_tensor([a, a])
    e = tf.convert_to_tensor([[b, 2.0], [3.0, b]])
    f = tf.convert_to_tensor(a)
    s.print(f is a)
    s.print([t.name for t in [a, b, c, d, e]])
    s.values({"d": d, "e": e})
    s.error("wrong dtype", lambda: tf.convert_to_tensor(a, dtype=tf.float32))
    s.error("an operation", lambda: tf.convert_to_tensor(a.op))
    s.error("none", lambda: tf.convert_to_tensor(None))


@scenario("inputs of ops are converted inside their scope")
def _(s):
    x = tf.placeholder(tf.float32, [2], name="x")
    i = tf.placeholder(tf.int32, [2], name="i")
    tf.add(x, 1.0)
    tf.add(1.0, x)
    tf.multiply(x, [1.0, 2.0])
    tf.maximum(i, 3)
    tf.concat([x, [5.0]], 0)
    tf.stack([x, [1.0, 2.0]])
    tf.matmul([[1.0, 2.0]], [[3.0], [4.0]])
    tf.reshape(x, [1, 2])
    tf.pow(x, 2.0)
    tf.placeholder_with_default([1.0], [None])
    tf.less(x, 0.5)
    tf.where(i > 0, x, [0.0, 0.0])
    s.error("dtypes", lambda: tf.add(x, i))
    s.error("operator dtypes", lambda: x + i)
    s.error("int with a float", lambda: i + 1.5)
    s.error("text", lambda: tf.add(x, "a"))
    s.error("bool", lambda: tf.exp(i))
    s.error("matmul bool", lambda: tf.matmul([[True]], [[True]]))


@scenario("operators between tensors")
def _(s):
    a = tf.constant([1.0, 2.0, 5.0], name="a")
    b = tf.constant([3.0, 2.0, 4.0], name="b")
    s.values(
        {
            "arithmetic": [a + b, a - b, a * b, a / b, a // b, a % b, a**b, -a, abs(a)],
            "comparison": [a < b, a <= b, a > b, a >= b],
        }
    )
    p = a < b
    q = a > 1.5
    s.values({"logic": [p & q, p | q, p ^ q, ~p]})


@scenario("operators with numbers on either side")
def _(s):
    a = tf.constant([1.0, 2.0, 5.0], name="a")
    s.values(
        {
            "right": [a + 2.0, a - 2.0, a * 2.0, a / 2.0, a // 2.0, a % 2.0, a**2.0],
            "left": [2.0 + a, 2.0 - a, 2.0 * a, 2.0 / a, 2.0 // a, 2.0 % a, 2.0**a],
            "ints": [a + 1, 3 - a, a * [1.0, 2.0, 3.0]],
            "compare": [a < 2.0, a <= 2.0, a > 2.0, a >= 2.0],
        }
    )


@scenario("integer division and remainders")
def _(s):
    a = tf.constant([7, -7, 7, -7], name="a")
    b = tf.constant([2, 2, -2, -2], name="b")
    c = tf.constant([7, -7], dtype=tf.int64, name="c")
    f = tf.constant([7.5, -7.5], name="f")
    s.values(
        {
            "ints": [a // b, a % b, a / b, tf.div(a, b), tf.truncatediv(a, b), tf.truncatemod(a, b), tf.floormod(a, b)],
            "longs": [c // 2, c % 3, c / 2, 15 // c],
            "floats": [f // 2.0, f % 2.0, f / 2.0],
        }
    )


@scenario("matrix operators")
def _(s):
    a = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="a")
    b = tf.constant([[1.0], [1.0]], name="b")
    c = tf.matmul(a, b)
    s.values({"c": c})


@scenario("slicing")
def _(s):
    a = tf.constant(s.data([4, 3, 2]), name="a")
    s.values(
        {
            "first": a[0],
            "negative": a[-1],
            "range": a[1:3],
            "from": a[2:],
            "to": a[:2],
            "step": a[::2],
            "two": a[1, 2],
            "mixed": a[1:3, 0],
            "ellipsis": a[..., 0],
            "newaxis": a[:, tf.newaxis, 0],
            "backwards": a[::-1],
            "middle": a[0, ..., 1],
        }
    )
    s.values({"d": tf.gradients(a[1:3, 0], a)})


@scenario("slicing by tensors")
def _(s):
    a = tf.constant(s.data([4, 3]), name="a")
    i = tf.placeholder_with_default(s.ints(2), [], name="i")
    s.values({"at": a[i], "until": a[:i], "both": a[1:i, 0]})
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    s.print(x[:2])
    s.print(x[0])
    s.print(x[:, 1])


@scenario("how tensors print")
def _(s):
    s.print(tf.placeholder(tf.float32))
    s.print(tf.placeholder(tf.float32, []))
    s.print(tf.placeholder(tf.int32, [3]))
    s.print(tf.placeholder(tf.float64, [None, 3], name="x"))
    s.print(tf.placeholder(tf.bool, [None]))
    s.print(tf.constant("a"))
    with tf.device("/device:CPU:0"):
        s.print(tf.constant(1.0, name="placed"))
    v = tf.Variable([[1.0]], name="v")
    s.print(v)
    s.print(v.value())
    s.print(v.op.outputs[0])
    s.print(tf.Variable(1, name="r", use_resource=True))
    s.print(tf.float32)
    s.print(tf.float32.name)
    s.print(tf.placeholder(tf.float32, [None, 2]).shape)
    s.print(tf.placeholder(tf.float32).shape)
    s.print(tf.constant(1.0).shape)


@scenario("dtypes")
def _(s):
    for d in [tf.float16, tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.bool, tf.string]:
        s.print([d.name, d.is_floating, d.is_integer, d.is_complex, d.size])
    s.print(tf.as_dtype("float32") is tf.float32)
    s.print(tf.float32.base_dtype.name)
    s.error("unknown", lambda: tf.as_dtype("float31"))


@scenario("static shapes")
def _(s):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    s.print(x.shape.as_list())
    s.print(x.shape.rank)
    x.set_shape([2, None])
    s.print(x.shape)
    s.error("incompatible", lambda: x.set_shape([3, 3]))
    u = tf.placeholder(tf.float32, name="u")
    s.print(u.shape.rank)
    s.error("rank of unknown", lambda: u.shape.as_list())
    u.set_shape([None, 4])
    s.print(u)
    s.print(x.shape.is_fully_defined())
    s.print(x.shape.is_compatible_with([None, 3]))
    s.print(x.shape.num_elements())


@scenario("placeholders")
def _(s):
    x = tf.placeholder(tf.float32, [None, 2])
    y = tf.placeholder(tf.int32, [], name="y")
    z = tf.placeholder_with_default([1.0, 2.0], [None], name="z")
    w = tf.placeholder_with_default(tf.constant(3.0), [])
    s.values({"x": x, "y": y, "z": z, "w": w}, [(x, [[1.0, 2.0]]), (y, 4)])
    s.values({"z": z, "w": w}, [(z, [5.0]), (w, 9.0)])
