"""get_variable: options, reuse errors, custom getters, creators, regularizers, constraints (sections 9 and 11)."""

from context import scenario, tf


@scenario("get_variable makes these nodes")
def _(s):
    tf.set_random_seed(1)
    w = tf.get_variable("w", [2, 3])
    with tf.variable_scope("a"):
        with tf.name_scope("n"):
            b = tf.get_variable("b", [3], initializer=tf.zeros_initializer())
        c = tf.get_variable("c/d", [3], initializer=tf.ones_initializer())
    with tf.variable_scope("a/c", reuse=True):
        c2 = tf.get_variable("d")
    s.print([w.name, b.name, c.name, c2.name])
    s.print(c is c2)
    s.values({"w": w, "b": b, "c": c}, after=[tf.global_variables_initializer()])


@scenario("get_variable with resource variables makes these nodes")
def _(s):
    tf.set_random_seed(1)
    w = tf.get_variable("w", [2, 3], use_resource=True)
    b = tf.get_variable("b", [3], initializer=tf.zeros_initializer(), use_resource=True)
    y = tf.matmul(tf.ones([1, 2]), w) + b
    s.print(w)
    s.print(b.dtype.name)
    s.values({"w": w, "y": y}, after=[tf.global_variables_initializer()])


@scenario("default initializers by dtype")
def _(s):
    a = tf.get_variable("a", [2], dtype=tf.int32)
    b = tf.get_variable("b", [2], dtype=tf.bool)
    c = tf.get_variable("c", [2], dtype=tf.int64)
    e = tf.get_variable("e", [2, 2], dtype=tf.float64)
    s.print([e.name, e.dtype.name])
    s.values({"a": a, "b": b, "c": c}, after=[a.initializer, b.initializer, c.initializer])
    s.error("complex", lambda: tf.get_variable("z", [2], dtype=tf.complex64))


@scenario("constant initializers give shape and dtype")
def _(s):
    a = tf.get_variable("a", initializer=5.0)
    b = tf.get_variable("b", initializer=s.ints([1, 2, 3]))
    c = tf.get_variable("c", initializer=tf.constant([1.0, 2.0]))
    d = tf.get_variable("d", initializer=1.5, dtype=tf.float32)
    e = tf.get_variable("e", initializer=lambda: tf.constant([[1.0]]))
    f = tf.get_variable("f", initializer=lambda: 2.5)
    for v in [a, b, c, d, e, f]:
        s.print(v)
    s.values({"a": a, "b": b, "c": c, "d": d, "e": e, "f": f}, after=[tf.global_variables_initializer()])
    s.error("shape too", lambda: tf.get_variable("g", [1], initializer=5.0))
    s.error("another dtype", lambda: tf.get_variable("h", initializer=tf.constant(1), dtype=tf.float64))
    s.error("no shape", lambda: tf.get_variable("i"))
    s.error("unknown shape", lambda: tf.get_variable("j", [None, 2]))


@scenario("reuse errors")
def _(s):
    tf.get_variable("v", [1])
    tf.get_variable("r", [1], use_resource=True)
    s.error("already exists", lambda: tf.get_variable("v", [1]))
    s.error("resource already exists", lambda: tf.get_variable("r", [1]))
    with tf.variable_scope("a"):
        tf.get_variable("v", [1])
        s.error("already exists in a scope", lambda: tf.get_variable("v", [1]))
    with tf.variable_scope("a", reuse=True):
        s.error("does not exist", lambda: tf.get_variable("w", [1]))
        s.error("shape", lambda: tf.get_variable("v", [2]))
        s.error("dtype", lambda: tf.get_variable("v", [1], dtype=tf.int32))
        s.print(tf.get_variable("v").name)
        s.print(tf.get_variable("v", [None]).name)
    with tf.variable_scope("", reuse=True):
        s.error("resource dtype", lambda: tf.get_variable("r", [1], dtype=tf.int32))
    with tf.variable_scope("", reuse=tf.AUTO_REUSE):
        s.error("shape with AUTO_REUSE", lambda: tf.get_variable("v", [2, 2]))
    tf.Variable(1.0, name="plain")
    with tf.variable_scope("", reuse=True):
        s.error("not made by get_variable", lambda: tf.get_variable("plain", []))


