"""Training and checks in combinations that the other groups do not have."""

from context import scenario, tf


@scenario("moving averages of resource variables inside control dependencies")
def _(s):
    v = tf.Variable(1.0, name="v", use_resource=True)
    u = tf.Variable([1.0, 2.0], name="u", use_resource=True)
    ema = tf.train.ExponentialMovingAverage(0.9, zero_debias=True)
    upd = v.assign_add(1.0)
    with tf.control_dependencies([upd]):
        op = ema.apply([v, u, tf.square(u)])
    with tf.control_dependencies([op]):
        out = tf.identity(ema.average(v))
    s.print([ema.average_name(v), ema.average_name(u)])
    s.print(sorted(ema.variables_to_restore().keys()))
    s.values({"out": out}, after=[tf.global_variables_initializer()])
    s.values({"out": out, "a": ema.average(u)}, after=[op])


@scenario("sparse and dense gradients of one variable, nesterov")
def _(s):
    for use in (False, True):
        w = tf.Variable(tf.ones([4, 2]), name="w", use_resource=use)
        loss = tf.reduce_sum(tf.square(tf.gather(w, [0, 2, 0])))
        opt = tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True)
        op = opt.minimize(loss, var_list=[w])
        loss2 = loss + tf.reduce_sum(w * w)
        op2 = tf.train.AdamOptimizer(0.1).minimize(loss2, var_list=[w])
        s.run(tf.global_variables_initializer())
        s.train(op, {"w": w}, 2)
        s.train(op2, {"w": w}, 2)


@scenario("clipping with missing and sparse gradients")
def _(s):
    w = tf.get_variable("w", [4, 2], initializer=tf.ones_initializer())
    u = tf.get_variable("u", [2], initializer=tf.ones_initializer())
    z = tf.get_variable("z", [2], initializer=tf.ones_initializer())
    loss = tf.reduce_sum(tf.square(tf.gather(w, [0, 2, 0]))) + tf.reduce_sum(u * 3.0)
    grads = tf.gradients(loss, [w, u, z])
    clipped, norm = tf.clip_by_global_norm(grads, 2.0)
    op = tf.train.GradientDescentOptimizer(0.1).apply_gradients(zip(clipped, [w, u, z]))
    n2 = tf.global_norm([None, u])
    c2 = tf.clip_by_norm(grads[0], 1.0)
    c3 = tf.clip_by_global_norm([u, None], 2.0, use_norm=tf.constant(8.0))[0]
    c4 = tf.clip_by_norm(w, 1.0, axes=[1])
    c5 = tf.clip_by_average_norm(u, 0.5)
    c6 = tf.clip_by_value(grads[0], -0.5, 0.5)
    s.values({"norm": norm, "c": clipped, "n2": n2, "c2": c2, "c3": c3[0], "c4": c4, "c5": c5, "c6": c6}, after=[tf.global_variables_initializer()])
    s.values({"w": w, "u": u}, after=[op])
    s.error("not a list", lambda: tf.clip_by_global_norm(u, 2.0))
    s.error("norm not a list", lambda: tf.global_norm(u))


@scenario("decays with tensors and their errors")
def _(s):
    gs = tf.train.get_or_create_global_step()
    a = tf.train.exponential_decay(0.1, gs, 3, 0.5, staircase=True)
    b = tf.train.piecewise_constant(gs, [2, 4], [1.0, 0.5, 0.1])
    c = tf.train.piecewise_constant(tf.cast(gs, tf.float32), [2.0, 4.0], [1.0, 0.5, 0.1])
    d = tf.train.polynomial_decay(tf.constant(0.1, tf.float64), gs, 5, power=2.0)
    e = tf.train.noisy_linear_cosine_decay(0.1, gs, 5, initial_variance=0.0) if False else tf.train.linear_cosine_decay(0.1, gs, 5)
    f = tf.train.piecewise_constant(gs, [2], [1, 5])
    s.error("no step", lambda: tf.train.exponential_decay(0.1, None, 3, 0.5))
    s.error("piecewise types", lambda: tf.train.piecewise_constant(gs, [2.5, 4.0], [1.0, 0.5, 0.1]))
    s.error("piecewise values", lambda: tf.train.piecewise_constant(gs, [2, 4], [1.0, tf.constant(1), 0.1]))
    s.error("piecewise none", lambda: tf.train.piecewise_constant(gs, None, [1.0]))
    s.error("cosine", lambda: tf.train.cosine_decay(0.1, None, 5))
    op = tf.assign_add(gs, 1)
    s.run(tf.global_variables_initializer())
    for _ in range(6):
        s.values({"a": a, "b": b, "c": c, "d": d, "e": e, "f": f})
        s.run(op)


