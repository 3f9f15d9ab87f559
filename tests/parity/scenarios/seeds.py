"""Seeds and random ops (reference sections 16.3, 17 and 18)."""

from context import scenario, tf


@scenario("op seeds without a graph seed")
def _(s):
    a = tf.random_uniform([6], seed=1234)
    b = tf.random_uniform([6], seed=1234)
    c = tf.random_uniform([6], seed=0)
    d = tf.random_uniform([3], seed=2147483647)
    tf.random_uniform([2])
    s.values({"a": a, "b": b, "c": c, "d": d}, exact=True)
    s.values({"a": a, "b": b, "c": c, "d": d}, exact=True)


@scenario("a graph seed without op seeds counts")
def _(s):
    tf.set_random_seed(1)
    a = tf.random_uniform([3])
    tf.constant(1.0)
    tf.no_op()
    b = tf.random_uniform([3])
    c = tf.random_uniform([3], minval=-1.0, maxval=1.0)
    d = tf.random_uniform([3], minval=0, maxval=10, dtype=tf.int32)
    e = tf.random_shuffle(tf.constant([0, 1, 2, 3, 4, 5, 6, 7]))
    f = tf.random_uniform([3])
    s.values({"a": a, "b": b, "c": c, "d": d, "e": e, "f": f}, exact=True)


@scenario("a graph seed with op seeds")
def _(s):
    tf.set_random_seed(7)
    a = tf.random_uniform([3], seed=5)
    b = tf.random_uniform([3])
    c = tf.random_uniform([3], seed=5)
    s.values({"a": a, "b": b, "c": c}, exact=True)
    s.values({"a": a, "c": c}, exact=True)


@scenario("the seed table")
def _(s):
    for graph_seed, op_seed in [(0, 0), (1, 1), (2147483647, 0), (0, 2147483647), (-1, -5), (1, 2147483648)]:
        tf.set_random_seed(graph_seed)
        tf.random_uniform([1], seed=op_seed)
    tf.set_random_seed(3)
    tf.random_uniform([1])
    tf.set_random_seed(4)
    tf.random_uniform([1])
    tf.random_normal([1])
    tf.truncated_normal([1])


@scenario("seeds of variables' initializers")
def _(s):
    tf.set_random_seed(1)
    w = tf.get_variable("w", [2, 3])
    u = tf.get_variable("u", [2, 3], initializer=tf.truncated_normal_initializer(stddev=0.1))
    v = tf.get_variable("v", [4], initializer=tf.random_normal_initializer(seed=3))
    s.values({"w": w, "u": u, "v": v}, after=[tf.global_variables_initializer()])


@scenario("random_uniform in all forms")
def _(s):
    n = tf.placeholder_with_default(s.ints([2, 3]), [2], name="n")
    a = tf.random_uniform([2, 2], seed=1)
    b = tf.random_uniform([2, 2], minval=-2.0, maxval=3.0, seed=1)
    c = tf.random_uniform([2, 2], maxval=3.0, seed=1)
    d = tf.random_uniform(n, seed=1, name="dynamic")
    e = tf.random_uniform([], seed=1)
    f = tf.random_uniform([0], seed=1)
    g = tf.random_uniform([4], dtype=tf.float64, seed=1)
    h = tf.random_uniform([4], minval=-1.0, maxval=1.0, dtype=tf.float64, seed=1)
    s.values({"a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": g, "h": h}, exact=True)
    s.values({"a": a, "b": b, "g": g}, exact=True)
    s.error("no maxval", lambda: tf.random_uniform([2], dtype=tf.int32))
    s.error("bad dtype", lambda: tf.random_uniform([2], maxval=2, dtype=tf.bool))


@scenario("random integers")
def _(s):
    a = tf.random_uniform([10], minval=0, maxval=10, dtype=tf.int32, seed=1234)
    b = tf.random_uniform([8], minval=-5, maxval=5, dtype=tf.int32, seed=1234)
    c = tf.random_uniform([6], minval=0, maxval=1000, dtype=tf.int64, seed=1234)
    d = tf.random_uniform([5], maxval=7, dtype=tf.int32, seed=1234)
    s.values({"a": a, "b": b, "c": c, "d": d}, exact=True)
    s.values({"a": a, "b": b, "c": c, "d": d}, exact=True)


