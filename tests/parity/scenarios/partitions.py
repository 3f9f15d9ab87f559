"""Partitioned variables and templates (reference sections 10 and 19)."""

from context import scenario, tf


@scenario("a partitioned variable makes these nodes")
def _(s):
    p = tf.fixed_size_partitioner(2)
    v = tf.get_variable("v", [5, 2], initializer=tf.ones_initializer(), partitioner=p)
    s.print(v.name)
    s.print(len(list(v)))
    s.print([part.name for part in v])
    t = v.as_tensor()
    u = tf.identity(v, name="again")
    s.values({"t": t, "u": u}, after=[tf.global_variables_initializer()])


@scenario("partitioners by axis")
def _(s):
    with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(3, axis=1)):
        a = tf.get_variable("a", [2, 4], initializer=tf.random_uniform_initializer(seed=1))
        scalar = tf.get_variable("scalar", [], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [3], initializer=tf.zeros_initializer(), partitioner=tf.fixed_size_partitioner(1))
    c = tf.get_variable(
        "c", [8, 2], initializer=tf.zeros_initializer(), partitioner=tf.variable_axis_size_partitioner(16)
    )
    d = tf.get_variable(
        "d",
        [9],
        initializer=tf.zeros_initializer(),
        partitioner=tf.min_max_variable_partitioner(max_partitions=3, min_slice_size=8),
    )
    for v in [a, b, c, d]:
        s.print([part.name for part in v])
        s.print([str(part.shape) for part in v])
    s.print(scalar.name)
    s.values({"a": a.as_tensor()}, after=[tf.global_variables_initializer()], exact=True)


@scenario("partition_info reaches the initializer")
def _(s):
    def initializer(shape, dtype=None, partition_info=None):
        s.print([list(shape), list(partition_info.full_shape), list(partition_info.var_offset)])
        return tf.zeros(shape, dtype)

    tf.get_variable("v", [4, 3], initializer=initializer, partitioner=tf.fixed_size_partitioner(2))


@scenario("constant initializers are sliced")
def _(s):
    v = tf.get_variable(
        "v", initializer=tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), partitioner=tf.fixed_size_partitioner(2)
    )
    s.values({"v": v.as_tensor()}, after=[tf.global_variables_initializer()])


@scenario("save slice infos")
def _(s):
    v = tf.get_variable("v", [2, 4], initializer=tf.zeros_initializer(), partitioner=tf.fixed_size_partitioner(2, axis=1))
    for part in v:
        s.print(part._get_save_slice_info().spec)


@scenario("partitioned variables and reuse")
def _(s):
    p = tf.fixed_size_partitioner(2)
    p3 = tf.fixed_size_partitioner(3)
    with tf.variable_scope("a"):
        v = tf.get_variable("v", [6], initializer=tf.zeros_initializer(), partitioner=p)
        tf.get_variable("plain", [6])
        s.error("already exists", lambda: tf.get_variable("v", [6], partitioner=p))
        s.error("plain exists", lambda: tf.get_variable("plain", [6], partitioner=p))
        s.error("without a partitioner", lambda: tf.get_variable("v", [6]))
    with tf.variable_scope("a", reuse=True):
        w = tf.get_variable("v", [6], partitioner=p)
        x = tf.get_variable("v", [6])
        s.print(v is w)
        s.print(v is x)
        s.error("shape", lambda: tf.get_variable("v", [4], partitioner=p))
        s.error("dtype", lambda: tf.get_variable("v", [6], dtype=tf.float64, partitioner=p))
        s.error("partitions", lambda: tf.get_variable("v", [6], partitioner=p3))
        s.error("does not exist", lambda: tf.get_variable("u", [6], partitioner=p))


@scenario("partitioner results are checked")
def _(s):
    s.error("unknown shape", lambda: tf.get_variable("a", [None, 2], partitioner=tf.fixed_size_partitioner(2)))
    s.error("rank", lambda: tf.get_variable("b", [2, 2], partitioner=lambda shape, dtype: [1]))
    s.error("zero", lambda: tf.get_variable("c", [2, 2], partitioner=lambda shape, dtype: [0, 1]))
    s.error("two axes", lambda: tf.get_variable("d", [2, 2], partitioner=lambda shape, dtype: [2, 2]))
    s.error("not a list", lambda: tf.get_variable("e", [2, 2], partitioner=lambda shape, dtype: 3))
    s.error("max_shard_bytes", lambda: tf.variable_axis_size_partitioner(0))
    s.error("axis", lambda: tf.get_variable("f", [2], partitioner=tf.min_max_variable_partitioner(axis=1)))


