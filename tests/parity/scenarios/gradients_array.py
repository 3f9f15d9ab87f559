"""Gradients of array ops, and the options of tf.gradients (reference sections 20.1, 20.2 and 20.4)."""

from context import scenario, tf


@scenario("reshape, expand_dims, squeeze and flatten")
def _(s):
    x = tf.constant(s.data([2, 3]), name="x")
    a = tf.reshape(x, [3, 2])
    b = tf.reshape(x, [-1])
    c = tf.expand_dims(x, 1)
    d = tf.squeeze(c)
    e = tf.expand_dims(x, -1)
    f = tf.squeeze(e, axis=[2])
    s.print([str(t.shape) for t in [a, b, c, d, e, f]])
    s.values({"all": [a, b, c, d, e, f], "dx": tf.gradients([a, b, d, f], x)})


@scenario("reshape of unknown shapes")
def _(s):
    x = tf.placeholder(tf.float32, [None, 2, 3], name="x")
    a = tf.reshape(x, [-1, 6])
    b = tf.reshape(x, tf.shape(x)[0:1] * 6)
    n = tf.shape(x)[0]
    c = tf.reshape(x, [n, 3, 2])
    s.print([str(t.shape) for t in [a, b, c]])
    s.values({"a": a, "b": b, "c": c, "dx": tf.gradients([a * a, c], x)}, [(x, s.data([2, 2, 3]))])


@scenario("transpose")
def _(s):
    x = tf.constant(s.data([2, 3, 2]), name="x")
    a = tf.transpose(x)
    b = tf.transpose(x, perm=[1, 0, 2])
    w = tf.constant(s.data([3, 2, 2]), name="w")
    u = tf.placeholder(tf.float32, name="u")
    c = tf.transpose(u)
    s.values({"a": a, "b": b, "c": c, "dx": tf.gradients(b * w, x)}, [(u, [[1.0, 2.0]])])


@scenario("concat, split, stack and unstack")
def _(s):
    x = tf.constant(s.data([2, 2]), name="x")
    y = tf.constant(s.data([2, 3], 1.0), name="y")
    a = tf.concat([x, y], 1)
    b1, b2 = tf.split(tf.constant(s.data([2, 4]), name="z"), 2, axis=1)
    c1, c2 = tf.split(y, [1, 2], axis=1)
    d = tf.stack([x, x * 2.0])
    e = tf.stack([x, x], axis=1)
    f1, f2 = tf.unstack(x)
    g = tf.concat([x], 0)
    s.values({"all": [a, b1, b2, c1, c2, d, e, f1, f2, g]})
    s.values({"da": tf.gradients(a * a, [x, y]), "dc": tf.gradients(c1, y), "dd": tf.gradients([d, e, f1], x)})


@scenario("concat of unknown shapes")
def _(s):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.placeholder(tf.float32, [None, 2], name="y")
    a = tf.concat([x, y], 0)
    b = tf.concat([x, y], 1)
    s.values({"a": a, "b": b, "d": tf.gradients([a * a, b], [x, y])}, [(x, s.data([2, 2])), (y, s.data([2, 2], 3.0))])


@scenario("slice and pad")
def _(s):
    x = tf.constant(s.data([3, 4]), name="x")
    a = tf.slice(x, [1, 0], [2, 3])
    b = tf.slice(x, [0, 1], [-1, 2])
    c = tf.pad(x, [[1, 0], [0, 2]])
    d = tf.pad(x, [[1, 1], [2, 2]], mode="REFLECT")
    e = tf.pad(x, [[1, 0], [0, 2]], constant_values=9.0)
    s.values({"all": [a, b, c, d, e], "da": tf.gradients(a, x), "dc": tf.gradients(c * c, x), "dd": tf.gradients(d, x)})


@scenario("tile, gather and gather_nd")
def _(s):
    x = tf.constant(s.data([3, 2]), name="x")
    a = tf.tile(x, [2, 1])
    b = tf.gather(x, [2, 0, 2])
    c = tf.gather_nd(x, [[0, 1], [2, 0]])
    d = tf.gather(x, [1, 0], axis=1)
    s.values({"a": a, "b": b, "c": c, "d": d})
    s.values({"da": tf.gradients(a, x), "db": tf.gradients(b, x), "dc": tf.gradients(c, x), "dd": tf.gradients(d, x)})


