"""Combinations of features that found mistakes, or might have: scopes, devices, gradients, optimizers, checks."""

from context import scenario, tf


@scenario("reuse with partitioned variables")
def _(s):
    with tf.variable_scope("a", partitioner=tf.fixed_size_partitioner(3)):
        v = tf.get_variable("v", [4], initializer=tf.zeros_initializer())
    with tf.variable_scope("a", reuse=True):
        s.print(tf.get_variable("v", [4]) is v)
        s.print(tf.get_variable("v") is v)
        s.error("shape", lambda: tf.get_variable("v", [5]))
        s.error("dtype", lambda: tf.get_variable("v", [4], dtype=tf.int32))
        s.print(tf.get_variable("v/part_0", [2]).name)
    def reget(**kw):
        with tf.variable_scope("a", **kw):
            return tf.get_variable("v", [4], initializer=tf.zeros_initializer())
    s.error("create", lambda: reget())
    s.error("auto", lambda: reget(reuse=tf.AUTO_REUSE))
    s.error("two", lambda: reget(reuse=True, partitioner=tf.fixed_size_partitioner(2)))
    s.print(reget(reuse=tf.AUTO_REUSE, partitioner=tf.fixed_size_partitioner(3)) is v)
    s.error("creating partitioned again", lambda: reget(partitioner=tf.fixed_size_partitioner(3)))
    w = tf.get_variable("w", [4])
    def unpart():
        with tf.variable_scope("", reuse=tf.AUTO_REUSE, partitioner=tf.fixed_size_partitioner(2)):
            return tf.get_variable("w", [4])
    s.error("unpartitioned", unpart)


@scenario("AUTO_REUSE inside True and back")
def _(s):
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE) as a:
        x = tf.get_variable("x", [1])
        with tf.variable_scope("b", reuse=True) as b:
            s.print(b.reuse)
            s.error("missing", lambda: tf.get_variable("x", [1]))
            with tf.variable_scope("c", reuse=tf.AUTO_REUSE) as c:
                s.print(c.reuse)
                y = tf.get_variable("x", [1])
                with tf.variable_scope("d", reuse=False) as d:
                    s.print(d.reuse)
                    tf.get_variable("x", [1])
                with tf.variable_scope(a) as aa:
                    s.print(aa.reuse)
                    s.print(tf.get_variable("x", [1]) is x)
        with tf.variable_scope("e", reuse=False) as e:
            s.print(e.reuse)
            e.reuse_variables()
            s.print(e.reuse)
            with tf.variable_scope("f") as f:
                s.print(f.reuse)
    with tf.variable_scope(e) as e2:
        s.print(e2.reuse)
    with tf.variable_scope(tf.get_variable_scope(), reuse=True) as r:
        s.print([r.name, r.reuse])
        s.print(tf.get_variable("a/x", [1]) is x)
        with tf.variable_scope(a):
            tf.get_variable("new", [1])
    s.print([v.name for v in tf.global_variables()])


@scenario("captured scopes without auxiliary name scope")
def _(s):
    with tf.variable_scope("a") as a:
        x = tf.constant(1.0, name="x")
        with tf.variable_scope("b") as b:
            y = tf.constant(1.0, name="y")
    with tf.name_scope("n"):
        with tf.variable_scope(a, auxiliary_name_scope=False) as a1:
            tf.constant(1.0, name="x")
            s.print([a1.name, a1.original_name_scope])
            with tf.name_scope(a1.original_name_scope):
                tf.constant(1.0, name="x")
            with tf.variable_scope("c", auxiliary_name_scope=False) as c:
                s.print([c.name, c.original_name_scope])
                tf.get_variable("v", [1], initializer=tf.ones_initializer())
                tf.Variable(1.0, name="u")
        with tf.variable_scope(b, auxiliary_name_scope=False) as b1:
            with tf.name_scope(b1.original_name_scope):
                tf.constant(1.0, name="y")
                with tf.variable_scope("d") as d:
                    s.print([d.name, d.original_name_scope])
                    tf.constant(1.0, name="z")
                with tf.variable_scope(None, "def", auxiliary_name_scope=False) as e:
                    s.print([e.name, e.original_name_scope])
                    tf.constant(1.0, name="z")
                with tf.variable_scope(None, "def", auxiliary_name_scope=False) as e:
                    s.print([e.name, e.original_name_scope])
    with tf.variable_scope(c, auxiliary_name_scope=False) as c1:
        s.print([c1.name, c1.original_name_scope])
    with tf.variable_scope("", auxiliary_name_scope=False) as c1:
        s.print([c1.name, c1.original_name_scope])
        tf.constant(1.0, name="z")