@scenario("create_partitioned_variables")
def _(s):
    a = tf.create_partitioned_variables([4, 2], [2, 1], tf.ones_initializer())
    b = tf.create_partitioned_variables([4, 2], [1, 2], tf.ones_initializer(), name="named")
    s.print([part.name for part in a])
    s.print([part.name for part in b])
    s.error("lengths", lambda: tf.create_partitioned_variables([4], [1, 2], tf.ones_initializer()))


@scenario("regularizers and collections of the parts")
def _(s):
    tf.get_variable(
        "v",
        [4],
        initializer=tf.ones_initializer(),
        partitioner=tf.fixed_size_partitioner(2),
        regularizer=lambda v: tf.reduce_sum(v, name="r"),
        collections=["mine"],
    )
    s.print(len(tf.get_collection("regularization_losses")))


@scenario("training a partitioned variable")
def _(s):
    v = tf.get_variable("v", [3], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
    loss = tf.reduce_sum(tf.square(v))
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    s.run(tf.global_variables_initializer())
    s.train(train, {"loss": loss, "v": v.as_tensor()}, 2)


@scenario("a template shares its variables")
def _(s):
    def scale(x: float):
        w = tf.get_variable("w", [], initializer=tf.constant_initializer(3.0))
        return tf.multiply(x, w, name="times")

    template = tf.make_template("scale", scale)
    s.print(template.variable_scope)
    a = template(2.0)
    b = template(5.0)
    with tf.name_scope("elsewhere"):
        c = template(7.0)
    other = tf.make_template("scale", scale)
    d = other(1.0)
    s.print(template.variable_scope.name)
    s.print(template.variable_scope_name)
    s.print(template.name)
    s.print([v.name for v in template.variables])
    s.print([v.name for v in other.trainable_variables])
    s.print([a.name, b.name, c.name, d.name])
    s.values({"a": a, "b": b, "c": c, "d": d}, after=[tf.global_variables_initializer()])


@scenario("a template whose scope is created at once")
def _(s):
    def dummy():
        v = tf.get_variable("dummy", [1], initializer=tf.zeros_initializer())
        return tf.identity(v, name="out")

    a = tf.make_template("foo", dummy, create_scope_now_=True)
    b = tf.make_template("foo", dummy, create_scope_now_=True)
    s.print([a.variable_scope.name, b.variable_scope.name])
    s.print([b().name, a().name, b().name, a().name])


@scenario("templates inside scopes")
def _(s):
    def dummy():
        return tf.get_variable("dummy", [1], initializer=tf.zeros_initializer())

    t1 = tf.make_template("s1", dummy)
    t2 = tf.make_template("s1", dummy)
    t3 = tf.make_template("s1", dummy)
    with tf.variable_scope("scope"):
        s.print(t1().name)
    s.print(t2().name)
    s.print(t3().name)
    with tf.variable_scope("other"):
        s.print(t1().name)
    u1 = tf.make_template("x", dummy, unique_name_="unique")
    u2 = tf.make_template("x", dummy, unique_name_="unique")
    s.print(u1().name)
    s.error("same unique name", lambda: u2())
    s.error("no name", lambda: tf.make_template(None, dummy))


@scenario("a template may not create a trainable variable later")
def _(s):
    def bad():
        return tf.Variable(1.0, name="v")

    t = tf.make_template("t", bad)
    s.print(t().name)
    s.error("second call", lambda: t())


@scenario("templates with a custom getter and nested templates")
def _(s):
    def getter(getter, name, *args, **kwargs):
        return getter(name, *args, **kwargs) * 2.0

    def inner():
        return tf.get_variable("v", [], initializer=tf.constant_initializer(4.0))

    inner_template = tf.make_template("inner", inner)

    def outer():
        return inner_template() + tf.get_variable("u", [], initializer=tf.constant_initializer(1.0))

    t = tf.make_template("outer", outer, custom_getter_=getter)
    a = t()
    b = t()
    s.print([v.name for v in t.variables])
    s.values({"a": a, "b": b}, after=[tf.global_variables_initializer()])