@scenario("variables and taken names")
def _(s):
    tf.Variable(0.0, name="w")
    a = tf.get_variable("w", [])
    with tf.name_scope("x"):
        tf.no_op(name="n")
    b = tf.get_variable("x", [])
    with tf.variable_scope("", reuse=True):
        c = tf.get_variable("x", [])
    s.print([a.name, b.name, c.name])
    s.error("a space", lambda: tf.get_variable("a b", []))
    s.error("a colon", lambda: tf.get_variable("a:b", []))


@scenario("trainable and collections")
def _(s):
    tf.get_variable("a", [1])
    tf.get_variable("b", [1], trainable=False)
    tf.get_variable("c", [1], collections=["mine"])
    tf.get_variable("d", [1], trainable=False, collections=["mine", "variables"])
    tf.get_variable("e", [1], collections=[tf.GraphKeys.LOCAL_VARIABLES])
    tf.get_local_variable("f", [1])
    tf.get_local_variable("g", [1], collections=["mine"])
    for v in tf.get_collection("mine"):
        s.print(v)
    s.print([v.name for v in tf.trainable_variables()])
    s.print([v.trainable for v in tf.global_variables()])


@scenario("a custom getter wraps the variable")
def _(s):
    def getter(getter, name, *args, **kwargs):
        s.print(["called", name])
        v = getter(name, *args, **kwargs)
        return tf.identity(v, name="seen")

    with tf.variable_scope("a", custom_getter=getter):
        v = tf.get_variable("v", [2], initializer=tf.ones_initializer())
        with tf.variable_scope("b"):
            w = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
    with tf.variable_scope("a", custom_getter=getter, reuse=True):
        u = tf.get_variable("v", [2])
    s.print([v.name, w.name, u.name])
    s.values({"v": v, "w": w}, after=[tf.global_variables_initializer()])


@scenario("custom getters chain through scopes")
def _(s):
    def outer(getter, name, *args, **kwargs):
        s.print(["outer", name])
        return getter(name, *args, **kwargs) * 2.0

    def inner(getter, name, *args, **kwargs):
        s.print(["inner", name])
        return getter(name, *args, **kwargs) + 1.0

    with tf.variable_scope("a", custom_getter=outer):
        with tf.variable_scope("b", custom_getter=inner):
            v = tf.get_variable("v", [], initializer=tf.constant_initializer(3.0))
        w = tf.get_variable("w", [], initializer=tf.constant_initializer(3.0), custom_getter=inner)
    s.values({"v": v, "w": w}, after=[tf.global_variables_initializer()])


@scenario("a custom getter renames and shares")
def _(s):
    def same(getter, name, *args, **kwargs):
        return getter("shared/" + name, *args, **kwargs)

    with tf.variable_scope("x", custom_getter=same):
        a = tf.get_variable("v", [1])
    with tf.variable_scope("x", custom_getter=same, reuse=True):
        b = tf.get_variable("v", [1])
    s.print([a.name, b.name])
    s.print(a is b)


@scenario("variable creators")
def _(s):
    def rename(next_creator, **kwargs):
        kwargs["name"] = "renamed"
        s.print("rename")
        return next_creator(**kwargs)

    def resource(next_creator, **kwargs):
        kwargs["use_resource"] = True
        s.print("resource")
        return next_creator(**kwargs)

    with tf.variable_creator_scope(resource):
        with tf.variable_creator_scope(rename):
            a = tf.Variable(1.0, name="a")
            b = tf.get_variable("b", [1])
    s.print([a.name, b.name])
    s.print([a.op.type, b.op.type])