@scenario("templates with custom getters, nested")
def _(s):
    def getter(getter, name, *args, **kwargs):
        s.print(name)
        return 2 * getter(name, *args, **kwargs)
    def f(x, n):
        w = tf.get_variable(n, [2], initializer=tf.ones_initializer())
        return x * w
    t = tf.make_template("t", f, custom_getter_=getter, n="w")
    inner = tf.make_template("inner", f, n="q")
    def g(x):
        return inner(t(x))
    o = tf.make_template("o", g)
    y1 = o(tf.constant([1.0, 2.0]))
    y2 = o(tf.constant([3.0, 4.0]))
    y3 = t(tf.constant([5.0, 6.0]))
    s.print([v.name for v in tf.global_variables()])
    s.print(o.variable_scope_name)
    s.print([v.name for v in o.variables])
    s.print([v.name for v in t.trainable_variables])
    s.print(t.name)
    with tf.variable_scope("sc"):
        y4 = t(tf.constant([5.0, 6.0]))
    t2 = tf.make_template("t", f, unique_name_="uu", n="w")
    with tf.name_scope("nn"):
        y5 = t2(tf.constant([5.0, 6.0]))
    y6 = t2(tf.constant([5.0, 6.0]))
    s.error("unique with create now", lambda: bad())
    s.values({"y1": y1, "y2": y2, "y3": y3, "y4": y4, "y5": y5}, after=[tf.global_variables_initializer()])

def bad():
    def f():
        return tf.get_variable("z", [2], trainable=True)
    t = tf.make_template("t3", f)
    t()
    def g(n):
        return tf.get_variable(n, [2], trainable=True)
    t = tf.make_template("t4", g)
    t("a")
    t("b")


@scenario("scatter functions of resource variables")
def _(s):
    v = tf.get_variable("v", [4], initializer=tf.constant_initializer(2.0), use_resource=True)
    r = tf.get_variable("r", [4], initializer=tf.constant_initializer(2.0), use_resource=False)
    ops = []
    for x in (v, r):
        ops += [tf.scatter_sub(x, [0], [1.0]), tf.scatter_mul(x, [1], [3.0]), tf.scatter_div(x, [2], [4.0]), tf.scatter_max(x, [3], [7.0]), tf.scatter_min(x, [0], [-3.0])]
        ops += [tf.scatter_nd_update(x, [[1]], [5.0]), tf.scatter_nd_add(x, [[2]], [5.0]), tf.scatter_nd_sub(x, [[3]], [5.0])]
        ops += [x.scatter_nd_add([[0]], [2.0]), x.scatter_nd_update([[0]], [2.0]), x.scatter_nd_sub([[0]], [2.0])]
        sl = tf.IndexedSlices(tf.constant([1.0]), tf.constant([1]))
        ops += [x.scatter_add(sl), x.scatter_sub(sl), x.scatter_update(sl), x.batch_scatter_update(sl) if False else x.scatter_max(sl), x.scatter_min(sl), x.scatter_mul(sl), x.scatter_div(sl)]
    s.values({"v": v, "r": r}, after=[tf.global_variables_initializer()] + ops)


@scenario("assignments inside control dependencies of both kinds")
def _(s):
    for use in (False, True):
        v = tf.Variable([1.0, 2.0], name="v", use_resource=use)
        w = tf.Variable([1.0, 2.0], name="w", use_resource=use)
        with tf.control_dependencies([v.assign([5.0, 6.0])]):
            x = w.assign(v * 2.0)
            with tf.control_dependencies([x]):
                y = w + v
                z = w.assign_add(y, use_locking=True)
        s.values({"y": y}, after=[tf.global_variables_initializer()])
        s.values({"w": w}, after=[z])
    with tf.control_dependencies([w, v]):
        tf.no_op(name="n")
    sl = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]), tf.constant([2]))
    with tf.control_dependencies([sl]):
        tf.no_op(name="n2")


@scenario("assigning other shapes and types")
def _(s):
    for use in (False, True):
        v = tf.Variable([1.0, 2.0], name="v", use_resource=use)
        s.error(f"shape {use}", lambda: v.assign([1.0, 2.0, 3.0]))
        s.error(f"dtype {use}", lambda: v.assign(tf.constant([1, 2])))
        s.error(f"add shape {use}", lambda: v.assign_add([1.0, 2.0, 3.0]))
        s.error(f"text {use}", lambda: v.assign(["a", "b"]))
        s.error(f"none {use}", lambda: v.assign(None))
    u = tf.Variable(tf.zeros([2]), validate_shape=False, name="u", use_resource=False)
    s.print(u)
    c = tf.assign(u, [1.0, 2.0, 3.0], validate_shape=False)
    s.values({"c": c}, after=[tf.global_variables_initializer()])
    s.values({"c": u})