@scenario("random_normal")
def _(s):
    a = tf.random_normal([2, 3], seed=1234)
    b = tf.random_normal([5], mean=1.0, stddev=0.5, seed=1234)
    c = tf.random_normal([4], dtype=tf.float64, seed=1234)
    d = tf.random_normal([], seed=1234)
    s.values({"a": a, "b": b, "c": c, "d": d})
    s.values({"a": a, "b": b, "c": c, "d": d})


@scenario("truncated_normal")
def _(s):
    a = tf.truncated_normal([10], seed=1234)
    b = tf.truncated_normal([2, 5], mean=1.0, stddev=0.1, seed=1234)
    c = tf.truncated_normal([5], dtype=tf.float64, seed=1234)
    s.values({"a": a, "b": b, "c": c})
    s.values({"a": a, "b": b, "c": c})


@scenario("random_shuffle")
def _(s):
    a = tf.random_shuffle(tf.constant([0, 1, 2, 3, 4, 5, 6, 7]), seed=1234)
    b = tf.random_shuffle(tf.constant([[1, 2], [3, 4], [5, 6]]), seed=134)
    c = tf.random_shuffle([[1.0, 2.0]], seed=134)
    d = tf.random_shuffle(tf.range(20, dtype=tf.int32), seed=2, name="deck")
    s.values({"a": a, "b": b, "c": c, "d": d}, exact=True)
    s.values({"a": a, "b": b, "c": c, "d": d}, exact=True)


@scenario("multinomial with one row")
def _(s):
    logits = tf.constant([[0.1, 1.0, 2.0, 0.5]])
    a = tf.multinomial(logits, 10, seed=1234)
    b = tf.multinomial(logits, 3, seed=7, name="m")
    c = tf.multinomial(logits, 5, seed=7, output_dtype=tf.int32)
    s.values({"a": a, "b": b, "c": c}, exact=True)
    s.values({"a": a, "b": b, "c": c}, exact=True)


@scenario("dropout")
def _(s):
    x = tf.constant(s.data([4, 4], 1.0, 0.5), name="x")
    keep = tf.placeholder_with_default(0.5, [], name="keep")
    a = tf.nn.dropout(x, keep_prob=0.5, seed=3)
    b = tf.nn.dropout(x, rate=0.25, seed=3, name="by_rate")
    c = tf.nn.dropout(x, keep_prob=keep, seed=3, name="dynamic")
    d = tf.nn.dropout(x, keep_prob=0.5, noise_shape=[4, 1], seed=3, name="noise")
    e = tf.nn.dropout(x, rate=0.0, name="all")
    gradients = tf.gradients([a, b, c, d], x)
    s.values({"a": a, "b": b, "c": c, "d": d, "e": e, "gradients": gradients})
    s.values({"c": c}, [(keep, 1.0)])


@scenario("a new run continues the stream, equal seeds give equal streams")
def _(s):
    tf.set_random_seed(12)
    a = tf.random_uniform([2], seed=1, name="a")
    b = tf.random_uniform([2], seed=1, name="b")
    w = tf.get_variable("w", [2], initializer=tf.random_uniform_initializer(-1.0, 1.0, seed=1))
    s.values({"a": a}, exact=True)
    s.values({"a": a}, exact=True)
    s.values({"a": a, "b": b}, exact=True)
    s.values({"w": w}, after=[w.initializer], exact=True)
    s.values({"w": w}, after=[w.initializer], exact=True)


@scenario("random_crop makes these nodes")
def _(s):
    x = tf.constant(s.data([4, 4]), name="x")
    tf.random_crop(x, [2, 2], seed=1)


@scenario("get_seed")
def _(s):
    s.print(tf.get_seed(None))
    s.print(tf.get_seed(1))
    tf.set_random_seed(5)
    s.print(tf.get_seed(9))
    s.print(tf.get_seed(None))
    s.print(tf.get_seed(None))
    tf.set_random_seed(None)
    s.print(tf.get_seed(None))