@scenario("indices of gradients as a dense tensor")
def _(s):
    x = tf.constant(s.data([3, 2]), name="x")
    b = tf.gather(x, [2, 0, 2])
    (slices,) = tf.gradients(tf.reduce_sum(b * b), x)
    dense = tf.convert_to_tensor(slices)
    both = tf.gradients(tf.reduce_sum(b * b) + tf.reduce_sum(x), x)
    twice = tf.gradients(tf.reduce_sum(b) + tf.reduce_sum(tf.gather(x, [1])), x)
    s.values({"dense": dense, "both": both, "twice": twice})


@scenario("reverse, range, linspace, one_hot and meshes")
def _(s):
    x = tf.constant(s.data([2, 3]), name="x")
    a = tf.reverse(x, [1])
    s.values(
        {
            "a": a,
            "da": tf.gradients(a * a, x),
            "range": [tf.range(5, dtype=tf.int32), tf.range(2, 9, 3, dtype=tf.int32), tf.range(0.0, 1.0, 0.25, dtype=tf.float32)],
            "linspace": tf.linspace(0.0, 1.0, 5),
            "mask": tf.boolean_mask(x, [True, False]),
        }
    )


@scenario("sequence_mask")
def _(s):
    s.values({"sequence": tf.sequence_mask(tf.constant([1, 3, 2]), 4)})


@scenario("shapes as tensors")
def _(s):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    k = tf.constant(s.data([2, 3]), name="k")
    known = [tf.shape(k), tf.size(k), tf.rank(k), tf.shape(k, out_type=tf.int64), tf.zeros_like(k), tf.ones_like(k)]
    dynamic = [tf.shape(x), tf.size(x), tf.rank(x), tf.zeros_like(x), tf.ones_like(x), tf.fill(tf.shape(x), 7.0)]
    zeros = tf.zeros(tf.shape(x))
    b = tf.broadcast_to(tf.constant([1.0, 2.0, 3.0]), [2, 3])
    s.values({"known": known, "dynamic": dynamic, "zeros": zeros, "b": b}, [(x, s.data([2, 3]))])


@scenario("space, depth and batch")
def _(s):
    x = tf.constant(s.data([1, 4, 4, 1]), name="x")
    a = tf.space_to_depth(x, 2)
    b = tf.depth_to_space(a, 2)
    s.values({"a": a, "b": b, "da": tf.gradients(a * a, x)})


@scenario("sum of a square, the reference's example")
def _(s):
    x = tf.placeholder(tf.float32, [3], name="x")
    y = tf.reduce_sum(tf.square(x))
    s.values({"dx": tf.gradients(y, x)}, [(x, [1.0, 2.0, 3.0])])


@scenario("several ys and xs")
def _(s):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.constant([3.0, 4.0], name="y")
    a = x * y
    b = tf.exp(a)
    c = tf.square(x)
    s.values({"g": tf.gradients([a, b, c], [x, y, a])})
    s.values({"self": tf.gradients(x, x), "down": tf.gradients(b, [a, x]), "name": tf.gradients(b, x, name="mine")})


@scenario("grad_ys")
def _(s):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.square(x)
    z = tf.exp(x)
    w = tf.constant([0.5, 2.0], name="w")
    s.values(
        {
            "one": tf.gradients(y, x, grad_ys=w),
            "list": tf.gradients([y, z], x, grad_ys=[w, None]),
            "value": tf.gradients(y, x, grad_ys=[[1.0, 10.0]]),
        }
    )
    s.error("lengths", lambda: tf.gradients([y, z], x, grad_ys=[w]))
    s.error("dtype", lambda: tf.gradients(y, x, grad_ys=[tf.constant([1, 2])]))


@scenario("stop_gradients and stop_gradient")
def _(s):
    x = tf.constant(2.0, name="x")
    y = x * 3.0
    z = x * y
    s.values(
        {
            "all": tf.gradients(z, [x, y]),
            "stopped": tf.gradients(z, [x, y], stop_gradients=[y]),
            "both": tf.gradients(z, [x, y], stop_gradients=[x, y]),
            "op": tf.gradients(tf.stop_gradient(y) * x, x),
            "nothing": tf.gradients(tf.stop_gradient(y), x),
        }
    )