@scenario("gradients through cond")
def _(s):
    x = tf.placeholder(tf.float32, [2])
    w = tf.Variable([1.0, 2.0], name="w")
    r = tf.Variable([3.0, 4.0], name="r", use_resource=True)
    p = tf.reduce_sum(x) > 0.0
    y = tf.cond(p, lambda: x * w * r, lambda: tf.square(w) + x)
    z = tf.cond(p, lambda: y * 2.0, lambda: tf.identity(w))
    gx, gw, gr = tf.gradients(z, [x, w, r])
    s.run(tf.global_variables_initializer())
    s.values({"gx": gx, "gw": gw, "gr": gr}, feeds=[(x, [1.0, 2.0])])
    s.values({"gx": gx, "gw": gw, "gr": gr}, feeds=[(x, [-1.0, -2.0])])


@scenario("cond of several outputs and nested")
def _(s):
    a = tf.placeholder(tf.bool, [])
    b = tf.placeholder(tf.bool, [])
    x = tf.constant([1.0, 2.0])
    def inner():
        return tf.cond(b, lambda: x + 1.0, lambda: x - 1.0)
    out = tf.cond(a, lambda: (inner(), tf.constant(1)), lambda: (x, tf.constant(2)))
    g = tf.gradients(out[0], x)[0]
    d = tf.cond(a, lambda: {"p": x}, lambda: {"p": x * 2.0})
    v = tf.Variable(0.0, name="v")
    up = tf.cond(a, lambda: tf.group(v.assign_add(1.0)), lambda: tf.no_op())
    s.run(tf.global_variables_initializer())
    for p in (True, False):
        for q in (True, False):
            s.values({"o": out[0], "n": out[1], "g": g, "d": d["p"]}, feeds=[(a, p), (b, q)])
    s.values({"v": v}, after=[])
    s.run(up, {a: True})
    s.values({"v": v})
    s.run(up, {a: False})
    s.values({"v": v})


@scenario("gradients through where, gather_nd and strided slices")
def _(s):
    x = tf.placeholder(tf.float32, [3, 4])
    c = x > 0.0
    a = tf.where(c, x * 2.0, tf.exp(x))
    b = tf.gather_nd(x, [[0, 1], [2, 3], [0, 1]])
    d = x[::-1, tf.newaxis, 1:4:2]
    e = x[..., -1]
    f = x[-1, ::-2]
    g = x[1:, :2][tf.newaxis, 0]
    h = tf.where(tf.constant([True, False, True]), x, tf.zeros_like(x))
    ys = [a, b, d, e, f, g, h]
    grads = [tf.gradients(y, x)[0] for y in ys]
    both = tf.gradients(ys, x)[0]
    s.values({"g": grads, "b": both, "y": ys}, feeds=[(x, s.data([3, 4]))])


@scenario("gradients of gradients of layers")
def _(s):
    x = tf.placeholder(tf.float32, [2, 3])
    w = tf.get_variable("w", [3, 2], initializer=tf.constant_initializer([0.5, -1.0, 2.0, 0.25, 1.0, -0.5]))
    y = tf.nn.softmax(tf.nn.tanh(tf.matmul(x, w)))
    (g1,) = tf.gradients(tf.reduce_sum(tf.square(y)), [w])
    (g2,) = tf.gradients(tf.reduce_sum(tf.square(g1)), [w])
    sg = tf.gradients(tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones([2, 2]), logits=tf.matmul(x, w)), [x])[0]
    pen = tf.reduce_mean(tf.square(tf.sqrt(tf.reduce_sum(tf.square(sg), axis=1)) - 1.0))
    (g3,) = tf.gradients(pen, [w])
    s.values({"g1": g1, "g2": g2, "g3": g3}, feeds=[(x, s.data([2, 3]))], after=[tf.global_variables_initializer()])


