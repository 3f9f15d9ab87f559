"""Sessions: feeds, fetches and their errors (reference section 24)."""

from context import scenario, tf


@scenario("forms of fetches")
def _(s):
    a = tf.constant(1.0, name="a")
    b = tf.constant([2, 3], name="b")
    n = tf.no_op(name="n")
    v = tf.Variable(4.0, name="v")
    s.run(v.initializer)
    s.values({"tensor": a, "op": n, "variable": v, "name": "a:0", "op_name": "n", "list": [a, [b, a]], "dict": {"x": a, "y": b}})
    s.values({"empty": [], "strings": tf.constant(["p", "q"]), "bool": tf.constant([True])})
    s.values({"slices": tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([2]))})


@scenario("forms of feeds")
def _(s):
    x = tf.placeholder(tf.float32, [None], name="x")
    y = tf.placeholder(tf.int32, [2, 2], name="y")
    u = tf.placeholder(tf.float32, name="u")
    z = x * 2.0
    s.values({"z": z}, [(x, [1.0, 2.0])])
    s.values({"z": z}, [("x:0", [3.0])])
    s.values({"x": x, "y": y}, [(x, [1, 2]), (y, [[1, 2], [3, 4]])])
    s.values({"z": z}, [(z, [10.0, 20.0, 30.0])])
    s.values({"w": z + 1.0}, [(z, [10.0])])
    s.values({"u": u * 2.0}, [(u, 3.0)])
    s.values({"u": u * 2.0}, [(u, [[3.0]])])


@scenario("feed errors")
def _(s):
    x = tf.placeholder(tf.float32, [3], name="x")
    y = tf.placeholder(tf.float32, [None, 3], name="y")
    u = tf.placeholder(tf.int32, [], name="u")
    s.error("missing", lambda: s.run(x))
    s.error("missing with unknown", lambda: s.run(y))
    s.error("missing scalar", lambda: s.run(u))
    s.error("wrong shape", lambda: s.run(x, [(x, [1.0, 2.0])]))
    s.error("wrong rank", lambda: s.run(y, [(y, [1.0, 2.0])]))
    s.error("a tensor as value", lambda: s.run(x, [(x, x)]))
    s.error("unknown name", lambda: s.run(x, [("nothing:0", [1.0])]))
    s.error("an op's name", lambda: s.run(x, [("x", [1.0, 2.0, 3.0])]))


@scenario("fetch errors")
def _(s):
    tf.constant(1.0, name="a")
    other = tf.Graph()
    with other.as_default():
        b = tf.constant(1.0, name="b")
    s.error("none", lambda: s.run(None))
    s.error("nested none", lambda: s.run([None]))
    s.error("a number", lambda: s.run(3))
    s.error("unknown name", lambda: s.run("nothing:0"))
    s.error("unknown op", lambda: s.run("nothing"))
    s.error("another graph", lambda: s.run(b))


@scenario("only what is needed runs, once")
def _(s):
    v = tf.Variable(0.0, name="v")
    x = tf.placeholder(tf.float32, [], name="never_fed")
    add = v.assign_add(1.0)
    a = add + 0.0
    b = add + 0.0
    c = v + x
    s.print(c.name)
    s.values({"a": a, "b": b}, after=[v.initializer])
    s.values({"v": v})
    s.values({"a": a, "again": a, "b": b})


@scenario("two sessions have their own values")
def _(s):
    v = tf.Variable(1.0, name="v")
    add = v.assign_add(1.0)
    s.values({"v": v}, after=[v.initializer, add, add])
    s.new_session()
    s.error("uninitialized", lambda: s.run(v))
    s.values({"v": v}, after=[v.initializer])


@scenario("a graph grows between runs")
def _(s):
    a = tf.constant(1.0, name="a")
    s.values({"a": a})
    b = a + 1.0
    s.values({"b": b})
    v = tf.Variable(b, name="v")
    s.values({"v": v}, after=[v.initializer])


@scenario("running by name and eval")
def _(s):
    a = tf.constant(2.0, name="a")
    s.error("eval without session", lambda: a.eval())
    s.error("run without session", lambda: tf.no_op(name="n").run())


@scenario("an empty graph refuses to run")
def _(s):
    s.error("empty", lambda: s.run([]))


@scenario("errors while running")
def _(s):
    x = tf.placeholder(tf.float32, name="x")
    y = tf.placeholder(tf.float32, name="y")
    z = tf.matmul(x, y)
    g = tf.gather([1.0, 2.0], [5])
    r = tf.reshape(x, [4])
    d = tf.constant(1) // tf.placeholder_with_default(s.ints(0), [], name="zero")
    s.error("matmul", lambda: s.run(z, [(x, [[1.0, 2.0]]), (y, [[1.0, 2.0]])]))
    s.error("add", lambda: s.run(x + y, [(x, [1.0, 2.0]), (y, [1.0, 2.0, 3.0])]))
    s.error("gather", lambda: s.run(g))
    s.error("reshape", lambda: s.run(r, [(x, [1.0, 2.0])]))
    s.error("division", lambda: s.run(d))


@scenario("make_callable")
def _(s):
    x = tf.placeholder(tf.float32, [], name="x")
    y = x * 2.0
    s.run(y, [(x, 1.0)])
    f = s.session.make_callable(y, feed_list=[x])
    s.print(float(f(4.0)))


@scenario("closed sessions refuse to run")
def _(s):
    a = tf.constant(1.0, name="a")
    s.values({"a": a})
    s.session.close()
    s.error("closed", lambda: s.run(a))
