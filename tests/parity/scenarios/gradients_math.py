"""Gradients of reductions, products of matrices, scans and segments (reference section 20.3)."""

from context import scenario, tf


@scenario("reductions over everything")
def _(s):
    x = tf.constant(s.data([2, 3], 0.5), name="x")
    ys = []
    for f in [tf.reduce_sum, tf.reduce_mean, tf.reduce_max, tf.reduce_min, tf.reduce_prod, tf.reduce_logsumexp]:
        ys.append(f(x))
    gradients = []
    for y in ys:
        gradients.append(tf.gradients(y, x))
    s.values({"ys": ys, "gradients": gradients})


@scenario("reductions over an axis")
def _(s):
    x = tf.constant(s.data([2, 3, 2], 0.5), name="x")
    ys = []
    for f in [tf.reduce_sum, tf.reduce_mean, tf.reduce_max, tf.reduce_min, tf.reduce_prod, tf.reduce_logsumexp]:
        ys.append(f(x, axis=1))
        ys.append(f(x, axis=[0, 2]))
        ys.append(f(x, axis=-1, keepdims=True))
    gradients = []
    for y in ys:
        gradients.append(tf.gradients(y, x))
    s.values({"ys": ys, "gradients": gradients})


@scenario("reductions of unknown shapes")
def _(s):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    u = tf.placeholder(tf.float32, name="u")
    ys = [tf.reduce_sum(x), tf.reduce_mean(x), tf.reduce_sum(x, axis=0), tf.reduce_mean(x, axis=1), tf.reduce_max(x, axis=0)]
    us = [tf.reduce_sum(u), tf.reduce_mean(u), tf.reduce_sum(u, axis=-1)]
    gradients = []
    for y in ys:
        gradients.append(tf.gradients(y, x))
    for y in us:
        gradients.append(tf.gradients(y, u))
    s.values({"ys": ys, "us": us, "gradients": gradients}, [(x, s.data([2, 3])), (u, s.data([2, 2]))])


@scenario("reductions by a computed axis and of other dtypes")
def _(s):
    x = tf.constant(s.data([2, 3]), name="x")
    axis = tf.placeholder_with_default(s.ints(1), [], name="axis")
    y = tf.reduce_sum(x, axis=axis)
    z = tf.reduce_mean(tf.constant([1, 2, 4], name="ints"))
    w = tf.reduce_sum(tf.constant([1, 2, 4], dtype=tf.int64, name="longs"))
    v = tf.reduce_mean(tf.constant([1.0, 2.0], dtype=tf.float64, name="doubles"))
    s.values({"y": y, "dy": tf.gradients(y, x), "z": z, "w": w, "v": v})
    s.values({"argmax": tf.argmax(x, axis=1), "argmin": tf.argmin(x, axis=0), "count": tf.count_nonzero(x)})


@scenario("norm")
def _(s):
    x = tf.constant(s.data([2, 3]), name="x")
    a = tf.norm(x)
    b = tf.norm(x, axis=1)
    s.values({"a": a, "b": b, "da": tf.gradients(a, x)})


@scenario("matmul with all transposes")
def _(s):
    a = tf.constant(s.data([2, 3]), name="a")
    b = tf.constant(s.data([3, 2], 0.5), name="b")
    at = tf.constant(s.data([3, 2]), name="at")
    bt = tf.constant(s.data([2, 3], 0.5), name="bt")
    c1 = tf.matmul(a, b)
    c2 = tf.matmul(at, b, transpose_a=True)
    c3 = tf.matmul(a, bt, transpose_b=True)
    c4 = tf.matmul(at, bt, transpose_a=True, transpose_b=True)
    s.values(
        {
            "c": [c1, c2, c3, c4],
            "d1": tf.gradients(c1, [a, b]),
            "d2": tf.gradients(c2, [at, b]),
            "d3": tf.gradients(c3, [a, bt]),
            "d4": tf.gradients(c4, [at, bt]),
        }
    )


@scenario("batched matmul")
def _(s):
    a = tf.constant(s.data([2, 2, 3]), name="a")
    b = tf.constant(s.data([2, 3, 2], 0.5), name="b")
    one = tf.constant(s.data([1, 3, 2], 0.5), name="one")
    x = tf.placeholder(tf.float32, [None, 2, 3], name="x")
    c1 = tf.matmul(a, b)
    c2 = tf.matmul(a, a, transpose_b=True)
    c3 = tf.matmul(a, one)
    c4 = tf.matmul(x, one)
    s.values({"c": [c1, c2, c3], "d1": tf.gradients(c1, [a, b]), "d2": tf.gradients(c2, a), "d3": tf.gradients(c3, [a, one])})
    s.values({"c4": c4, "d4": tf.gradients(c4, [x, one])}, [(x, s.data([2, 2, 3]))])


@scenario("tensordot, einsum and matrix functions")
def _(s):
    a = tf.constant(s.data([2, 3]), name="a")
    b = tf.constant(s.data([3, 2], 0.5), name="b")
    t = tf.tensordot(a, b, 1)
    d = tf.matrix_diag_part(tf.constant(s.data([3, 3]), name="m"))
    e = tf.eye(3)
    g = tf.matrix_diag(tf.constant([1.0, 2.0], name="v"))
    h = tf.matrix_transpose(a)
    tr = tf.trace(tf.constant(s.data([3, 3]), name="n"))
    s.values({"t": t, "dt": tf.gradients(t, [a, b]), "d": d, "e": e, "g": g, "h": h, "tr": tr})