@scenario("colocated gradients under devices")
def _(s):
    with tf.device("/cpu:1"):
        w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    with tf.device(lambda op: "/cpu:2" if op.type == "MatMul" else "/cpu:0"):
        x = tf.constant([[1.0, 2.0]])
        y = tf.matmul(x, tf.reshape(w, [2, 1])) * 2.0
    with tf.device("/job:worker"):
        g = tf.gradients(y, [w], colocate_gradients_with_ops=True, name="g1")
        with tf.device(tf.train.replica_device_setter(ps_tasks=1)) if False else tf.device("/device:CPU:3"):
            g2 = tf.gradients(y, [w, x], colocate_gradients_with_ops=True, gate_gradients=True)
    opt = tf.train.AdamOptimizer(0.1)
    with tf.device("/cpu:3"):
        op = opt.minimize(tf.reduce_sum(y), colocate_gradients_with_ops=True, global_step=tf.train.get_or_create_global_step())
    s.print(opt.get_slot(w, "m").device)


@scenario("device functions and specs")
def _(s):
    seen = []
    def f(op):
        seen.append([op.name, op.device])
        return "/job:ps/task:1" if op.type == "VariableV2" else op.device
    with tf.device("/job:worker/task:3"):
        with tf.device(f):
            with tf.device("/gpu:0"):
                v = tf.get_variable("v", [1])
                c = tf.constant(1.0)
            with tf.device(None):
                d = tf.constant(1.0)
            with tf.device(""):
                e = tf.constant(1.0)
        with tf.colocate_with(v):
            h = tf.constant(2.0)
        with tf.colocate_with(v.op):
            with tf.device("/cpu:2"):
                i = tf.constant(2.0)
        with tf.device("/device:GPU:*"):
            j = tf.no_op()
        with tf.device("gpu:1"):
            k = tf.no_op()
        with tf.device("/replica:2/cpu:0"):
            l = tf.no_op()
    s.print(seen)
    s.print([o.device for o in (v, c, d, e, h, i, j, k, l)])
    s.error("bad", lambda: dev("/foo:1"))
    s.error("bad2", lambda: dev("/cpu:a"))
    s.error("bad3", lambda: dev("cpu:0/cpu:1"))

def dev(name):
    with tf.device(name):
        tf.no_op()


@scenario("names that differ by case")
def _(s):
    with tf.name_scope("Foo"):
        tf.constant(1.0, name="A")
        tf.constant(1.0, name="a")
    with tf.name_scope("foo"):
        tf.constant(1.0, name="A")
    tf.constant(1.0, name="FOO")
    v = tf.get_variable("V", [1])
    w = tf.get_variable("v", [1])
    with tf.variable_scope("foo"):
        tf.get_variable("b", [1])
    with tf.variable_scope("FOO"):
        tf.get_variable("b", [1])
    with tf.variable_scope("v"):
        tf.get_variable("v", [1])
        tf.add(w, w)
    tf.train.GradientDescentOptimizer(0.1, name="v").minimize(tf.reduce_sum(w))
    s.print([x.name for x in tf.global_variables()])


@scenario("groups and tuples under devices")
def _(s):
    with tf.device("/cpu:0"):
        a = tf.constant(1.0)
    with tf.device("/cpu:1"):
        b = tf.constant(2.0)
        n = tf.no_op()
    c = tf.constant(3.0)
    g = tf.group(a, b, c, n, name="g")
    with tf.device("/cpu:2"):
        g2 = tf.group(a, b)
    t = tf.tuple([a, None, b], control_inputs=[n], name="t")
    v = tf.Variable(1.0, name="v")
    t2 = tf.tuple([v, tf.IndexedSlices(a, b)])
    with tf.control_dependencies([v]):
        tf.no_op()
    with tf.control_dependencies([g]):
        with tf.control_dependencies(None):
            with tf.control_dependencies([a]):
                d = tf.identity(b)
    s.values({"t": t, "d": d}, after=[g, g2])


@scenario("a device setter for replicas")
def _(s):
    with tf.device(tf.train.replica_device_setter(ps_tasks=2)):
        a = tf.get_variable("a", [1])
        b = tf.get_variable("b", [1], use_resource=True)
        with tf.device("/cpu:0"):
            c = tf.get_variable("c", [1])
            d = tf.constant(1.0)
        with tf.device("/job:other/task:3"):
            e = tf.get_variable("e", [1])
    with tf.device(tf.train.replica_device_setter(cluster={"ps": ["x:1", "y:2", "z:3"], "worker": ["w:1"]}, worker_device="/job:worker/task:1", ps_strategy=lambda op: 2)):
        f = tf.get_variable("f", [1])
        h = tf.constant(1.0)
    s.print([v.device for v in [a, b, c, d, e, f, h]])
    s.print(tf.train.replica_device_setter())
    spec = tf.DeviceSpec(job="ps", task=1, device_type="gpu", device_index=0)
    s.print(spec.to_string())
    s.print(tf.DeviceSpec.from_string("/job:w/replica:2/device:CPU:*").replace(job="x").to_string())
    with tf.device(spec):
        with tf.device("/task:3"):
            s.print(tf.no_op().device)


