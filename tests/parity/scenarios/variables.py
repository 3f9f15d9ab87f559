"""tf.Variable, reference and resource, and the helpers around them (reference sections 12 to 14)."""

from context import scenario, tf


@scenario("tf.Variable makes these nodes")
def _(s):
    tf.Variable(1.0)
    tf.Variable([1, 2])
    tf.Variable(tf.zeros([2]), name="from_tensor")
    tf.Variable(lambda: 1.0, name="from_thunk")
    tf.Variable(lambda: tf.ones([2]), name="tensor_thunk")
    tf.Variable([1.0, 2.0], dtype=tf.float64, name="typed")
    tf.Variable(1.0, trainable=False, name="frozen")
    tf.Variable(1.0, collections=["mine"], name="collected")
    with tf.name_scope("n"):
        tf.Variable(True, name="flag")
    tf.Variable("text", name="text")
    tf.Variable(tf.random_normal([2, 2], stddev=0.35, seed=1), name="weights")
    for v in tf.global_variables():
        s.print(v)


@scenario("resource variables make these nodes")
def _(s):
    tf.Variable(1.0, use_resource=True)
    tf.Variable([1, 2], use_resource=True)
    tf.Variable(tf.zeros([2]), name="from_tensor", use_resource=True)
    tf.Variable(lambda: 1.0, name="from_thunk", use_resource=True)
    tf.Variable([1.0, 2.0], dtype=tf.float64, name="typed", use_resource=True)
    tf.Variable(1.0, trainable=False, name="frozen", use_resource=True)
    with tf.name_scope("n"):
        tf.Variable(True, name="flag", use_resource=True)
    for v in tf.global_variables():
        s.print(v)


@scenario("the parts of a variable")
def _(s):
    v = tf.Variable([[1.0, 2.0]], name="v")
    r = tf.Variable([[1.0, 2.0]], name="r", use_resource=True)
    s.print([v.name, v.op.name, v.op.type, v.dtype.name, str(v.shape), v.initializer.name, v.initial_value.name])
    s.print([r.name, r.op.name, r.op.type, r.dtype.name, str(r.shape), r.initializer.name, r.initial_value.name])
    s.print(v.value().name)
    s.print(r.value().name)
    s.print(v.read_value().name)
    s.print(v.read_value().name)
    s.print(r.read_value().name)
    s.print(r.handle.name)
    s.print([v.trainable, r.trainable])
    s.print(v.device)


@scenario("assignments to a reference variable")
def _(s):
    v = tf.Variable([1.0, 2.0], name="v")
    a = v.assign([3.0, 4.0])
    b = v.assign_add([1.0, 1.0])
    c = v.assign_sub([0.5, 0.5], name="minus")
    d = tf.assign(v, [7.0, 8.0])
    e = tf.assign_add(v, [1.0, 2.0], name="plus")
    f = tf.assign_sub(v, [1.0, 2.0])
    g = v.assign([9.0, 9.0], read_value=False)
    s.print([a.name, b.name, c.name, d.name, e.name, f.name, g.name])
    s.print(a.dtype.name)
    s.run(v.initializer)
    for t in [a, b, c, d, e, f]:
        s.values({"result": t})
    s.values({"v": v}, after=[g])


@scenario("assignments to a resource variable")
def _(s):
    v = tf.Variable([1.0, 2.0], name="v", use_resource=True)
    a = v.assign([3.0, 4.0])
    b = v.assign_add([1.0, 1.0])
    c = v.assign_sub([0.5, 0.5], name="minus")
    d = tf.assign(v, [7.0, 8.0])
    e = tf.assign_add(v, [1.0, 2.0], name="plus")
    f = tf.assign_sub(v, [1.0, 2.0])
    g = v.assign([9.0, 9.0], read_value=False)
    s.run(v.initializer)
    for t in [a, b, c, d, e, f]:
        s.values({"result": t})
    s.values({"v": v}, after=[g])
    s.error("shape", lambda: v.assign([1.0]))