@scenario("wrong shapes of matmul")
def _(s):
    a = tf.constant(s.data([2, 3]), name="a")
    s.error("inner", lambda: tf.matmul(a, a))
    s.error("rank", lambda: tf.matmul(a, tf.constant([1.0, 2.0], name="v")))
    s.error("add", lambda: tf.add(a, tf.constant([1.0, 2.0], name="w")))
    s.error("operator", lambda: a + tf.constant([1.0, 2.0], name="u"))


@scenario("cumsum and cumprod")
def _(s):
    x = tf.constant(s.data([2, 3], 0.5), name="x")
    a = tf.cumsum(x, axis=1)
    b = tf.cumsum(x, axis=0, exclusive=True)
    c = tf.cumsum(x, axis=1, reverse=True)
    d = tf.cumprod(x, axis=1)
    s.values({"a": a, "b": b, "c": c, "d": d})
    s.values({"da": tf.gradients(a, x), "db": tf.gradients(b, x), "dc": tf.gradients(c, x), "dd": tf.gradients(d, x)})


@scenario("top_k")
def _(s):
    x = tf.constant([[0.1, 0.9, 0.3], [0.5, 0.2, 0.8]], name="x")
    values, indices = tf.nn.top_k(x, k=2)
    s.values({"values": values, "indices": indices, "dx": tf.gradients(values, x)})


@scenario("in_top_k")
def _(s):
    x = tf.constant([[0.1, 0.9, 0.3], [0.5, 0.2, 0.8]], name="x")
    s.values({"hits": tf.nn.in_top_k(x, [1, 0], 1)})


@scenario("segments")
def _(s):
    x = tf.constant(s.data([4, 2]), name="x")
    ids = tf.constant([0, 0, 1, 2], name="ids")
    a = tf.segment_sum(x, ids)
    b = tf.unsorted_segment_sum(x, [2, 0, 2, 1], 3)
    c = tf.segment_mean(x, ids)
    d = tf.unsorted_segment_max(x, [2, 0, 2, 1], 3)
    s.values({"a": a, "b": b, "c": c, "d": d})
    s.values({"da": tf.gradients(a, x), "db": tf.gradients(b, x), "dc": tf.gradients(c, x)})


@scenario("dynamic_stitch and dynamic_partition")
def _(s):
    x = tf.constant(s.data([2, 2]), name="x")
    y = tf.constant(s.data([2, 2], 5.0), name="y")
    a = tf.dynamic_stitch([[0, 2], [1, 3]], [x, y])
    b, c = tf.dynamic_partition(x, [1, 0], 2)
    s.values({"a": a, "b": b, "c": c})
    s.values({"da": tf.gradients(a, [x, y]), "db": tf.gradients([b, c], x)})


@scenario("softmax functions")
def _(s):
    x = tf.constant(s.data([2, 3], 0.5), name="x")
    a = tf.nn.softmax(x)
    b = tf.nn.log_softmax(x)
    c = tf.nn.softmax(x, axis=0)
    w = tf.constant(s.data([2, 3]), name="w")
    s.values({"a": a, "b": b, "c": c})
    s.values({"da": tf.gradients(a * w, x), "db": tf.gradients(b * w, x), "dc": tf.gradients(c * w, x)})


@scenario("softmax of unknown shapes")
def _(s):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    a = tf.nn.softmax(x)
    b = tf.nn.log_softmax(x)
    s.values({"a": a, "b": b, "da": tf.gradients(a * a, x), "db": tf.gradients(b, x)}, [(x, s.data([2, 3]))])


@scenario("cross entropies")
def _(s):
    logits = tf.constant(s.data([2, 3], 0.5), name="logits")
    labels = tf.constant([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]], name="labels")
    a = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
    b = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1, 2], logits=logits)
    c = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    d = tf.nn.weighted_cross_entropy_with_logits(targets=labels, logits=logits, pos_weight=2.0)
    s.values({"a": a, "b": b, "c": c, "d": d})
    s.values({"da": tf.gradients(a, [logits, labels]), "db": tf.gradients(b, logits)})
    s.values({"dc": tf.gradients(c, logits), "dd": tf.gradients(d, logits)})


@scenario("the old softmax cross entropy stops the labels")
def _(s):
    logits = tf.constant(s.data([2, 3], 0.5), name="logits")
    labels = tf.constant([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]], name="labels")
    a = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    s.values({"a": a, "da": tf.gradients(a, [logits, labels])})


@scenario("cross entropies of unknown batches")
def _(s):
    logits = tf.placeholder(tf.float32, [None, 3], name="logits")
    onehot = tf.placeholder(tf.float32, [None, 3], name="onehot")
    ids = tf.placeholder(tf.int64, [None], name="ids")
    a = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=onehot, logits=logits))
    b = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids, logits=logits))
    c = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=onehot, logits=logits))
    feeds = [(logits, s.data([2, 3])), (onehot, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), (ids, [1, 0])]
    s.values({"a": a, "b": b, "c": c}, feeds)
    s.values({"da": tf.gradients(a, logits), "db": tf.gradients(b, logits), "dc": tf.gradients(c, logits)}, feeds)


@scenario("norms and moments")
def _(s):
    x = tf.constant(s.data([3, 2], 0.5), name="x")
    a = tf.nn.l2_loss(x)
    b = tf.nn.l2_normalize(x, axis=1)
    mean, variance = tf.nn.moments(x, [0])
    mean2, variance2 = tf.nn.moments(x, [0, 1], keep_dims=True)
    s.values({"a": a, "b": b, "moments": [mean, variance, mean2, variance2]})
    s.values({"da": tf.gradients(a, x), "db": tf.gradients(b, x), "dv": tf.gradients([mean, variance], x)})