@scenario("gradients of more functions, second order")
def _(s):
    x = tf.placeholder(tf.float32, [2, 3])
    fs = [
        lambda t: tf.nn.elu(t),
        lambda t: tf.nn.selu(t),
        lambda t: tf.nn.leaky_relu(t),
        lambda t: tf.erf(t),
        lambda t: tf.atan(t),
        lambda t: tf.sinh(t),
        lambda t: tf.pow(tf.abs(t) + 1.0, t),
        lambda t: tf.maximum(t, t * t),
        lambda t: tf.nn.log_softmax(t),
        lambda t: tf.nn.l2_normalize(t, 1),
        lambda t: tf.cumsum(t * t, 1),
        lambda t: tf.reduce_logsumexp(t, 1),
        lambda t: tf.reduce_prod(t, 1),
        lambda t: tf.norm(t, axis=1),
        lambda t: tf.rsqrt(tf.square(t) + 1.0),
        lambda t: tf.truediv(t, tf.square(t) + 2.0),
        lambda t: tf.expm1(t),
        lambda t: tf.log1p(tf.square(t)),
        lambda t: tf.lgamma(tf.square(t) + 1.0),
        lambda t: tf.atan2(t, t * t + 1.0),
        lambda t: tf.squared_difference(t, tf.sin(t)),
        lambda t: tf.gather(t, [0, 0], axis=1),
        lambda t: tf.reverse(t, [1]),
        lambda t: tf.floormod(t, 0.7),
        lambda t: tf.clip_by_norm(t, 1.0),
        lambda t: tf.matrix_diag(t),
        lambda t: tf.unstack(t, axis=1)[1],
        lambda t: tf.tile(t, [1, 2]),
        lambda t: tf.pad(t, [[1, 0], [0, 1]], "REFLECT"),
        lambda t: tf.nn.moments(t, [0])[1]]
    outs = []
    for f in fs:
        y = f(x)
        (g,) = tf.gradients(tf.reduce_sum(tf.sin(y)), [x])
        (h,) = tf.gradients(tf.reduce_sum(g * g), [x])
        outs.append([g, {} if h is None else h])
    s.values({"o": outs}, feeds=[(x, s.data([2, 3], -0.9, 0.3))])


@scenario("variables and assignments inside conditionals")
def _(s):
    p = tf.placeholder(tf.bool, [])
    outer = tf.Variable(2.0, name="outer")
    res = tf.Variable(3.0, name="res", use_resource=True)
    def yes():
        v = tf.get_variable("inside", [], initializer=tf.ones_initializer())
        w = tf.Variable(5.0, name="plain")
        with tf.control_dependencies([outer.assign_add(1.0), res.assign_add(10.0)]):
            return tf.identity(v + w)
    def no():
        with tf.variable_scope("", reuse=True):
            v = tf.get_variable("inside", [])
        return v * 2.0 + res
    y = tf.cond(p, yes, no, name="c")
    g = tf.gradients(y, [res, tf.global_variables()[2]])
    s.print([v.name for v in tf.global_variables()])
    s.run(tf.global_variables_initializer())
    s.values({"y": y}, feeds=[(p, True)])
    s.values({"o": outer, "r": res})
    s.values({"y": y, "g": g[0]}, feeds=[(p, False)])
    s.values({"o": outer, "r": res})
    s.error("fetch", lambda: s.run(tf.get_default_graph().get_tensor_by_name("c/add:0"), {p: True}))


@scenario("embeddings in parts")
def _(s):
    parts = [tf.constant(s.data([2, 2])), tf.constant(s.data([2, 2], 5.0)), tf.constant(s.data([1, 2], 9.0))]
    ids = tf.constant([[0, 4], [3, 1]])
    vals = {"mod": tf.nn.embedding_lookup(parts, ids), "div": tf.nn.embedding_lookup(parts, ids, partition_strategy="div"), "norm": tf.nn.embedding_lookup(parts, ids, max_norm=1.0)}
    s.values(vals)
    s.error("strategy", lambda: tf.nn.embedding_lookup(parts, ids, partition_strategy="x"))
    s.error("none", lambda: tf.nn.embedding_lookup(None, ids))