@scenario("a variable as an operand")
def _(s):
    v = tf.Variable([1.0, 2.0], name="v")
    r = tf.Variable([3.0, 4.0], name="r", use_resource=True)
    a = v + 1.0
    b = 2.0 * v
    c = v * r
    d = r - 1.0
    e = 1.0 / r
    f = tf.multiply(r, v)
    g = tf.reduce_sum(r)
    h = tf.convert_to_tensor(r)
    i = tf.convert_to_tensor(v)
    j = tf.stack([v, r])
    k = -v
    m = tf.identity(v)
    s.values(
        {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": g, "h": h, "i": i, "j": j, "k": k, "m": m},
        after=[tf.global_variables_initializer()],
    )
    s.error("wrong dtype", lambda: tf.convert_to_tensor(v, dtype=tf.int32))
    s.error("wrong dtype of a resource", lambda: tf.convert_to_tensor(r, dtype=tf.int32))


@scenario("initialized_value and is_variable_initialized")
def _(s):
    v = tf.Variable([1.0, 2.0], name="v")
    flag = tf.is_variable_initialized(v)
    init = v.initialized_value()
    again = v.initialized_value()
    w = tf.Variable(init * 2.0, name="w")
    s.print(init.name)
    s.values({"flag": flag, "init": init, "again": again})
    s.values({"flag": flag, "w": w}, after=[tf.global_variables_initializer()])
    r = tf.Variable(1.0, name="r", use_resource=True)
    s.values({"r": tf.is_variable_initialized(r)})


@scenario("a variable initialized from another is guarded")
def _(s):
    a = tf.Variable(2.0, name="a")
    b = tf.Variable(a * 3.0, name="b")
    c = tf.Variable(a.value(), name="c")
    d = tf.Variable(b + c, name="d")
    s.print(b.initial_value.name)
    s.values({"b": b}, after=[b.initializer])
    s.values({"a": a, "b": b, "c": c, "d": d}, after=[a.initializer, c.initializer, d.initializer])


@scenario("a resource variable initialized from another is guarded")
def _(s):
    a = tf.Variable(2.0, name="a", use_resource=True)
    b = tf.Variable(a * 3.0, name="b", use_resource=True)
    s.values({"b": b}, after=[a.initializer, b.initializer])


@scenario("init_scope leaves control dependencies")
def _(s):
    n = tf.no_op(name="n")
    with tf.name_scope("scope"):
        with tf.control_dependencies([n]):
            with tf.init_scope():
                tf.no_op(name="free")
            tf.no_op(name="waits")
    s.print(tf.get_default_graph().get_name_scope())


@scenario("initializer ops")
def _(s):
    a = tf.Variable(1.0, name="a")
    b = tf.get_variable("b", [2], initializer=tf.ones_initializer())
    c = tf.get_local_variable("c", [], initializer=tf.constant_initializer(4.0))
    d = tf.Variable(2.0, name="d", use_resource=True)
    init = tf.global_variables_initializer()
    local = tf.local_variables_initializer()
    tf.variables_initializer([a, d], name="some")
    tf.variables_initializer([])
    tf.initializers.global_variables()
    s.print([init.name, local.name])
    s.values({"a": a, "b": b, "c": c, "d": d}, after=[init, local])


@scenario("report_uninitialized_variables")
def _(s):
    a = tf.Variable(1.0, name="a")
    tf.get_variable("b", [2])
    tf.get_local_variable("c", [])
    report = tf.report_uninitialized_variables()
    some = tf.report_uninitialized_variables([a], name="some")
    s.values({"report": report, "some": some})
    s.values({"report": report, "some": some}, after=[a.initializer])
    s.values({"report": report}, after=[tf.global_variables_initializer(), tf.local_variables_initializer()])


@scenario("nothing to report")
def _(s):
    report = tf.report_uninitialized_variables()
    s.values({"report": report})
    tf.global_variables_initializer()
    s.print(tf.assert_variables_initialized())


@scenario("reading an uninitialized variable")
def _(s):
    a = tf.Variable(1.0, name="a")
    b = a + 1.0
    s.error("read", lambda: s.run(b))
    s.error("itself", lambda: s.run(a))
    s.error("assign_add", lambda: s.run(a.assign_add(1.0)))
    s.error("assert", lambda: s.run(tf.assert_variables_initialized()))


@scenario("scatter updates")
def _(s):
    v = tf.Variable(s.data([4, 2]), name="v")
    r = tf.Variable(s.data([4, 2]), name="r", use_resource=True)
    a = tf.scatter_add(v, [0, 2, 0], [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    b = tf.scatter_sub(v, [1], [[1.0, 1.0]])
    c = tf.scatter_update(v, [3], [[9.0, 9.0]])
    d = tf.scatter_mul(v, [0], [[2.0, 3.0]])
    e = tf.scatter_add(r, [0, 2, 0], [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    f = tf.scatter_update(r, [3], [[9.0, 9.0]])
    s.run(tf.global_variables_initializer())
    for t in [a, b, c, d, e, f]:
        s.values({"result": t})


@scenario("reading through control dependencies")
def _(s):
    v = tf.Variable(1.0, name="v")
    add = v.assign_add(10.0)
    with tf.control_dependencies([add]):
        cached = tf.identity(v.value(), name="cached")
        fresh = v.read_value()
        more = v * 2.0
    s.values({"cached": cached, "fresh": fresh, "more": more}, after=[v.initializer])


@scenario("count_up_to and load")
def _(s):
    v = tf.Variable(0, name="v")
    c = v.count_up_to(2)
    s.values({"v": v}, after=[v.initializer])
    s.values({"c": c})
    s.values({"c": c})
    s.error("limit", lambda: s.run(c))
    v.load(7, s.session)
    s.values({"v": v})


@scenario("the seeds' weights and biases")
def _(s):
    w1 = tf.Variable(tf.random_normal([4, 3], stddev=0.35, seed=1), name="weights")
    b1 = tf.Variable(tf.zeros([3]), name="biases")
    w2 = tf.Variable(tf.random_normal([4, 3], stddev=0.35, seed=2), name="weights")
    b2 = tf.Variable(tf.zeros([3]), name="biases", trainable=False)
    for v in [w1, b1, w2, b2]:
        s.print([v.name, str(v.shape)])
    for v in tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES):
        s.print(v)
    my_local = tf.get_variable("my_local", [], collections=[tf.GraphKeys.LOCAL_VARIABLES])
    tf.add_to_collection("my_collection_name", my_local)
    s.values({"w1": w1, "b2": b2}, after=[tf.global_variables_initializer()])