@scenario("learning rates that are callables")
def _(s):
    w = tf.Variable([1.0], name="w")
    v = tf.Variable([1.0], name="v", use_resource=True)
    loss = tf.reduce_sum(w * w * v)
    opt = tf.train.AdamOptimizer(learning_rate=lambda: 0.5, beta1=lambda: 0.8)
    op = opt.minimize(loss)
    op2 = tf.train.MomentumOptimizer(lambda: tf.constant(0.1), lambda: 0.5).minimize(loss)
    s.run(tf.global_variables_initializer())
    s.train(op, {"w": w, "v": v}, 1)
    s.train(op2, {"w": w, "v": v}, 1)


@scenario("random seeds with resource variables and dropout")
def _(s):
    tf.set_random_seed(7)
    v = tf.get_variable("v", [3], initializer=tf.random_normal_initializer(), use_resource=True)
    w = tf.get_variable("w", [3], initializer=tf.truncated_normal_initializer(seed=3), use_resource=True)
    o = tf.get_variable("o", [3, 5], initializer=tf.orthogonal_initializer(seed=1))
    o2 = tf.get_variable("o2", [5, 3], initializer=tf.orthogonal_initializer(gain=2.0))
    o3 = tf.get_variable("o3", [2, 2, 3], initializer=tf.orthogonal_initializer())
    d = tf.nn.dropout(tf.ones([10]), rate=0.5)
    d2 = tf.nn.dropout(tf.ones([10]), keep_prob=0.25, seed=9)
    d3 = tf.nn.dropout(tf.ones([2, 4]), rate=0.5, noise_shape=[2, 1])
    kp = tf.placeholder_with_default(0.5, [])
    d4 = tf.nn.dropout(tf.ones([4]), keep_prob=kp, name="dd")
    g = tf.gradients(d4, kp)
    r = tf.random_uniform([3], 0, 10, dtype=tf.int64)
    m = tf.multinomial(tf.log([[0.2, 0.3, 0.5]]), 5)
    sh = tf.random_shuffle(tf.range(6))
    with tf.Graph().as_default():
        q = tf.random_uniform([2])
    s.values({"v": v, "w": w, "o": o, "o2": o2, "o3": o3}, after=[tf.global_variables_initializer()])
    s.values({"d": d, "d2": d2, "d3": d3, "d4": d4, "r": r, "m": m, "sh": sh})
    s.values({"d": d, "d2": d2, "r": r, "m": m, "sh": sh})


@scenario("gradients colocation of slots and names")
def _(s):
    with tf.device("/job:ps/task:0"):
        w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    with tf.device("/job:ps/task:1"):
        r = tf.get_variable("r", [2], initializer=tf.ones_initializer(), use_resource=True)
    with tf.variable_scope("train"):
        with tf.device("/job:worker"):
            opt = tf.train.RMSPropOptimizer(0.1, momentum=0.9)
            op = opt.minimize(tf.reduce_sum(w * r))
            ema = tf.train.ExponentialMovingAverage(0.5)
            e = ema.apply([w, r])
    s.print([v.name for v in tf.global_variables()])
    s.print([v.device for v in tf.global_variables()])


@scenario("numbers of the whole graph are checked")
def _(s):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.verify_tensor_all_finite(x, "not finite")
    w = tf.log(y)
    z = tf.reduce_sum(w * 2.0)
    op = tf.add_check_numerics_ops()
    s.values({"z": z}, feeds=[(x, [1.0, 2.0])])
    s.run(op, {x: [1.0, 2.0]})
    s.error("log", lambda: s.run(op, {x: [0.0, 1.0]}))
    s.error("verify", lambda: s.run(y, {x: [float("inf"), 1.0]}))
    tf.cond(x[0] > 0.0, lambda: x, lambda: -x)
    s.error("cond", lambda: tf.add_check_numerics_ops())