@scenario("unconnected gradients")
def _(s):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.constant([3.0, 4.0], name="y")
    i = tf.constant([3, 4], name="i")
    v = tf.Variable([1.0, 2.0], name="v")
    r = tf.Variable([1.0, 2.0], name="r", use_resource=True)
    z = tf.square(x)
    s.values({"none": tf.gradients(z, [x, y, i, v, r])})
    zero = tf.UnconnectedGradients.ZERO
    s.values({"zero": tf.gradients(z, [x, y, v, r], unconnected_gradients=zero)})
    s.error("unknown", lambda: tf.gradients(z, x, unconnected_gradients="no"))


@scenario("aggregation methods")
def _(s):
    x = tf.constant([1.0, 2.0], name="x")
    y = x * x + tf.exp(x) + tf.sin(x)
    m = tf.AggregationMethod
    s.values(
        {
            "default": tf.gradients(y, x),
            "add_n": tf.gradients(y, x, aggregation_method=m.ADD_N),
            "tree": tf.gradients(y, x, aggregation_method=m.EXPERIMENTAL_TREE),
            "accumulate": tf.gradients(y, x, aggregation_method=m.EXPERIMENTAL_ACCUMULATE_N),
        }
    )
    s.error("invalid", lambda: tf.gradients(y, x, aggregation_method=9))


@scenario("gate_gradients")
def _(s):
    x = tf.constant([[1.0, 2.0]], name="x")
    w = tf.constant([[1.0], [2.0]], name="w")
    b = tf.constant([1.0], name="b")
    y = tf.tanh(tf.matmul(x, w) + b)
    s.values({"g": tf.gradients(y, [x, w, b], gate_gradients=True)})


@scenario("gradients colocated with ops")
def _(s):
    with tf.device("/device:CPU:1"):
        x = tf.constant([1.0, 2.0], name="x")
        y = tf.square(x)
    with tf.device("/device:CPU:2"):
        z = tf.exp(x) + y
    s.values({"g": tf.gradients(z, x, colocate_gradients_with_ops=True), "plain": tf.gradients(z, x)})


@scenario("gradients inside scopes and of scoped ops")
def _(s):
    with tf.name_scope("a"):
        x = tf.constant([1.0, 2.0], name="x")
        with tf.name_scope("b"):
            y = tf.square(x)
    with tf.name_scope("train"):
        g = tf.gradients(y, x)
        n = tf.no_op(name="n")
        with tf.control_dependencies([n]):
            h = tf.gradients(y, x)
    s.values({"g": g, "h": h})


@scenario("gradients of variables")
def _(s):
    v = tf.Variable([1.0, 2.0], name="v")
    r = tf.Variable([3.0, 4.0], name="r", use_resource=True)
    y = tf.reduce_sum(v * r + tf.square(v) + tf.exp(r))
    s.values(
        {"g": tf.gradients(y, [v, r]), "read": tf.gradients(y, [v.value()])}, after=[tf.global_variables_initializer()]
    )


@scenario("gradient errors")
def _(s):
    x = tf.constant([1.0, 2.0], name="x")
    i = tf.constant([1, 2], name="i")
    with tf.get_default_graph().gradient_override_map({"Square": "NotRegistered"}):
        y = tf.square(x)
    s.error("override", lambda: tf.gradients(y, x))
    s.values({"integers": tf.gradients(i * i, i), "round": tf.gradients(tf.cast(tf.cast(x, tf.int32), tf.float32), x)})


@scenario("a registered gradient overrides")
def _(s):
    def clipped(op, grad):
        return tf.clip_by_value(grad * 100.0, -1.0, 1.0)

    tf.RegisterGradient("ParityClipped")(clipped)
    x = tf.constant([1.0, 2.0], name="x")
    with tf.get_default_graph().gradient_override_map({"Identity": "ParityClipped"}):
        y = tf.identity(x)
    s.values({"g": tf.gradients(y * y, x)})


@scenario("hessians")
def _(s):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.reduce_sum(x * x * x)
    (first,) = tf.gradients(y, x)
    (second,) = tf.gradients(first, x)
    s.values({"first": first, "second": second})
