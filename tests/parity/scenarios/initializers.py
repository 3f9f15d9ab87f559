"""Initializers under both of their names, with values (reference section 15)."""

from context import scenario, tf


def make(s, initializers: list, shape: list[int], dtype: tf.DType = tf.float32, exact: bool = False):
    """One variable per initializer, v0, v1, …; records their values."""
    variables = []
    for i in range(len(initializers)):
        variables.append(tf.get_variable(f"v{i}", shape, dtype=dtype, initializer=initializers[i]))
    s.values({"variables": variables}, after=[tf.global_variables_initializer()], exact=exact)


@scenario("zeros, ones and constants")
def _(s):
    make(
        s,
        [
            tf.zeros_initializer(),
            tf.initializers.zeros(),
            tf.ones_initializer(),
            tf.initializers.ones(),
            tf.constant_initializer(2.5),
            tf.initializers.constant(3),
            tf.constant_initializer([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            tf.constant_initializer([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
            tf.constant_initializer([7.0]),
            tf.constant_initializer(0),
        ],
        [2, 3],
        exact=True,
    )


@scenario("zeros, ones and constants of other dtypes")
def _(s):
    make(s, [tf.zeros_initializer(), tf.ones_initializer(), tf.constant_initializer(3)], [2], tf.int32, exact=True)
    a = tf.get_variable("a", [2], dtype=tf.bool, initializer=tf.ones_initializer())
    b = tf.get_variable("b", [2], dtype=tf.float64, initializer=tf.constant_initializer(0.1))
    c = tf.get_variable("c", [2], dtype=tf.int64, initializer=tf.zeros_initializer(dtype=tf.int64))
    d = tf.get_variable("d", [30, 40], initializer=tf.zeros_initializer())
    e = tf.get_variable("e", [1000], initializer=tf.ones_initializer())
    f = tf.get_variable("f", [10, 10, 10], initializer=tf.constant_initializer(1.0))
    s.print([d.name, e.name, f.name])
    s.values({"a": a, "b": b, "c": c}, after=[tf.variables_initializer([a, b, c])], exact=True)
    s.error("too many", lambda: tf.get_variable("g", [2], initializer=tf.constant_initializer([1.0, 2.0, 3.0])))


@scenario("initializers given as classes")
def _(s):
    tf.set_random_seed(2)
    make(s, [tf.zeros_initializer, tf.ones_initializer, tf.glorot_uniform_initializer], [2, 2])


@scenario("random_uniform initializers")
def _(s):
    make(
        s,
        [
            tf.random_uniform_initializer(seed=1),
            tf.initializers.random_uniform(seed=1),
            tf.random_uniform_initializer(-1.0, 1.0, seed=1),
            tf.random_uniform_initializer(minval=2.0, maxval=3.0, seed=2),
        ],
        [2, 3],
        exact=True,
    )
    a = tf.get_variable("a", [4], dtype=tf.int32, initializer=tf.random_uniform_initializer(0, 100, seed=1))
    b = tf.get_variable("b", [4], dtype=tf.float64, initializer=tf.random_uniform_initializer(-1.0, 1.0, seed=1))
    s.values({"a": a, "b": b}, after=[a.initializer, b.initializer], exact=True)


@scenario("random_normal initializers")
def _(s):
    make(
        s,
        [
            tf.random_normal_initializer(seed=1),
            tf.initializers.random_normal(seed=1),
            tf.random_normal_initializer(mean=1.0, stddev=0.1, seed=2),
        ],
        [2, 3],
    )


@scenario("truncated_normal initializers")
def _(s):
    make(
        s,
        [
            tf.truncated_normal_initializer(seed=1),
            tf.initializers.truncated_normal(seed=1),
            tf.truncated_normal_initializer(mean=1.0, stddev=0.1, seed=2),
        ],
        [2, 3],
    )


@scenario("normal initializers in float64")
def _(s):
    make(
        s,
        [
            tf.random_normal_initializer(seed=1, dtype=tf.float64),
            tf.truncated_normal_initializer(stddev=0.5, seed=1, dtype=tf.float64),
            tf.glorot_normal_initializer(seed=1),
        ],
        [3, 2],
        tf.float64,
    )


@scenario("glorot initializers")
def _(s):
    make(
        s,
        [
            tf.glorot_uniform_initializer(seed=1),
            tf.initializers.glorot_uniform(seed=1),
            tf.glorot_normal_initializer(seed=1),
            tf.initializers.glorot_normal(seed=1),
        ],
        [3, 2],
    )


@scenario("fans of other ranks")
def _(s):
    a = tf.get_variable("a", [], initializer=tf.glorot_uniform_initializer(seed=1))
    b = tf.get_variable("b", [4], initializer=tf.glorot_uniform_initializer(seed=1))
    c = tf.get_variable("c", [2, 2, 3, 1], initializer=tf.glorot_uniform_initializer(seed=1))
    s.values({"a": a, "b": b, "c": c}, after=[tf.global_variables_initializer()])


@scenario("lecun and he initializers")
def _(s):
    make(
        s,
        [
            tf.initializers.lecun_normal(seed=1),
            tf.initializers.lecun_uniform(seed=1),
            tf.initializers.he_normal(seed=1),
            tf.initializers.he_uniform(seed=1),
        ],
        [3, 2],
    )


@scenario("variance_scaling initializers")
def _(s):
    make(
        s,
        [
            tf.variance_scaling_initializer(seed=1),
            tf.initializers.variance_scaling(seed=1),
            tf.variance_scaling_initializer(scale=2.0, mode="fan_out", distribution="uniform", seed=1),
            tf.variance_scaling_initializer(scale=0.5, mode="fan_avg", distribution="untruncated_normal", seed=1),
            tf.variance_scaling_initializer(distribution="normal", seed=1),
        ],
        [3, 2],
    )
    s.error("scale", lambda: tf.variance_scaling_initializer(scale=-1.0))
    s.error("mode", lambda: tf.variance_scaling_initializer(mode="no"))
    s.error("distribution", lambda: tf.variance_scaling_initializer(distribution="no"))


@scenario("uniform_unit_scaling initializers")
def _(s):
    make(
        s,
        [
            tf.uniform_unit_scaling_initializer(seed=1),
            tf.initializers.uniform_unit_scaling(seed=1),
            tf.uniform_unit_scaling_initializer(factor=2.0, seed=1),
        ],
        [3, 2],
    )


@scenario("orthogonal initializers")
def _(s):
    make(
        s,
        [
            tf.orthogonal_initializer(seed=1),
            tf.initializers.orthogonal(seed=1),
            tf.orthogonal_initializer(gain=2.0, seed=3),
        ],
        [4, 3],
    )
    wide = tf.get_variable("wide", [2, 5], initializer=tf.orthogonal_initializer(seed=1))
    cube = tf.get_variable("cube", [2, 2, 3], initializer=tf.orthogonal_initializer(seed=1))
    s.values({"wide": wide, "cube": cube}, after=[wide.initializer, cube.initializer])
    s.error("rank 1", lambda: tf.get_variable("x", [2], initializer=tf.orthogonal_initializer()))


@scenario("identity initializers")
def _(s):
    make(s, [tf.initializers.identity(), tf.initializers.identity(gain=2.0)], [3, 3], exact=True)
    wide = tf.get_variable("wide", [2, 3], initializer=tf.initializers.identity())
    s.values({"wide": wide}, after=[wide.initializer], exact=True)
    s.error("rank 1", lambda: tf.get_variable("x", [2], initializer=tf.initializers.identity()))


@scenario("initializers refuse integer dtypes")
def _(s):
    s.error("normal", lambda: tf.random_normal_initializer(dtype=tf.int32))
    s.error("truncated", lambda: tf.truncated_normal_initializer(dtype=tf.int32))
    s.error("scaling", lambda: tf.variance_scaling_initializer(dtype=tf.int32))


@scenario("initializers called directly")
def _(s):
    tf.set_random_seed(5)
    a = tf.zeros_initializer()([2])
    b = tf.constant_initializer(3.0)([2], dtype=tf.float64)
    c = tf.random_uniform_initializer()([2])
    d = tf.glorot_uniform_initializer()([2, 2])
    e = tf.truncated_normal_initializer(seed=4)([2])
    s.values({"a": a, "b": b, "c": c, "d": d, "e": e})


@scenario("initializers of whole scopes")
def _(s):
    tf.set_random_seed(3)
    with tf.variable_scope("a", initializer=tf.random_uniform_initializer(-0.1, 0.1)):
        a = tf.get_variable("a", [3])
        with tf.variable_scope("b", initializer=tf.random_normal_initializer(stddev=0.2)):
            b = tf.get_variable("b", [3])
            c = tf.get_variable("c", [3], initializer=tf.zeros_initializer())
    s.values({"a": a, "b": b, "c": c}, after=[tf.global_variables_initializer()])


@scenario("the seeds' initializers: eight values and two shapes")
def _(s):
    x = tf.get_variable("x", [8], initializer=tf.constant_initializer([0, 1, 2, 3, 4, 5, 6, 7]))
    y = tf.get_variable("y", [10], initializer=tf.random_normal_initializer(0.0, 1.0, seed=1))
    z = tf.get_variable("z", [10], initializer=tf.truncated_normal_initializer(0.0, 1.0, seed=1))
    o = tf.get_variable("o", [4, 4], initializer=tf.orthogonal_initializer(1.0, seed=1))
    s.values({"x": x, "y": y, "z": z, "o": o}, after=[tf.global_variables_initializer()])