@scenario("a regularizer adds a loss per new variable")
def _(s):
    def regularizer(v: tf.Variable):
        return tf.multiply(0.5, tf.nn.l2_loss(v), name="my_loss")

    with tf.variable_scope("a", regularizer=regularizer):
        a = tf.get_variable("w", [2], initializer=tf.constant_initializer(2.0))
        tf.get_variable("b", [2], regularizer=tf.no_regularizer)
    with tf.variable_scope("a", regularizer=regularizer, reuse=True):
        tf.get_variable("w", [2])
    tf.get_variable("c", [1], regularizer=lambda v: None)
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    s.print(len(losses))
    total = tf.add_n(losses + [tf.constant(1.0)])
    s.values({"total": total}, after=[a.initializer])


@scenario("a constraint is applied after the update")
def _(s):
    def clip(x: tf.Tensor):
        return tf.clip_by_value(x, 0.0, 1.0)

    w = tf.get_variable("w", [2], initializer=tf.constant_initializer(0.5), constraint=clip)
    r = tf.get_variable("r", [2], initializer=tf.constant_initializer(0.5), constraint=clip, use_resource=True)
    loss = tf.reduce_sum(w * [1.0, -1.0]) + tf.reduce_sum(r * [-1.0, 1.0])
    train = tf.train.GradientDescentOptimizer(0.3).minimize(loss)
    s.run(tf.global_variables_initializer())
    s.train(train, {"w": w, "r": r}, 3)


@scenario("caching devices")
def _(s):
    a = tf.get_variable("a", [2], caching_device="/cpu:0")
    with tf.variable_scope("s", caching_device="/device:CPU:0"):
        b = tf.get_variable("b", [2], initializer=tf.ones_initializer())
        c = tf.get_variable("c", [2], initializer=tf.ones_initializer(), caching_device="")
        d = tf.get_variable("d", [2], initializer=tf.ones_initializer(), use_resource=True)
        e = b + d
    f = tf.Variable(1.0, name="f", caching_device="/cpu:0")
    s.print([a.name, c.name, f.name])
    s.values({"e": e}, after=[tf.global_variables_initializer()])


@scenario("get_variable under devices, colocation and control dependencies")
def _(s):
    n = tf.no_op(name="n")
    with tf.device("/device:CPU:0"):
        with tf.control_dependencies([n]):
            tf.get_variable("a", [2])
            tf.get_variable("b", [2], use_resource=True)
            tf.Variable(tf.zeros([2]), name="c")


@scenario("validate_shape and dynamic initial values")
def _(s):
    x = tf.placeholder_with_default([1.0, 2.0], [None], name="x")
    v = tf.get_variable("v", initializer=x, validate_shape=False)
    s.print(v.shape)
    w = tf.Variable(x, validate_shape=False, name="w")
    s.print(w)
    s.error("unknown shape", lambda: tf.Variable(x, name="u"))
    s.values({"v": v, "w": w}, after=[tf.global_variables_initializer()])


@scenario("global_step")
def _(s):
    s.print(tf.train.get_global_step())
    step = tf.train.get_or_create_global_step()
    s.print(step)
    s.print(tf.train.get_global_step() is step)
    s.print(tf.train.get_or_create_global_step() is step)
    s.error("twice", lambda: tf.train.create_global_step())
    s.values({"step": step}, after=[step.initializer, step.assign_add(2)])
    s.print(tf.train.global_step(s.session, step))


@scenario("wrong arguments of get_variable")
def _(s):
    s.error("getter", lambda: tf.get_variable("a", [1], custom_getter=3))
    s.error("partitioner", lambda: tf.get_variable("b", [1], partitioner=3))
    s.error("initializer", lambda: tf.get_variable("c", [1], initializer="no"))
    s.error("constraint", lambda: tf.get_variable("d", [1], constraint=3))
    s.error("empty initial value", lambda: tf.Variable())
    s.error("collections", lambda: tf.Variable(1.0, collections="a"))
    s.error("constraint of Variable", lambda: tf.Variable(1.0, constraint=3))