@scenario("numbers of a network in training are checked")
def _(s):
    x = tf.placeholder(tf.float32, [2, 2], name="x")
    w = tf.get_variable("w", [2, 1], initializer=tf.ones_initializer())
    r = tf.get_variable("r", [1], initializer=tf.zeros_initializer(), use_resource=True)
    tf.cast(tf.constant(3), tf.float64, name="double")
    loss = tf.reduce_mean(tf.log(tf.matmul(x, w) + r), name="loss")
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    checks = tf.add_check_numerics_ops()
    s.run(tf.global_variables_initializer())
    s.run([train, checks], {x: [[1.0, 2.0], [3.0, 4.0]]})
    s.values({"w": w, "r": r})
    s.error("nan", lambda: s.run(checks, {x: [[-1.0, -2.0], [3.0, 4.0]]}))
    s.error("inf", lambda: s.run(checks, {x: [[float("inf"), 2.0], [3.0, 4.0]]}))
    s.error("both", lambda: s.run(checks, {x: [[float("inf"), float("nan")], [3.0, 4.0]]}))
    guarded = tf.check_numerics(loss, "the loss", name="guard")
    with tf.control_dependencies([guarded]):
        safe = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    s.error("guard", lambda: s.run(safe, {x: [[-1.0, -2.0], [3.0, 4.0]]}))
    s.values({"after": w, "r after": r})


@scenario("checks of closeness, integers, ranks and order")
def _(s):
    x = tf.placeholder(tf.float32, [None], name="x")
    u = tf.placeholder(tf.float32, None, name="u")
    near = tf.assert_near(x, [1.0, 2.0])
    near2 = tf.assert_near(x, x * 1.001, rtol=0.01, atol=0.0, message="close", name="n")
    i = tf.assert_integer(tf.constant([1, 2]))
    r = tf.assert_rank_in(x, [1, 2])
    ru = tf.assert_rank_in(u, [0, 1], message="mine")
    nd = tf.is_non_decreasing(x)
    si = tf.is_strictly_increasing(x)
    s.print(tf.assert_same_float_dtype([x, tf.constant(1.0)]))
    s.error("integer", lambda: tf.assert_integer(x))
    s.error("rank", lambda: tf.assert_rank_in(x, [0, 2]))
    s.error("float", lambda: tf.assert_same_float_dtype([tf.constant(1)]))
    s.error("same", lambda: tf.assert_same_float_dtype([x, tf.constant(1.0, tf.float64)]))
    s.values({"nd": nd, "si": si}, feeds=[(x, [1.0, 2.0, 2.0])])
    s.values({"nd": nd, "si": si}, feeds=[(x, [1.0, 2.0, 3.0])])
    s.values({"nd": nd, "si": si}, feeds=[(x, [3.0, 2.0])])
    s.values({"nd": nd, "si": si}, feeds=[(x, [3.0])])
    s.run([near2, i, r, ru], {x: [1.0, 2.0], u: 1.0})
    s.run(near, {x: [1.0, 2.0]})
    s.error("near", lambda: s.run(near, {x: [1.0, 2.1]}))
    s.error("ranks", lambda: s.run(ru, {u: [[1.0]]}))


@scenario("sorting and confusion matrices")
def _(s):
    x = tf.placeholder(tf.float32, [2, 3])
    n = tf.constant([[3, 1, 2], [-5, 7, 0]])
    vals = {
        "sort": tf.sort(x), "desc": tf.sort(x, direction="DESCENDING"), "axis": tf.sort(x, axis=0), "arg": tf.argsort(x),
        "ints": tf.sort(n), "arg0": tf.argsort(n, axis=0, direction="DESCENDING", name="a"),
        "cm": tf.confusion_matrix([1, 2, 4], [2, 2, 4]), "cm5": tf.confusion_matrix([1, 2, 0], [2, 2, 0], num_classes=3),
        "w": tf.math.confusion_matrix([1, 0], [1, 1], weights=[0.5, 2.0], dtype=tf.float32),
    }
    s.error("direction", lambda: tf.sort(x, direction="UP"))
    g = tf.gradients(vals["axis"] * x, x)
    s.values(vals, feeds=[(x, s.data([2, 3]))])
    s.values({"g": g}, feeds=[(x, s.data([2, 3]))])


@scenario("texts in messages are escaped")
def _(s):
    for i, t in enumerate(['q"q', "it's", "a\nb\tc\\d", "ü", "\x01\x7f"]):
        s.error(str(i), lambda: s.run(tf.Assert(tf.constant(False), [tf.constant(t), 1.5])))
