"""variable_scope: the table of reference section 8.5 row by row, objects, reuse, errors."""

from context import scenario, tf


def here(s, label: str, vs: tf.VariableScope):
    """Prints the variable scope, its original name scope and where an op lands."""
    op = tf.no_op(name="n")
    s.print([label, vs.name, vs.original_name_scope, op.name])


@scenario("the same scope twice")
def _(s):
    with tf.variable_scope("foo") as a:
        here(s, "first", a)
        v = tf.get_variable("v", [1])
        with tf.variable_scope("bar") as b:
            here(s, "inner", b)
    with tf.variable_scope("foo", reuse=True) as c:
        here(s, "second", c)
        v2 = tf.get_variable("v", [1])
    s.print(v is v2)
    s.print(v2.name)


@scenario("a scope whose name an op took")
def _(s):
    tf.no_op(name="foo")
    with tf.variable_scope("foo") as a:
        here(s, "after an op", a)
        v = tf.get_variable("v", [1])
    s.print(v.name)
    tf.get_variable("bar", [1])
    with tf.variable_scope("bar") as b:
        here(s, "after a variable", b)
        s.print(tf.get_variable("v", [1]).name)


@scenario("a variable scope inside a name scope")
def _(s):
    with tf.name_scope("n"):
        with tf.variable_scope("t") as t:
            here(s, "inside", t)
            s.print(tf.get_variable("v", [1]).name)
            s.print(tf.Variable(0.0, name="w").name)
    with tf.variable_scope("a"):
        with tf.name_scope("n"):
            s.print(tf.get_variable("v", [1]).name)
            s.print(tf.Variable(0.0, name="v").name)


@scenario("default names count")
def _(s):
    for i in range(3):
        with tf.variable_scope(None, "layer") as a:
            here(s, "default", a)
    with tf.variable_scope("layer_3") as b:
        here(s, "given", b)
    with tf.variable_scope(None, "layer") as c:
        here(s, "after layer_3", c)
    with tf.variable_scope("given", "ignored") as d:
        here(s, "both", d)


@scenario("default names and name scopes count apart")
def _(s):
    with tf.name_scope("layer"):
        tf.no_op(name="x")
    with tf.variable_scope(None, "layer") as a:
        here(s, "independent", a)
    with tf.variable_scope(None, "defaultScope1") as b:
        here(s, "1", b)
    with tf.variable_scope(None, "defaultScope") as c:
        here(s, "2", c)
    with tf.variable_scope(None, "defaultScope") as d:
        here(s, "3", d)


@scenario("leaving a scope forgets the counts below it")
def _(s):
    with tf.variable_scope("a"):
        with tf.variable_scope(None, "l") as x:
            here(s, "1", x)
        with tf.variable_scope(None, "l") as y:
            here(s, "2", y)
    with tf.variable_scope("a"):
        with tf.variable_scope(None, "l") as z:
            here(s, "again", z)


@scenario("scope objects are absolute")
def _(s):
    with tf.variable_scope("x"):
        with tf.variable_scope("y") as obj:
            here(s, "first", obj)
    with tf.variable_scope("z"):
        with tf.variable_scope(obj) as again:
            here(s, "in z", again)
            s.print(tf.get_variable("v", [1]).name)
        with tf.variable_scope(obj) as again2:
            here(s, "in z again", again2)
    with tf.variable_scope(obj, "default") as again3:
        here(s, "with a default", again3)


@scenario("a scope object inside itself")
def _(s):
    with tf.variable_scope("outer") as outer:
        with tf.variable_scope(outer) as a:
            here(s, "inside", a)
        with tf.variable_scope(outer) as b:
            here(s, "inside again", b)
            with tf.variable_scope("child") as c:
                here(s, "child", c)


@scenario("the root scope object")
def _(s):
    root = tf.get_variable_scope()
    s.print([root.name, root.original_name_scope, root.reuse])
    with tf.name_scope("n"):
        with tf.variable_scope(root) as a:
            here(s, "in a name scope", a)
    with tf.variable_scope("outer"):
        with tf.variable_scope(root) as b:
            here(s, "in outer", b)
            s.print(tf.get_variable("v", [1]).name)
        with tf.variable_scope(root, auxiliary_name_scope=False) as c:
            here(s, "no name scope", c)


@scenario("auxiliary_name_scope=False")
def _(s):
    with tf.variable_scope("s", auxiliary_name_scope=False) as a:
        here(s, "at the root", a)
        s.print(tf.get_variable("w", [1]).name)
    tf.no_op(name="s")
    with tf.variable_scope("outer"):
        with tf.variable_scope("s", auxiliary_name_scope=False) as b:
            here(s, "in outer", b)
            s.print(tf.get_variable("w", [1]).name)
        with tf.variable_scope(None, "d", auxiliary_name_scope=False) as c:
            here(s, "default", c)
        with tf.variable_scope("sub") as sub:
            here(s, "sub", sub)
    with tf.variable_scope(sub, auxiliary_name_scope=False) as d:
        here(s, "object at the root", d)
        with tf.name_scope(d.original_name_scope):
            here(s, "continued", d)


@scenario("empty scope names")
def _(s):
    with tf.variable_scope("") as a:
        here(s, "root", a)
        s.print(tf.get_variable("v", [1]).name)
    with tf.variable_scope("a"):
        with tf.variable_scope("") as b:
            here(s, "empty in a", b)
            s.print(tf.get_variable("v", [1]).name)
    with tf.variable_scope("outer"):
        with tf.variable_scope(None, "") as c:
            here(s, "empty default", c)
            s.print(tf.get_variable("dummy", [1]).name)


@scenario("re-entering keeps the original name scope")
def _(s):
    with tf.variable_scope("scope1"):
        with tf.variable_scope("tower") as tower:
            here(s, "first", tower)
            tf.get_variable("w", [])
    with tf.variable_scope("scope2"):
        with tf.variable_scope(tower) as again:
            here(s, "again", again)
        with tf.variable_scope(tower, reuse=True) as reused:
            here(s, "reused", reused)
            s.print(tf.get_variable("w", []).name)


@scenario("jumping out keeps the numbering")
def _(s):
    with tf.variable_scope("default") as default:
        with tf.variable_scope(None, "layer") as a:
            here(s, "1", a)
        with tf.variable_scope(None, "layer") as b:
            here(s, "2", b)
        with tf.variable_scope(default):
            with tf.variable_scope(None, "layer") as c:
                here(s, "inside", c)
        with tf.variable_scope(None, "layer") as d:
            here(s, "3", d)
    with tf.variable_scope(default):
        with tf.variable_scope(None, "layer") as e:
            here(s, "4", e)


@scenario("reuse is inherited and never undone")
def _(s):
    with tf.variable_scope("a", reuse=True) as a:
        s.print(a.reuse)
        with tf.variable_scope("b") as b:
            s.print(b.reuse)
        with tf.variable_scope("b", reuse=False) as c:
            s.print(c.reuse)
        with tf.variable_scope("b", reuse=tf.AUTO_REUSE) as d:
            s.print(d.reuse is tf.AUTO_REUSE)
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE) as e:
        s.print(e.reuse is tf.AUTO_REUSE)
        with tf.variable_scope("b", reuse=True) as f:
            s.print(f.reuse)
    with tf.variable_scope("a") as g:
        s.print(g.reuse)
        g.reuse_variables()
        s.print(g.reuse)
        with tf.variable_scope("b") as h:
            s.print(h.reuse)
    with tf.variable_scope("a") as i:
        s.print(i.reuse)


@scenario("reuse through objects")
def _(s):
    with tf.variable_scope("a", reuse=True) as reusing:
        pass
    with tf.variable_scope("b") as plain:
        tf.get_variable("v", [1])
    with tf.variable_scope(reusing) as x:
        s.print(x.reuse)
    with tf.variable_scope(reusing, reuse=False) as y:
        s.print(y.reuse)
    with tf.variable_scope(plain, reuse=True) as z:
        s.print(z.reuse)
        s.print(tf.get_variable("v", [1]).name)
    with tf.variable_scope("c", reuse=True):
        with tf.variable_scope(plain) as w:
            s.print(w.reuse)


@scenario("AUTO_REUSE gets or creates")
def _(s):
    for i in range(3):
        with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
            v = tf.get_variable("v", [2])
            s.print([v.name, tf.square(v).name])
    s.print(len(tf.global_variables()))


@scenario("scope defaults are inherited, except the constraint")
def _(s):
    def clip(x: tf.Tensor):
        return tf.clip_by_value(x, -1.0, 1.0)

    with tf.variable_scope("a", initializer=tf.constant_initializer(0.5), dtype=tf.float64, constraint=clip) as a:
        v = tf.get_variable("v", [2])
        s.print([v.dtype.name, v.constraint is clip])
        with tf.variable_scope("b") as b:
            w = tf.get_variable("w", [2])
            s.print([w.dtype.name, w.constraint is None, b.dtype.name])
        x = tf.get_variable("x", [2], dtype=tf.float32, initializer=tf.zeros_initializer())
        s.print(x.dtype.name)
        a.set_initializer(tf.ones_initializer())
        a.set_dtype(tf.float32)
        y = tf.get_variable("y", [2])
        with tf.variable_scope("c"):
            z = tf.get_variable("z", [2])
    with tf.variable_scope(a):
        u = tf.get_variable("u", [2])
    s.values({"v": v, "w": w, "x": x, "y": y, "z": z, "u": u}, after=[tf.global_variables_initializer()])


@scenario("use_resource of a scope")
def _(s):
    with tf.variable_scope("a", use_resource=True) as a:
        v = tf.get_variable("v", [1])
        w = tf.Variable(1.0, name="w")
        with tf.variable_scope("b"):
            x = tf.get_variable("x", [1])
            y = tf.get_variable("y", [1], use_resource=False)
        a.set_use_resource(False)
        z = tf.get_variable("z", [1])
    for variable in [v, w, x, y, z]:
        s.print(variable.op.type)


@scenario("a scope collects its own variables")
def _(s):
    with tf.variable_scope("a") as a:
        tf.get_variable("v", [1])
        tf.get_variable("w", [1], trainable=False)
        with tf.variable_scope("b"):
            tf.get_variable("x", [1])
        tf.get_local_variable("local", [1])
        s.print([v.name for v in a.trainable_variables()])
        s.print([v.name for v in a.global_variables()])
        s.print([v.name for v in a.local_variables()])
        s.print([v.name for v in a.get_collection("variables")])
    with tf.variable_scope("ab"):
        tf.get_variable("y", [1])
    s.print([v.name for v in a.global_variables()])
    s.print([v.name for v in tf.get_variable_scope().global_variables()])
    s.print([v.name for v in tf.global_variables("a/b")])
    s.print([v.name for v in tf.trainable_variables("ab")])


@scenario("variable_op_scope has another order")
def _(s):
    a = tf.constant(1.0, name="a")
    with tf.variable_op_scope([a], None, "mysum2") as x:
        here(s, "default", x)
        s.print(tf.get_variable("v", [1]).name)
        s.print(tf.Variable([0], name="v2").name)
        tf.add(a, a)
    with tf.variable_op_scope([a], "named", "mysum2") as y:
        here(s, "named", y)


def open_scope(name, default=None, reuse=None, auxiliary_name_scope=True):
    with tf.variable_scope(name, default, reuse=reuse, auxiliary_name_scope=auxiliary_name_scope):
        tf.no_op(name="never")


@scenario("scope errors")
def _(s):
    s.error("no name", lambda: open_scope(None))
    s.error("default with reuse", lambda: open_scope(None, "d", True))
    s.error("default with AUTO_REUSE", lambda: open_scope(None, "d", tf.AUTO_REUSE))
    s.error("reuse yes", lambda: open_scope("a", None, "yes"))
    s.error("a number", lambda: open_scope(3))
    s.error("auxiliary", lambda: open_scope("a", None, None, "x"))
    s.error("bad root name", lambda: open_scope("_"))
    s.error("bad name", lambda: open_scope("a:b"))
    tf.no_op(name="n")


@scenario("scopes must close in order")
def _(s):
    a = tf.variable_scope("a")
    b = tf.variable_scope("b")
    a.__enter__()
    b.__enter__()
    s.error("a before b", lambda: a.__exit__(None, None, None))


@scenario("the seeds' image filter shared by a scope")
def _(s):
    def conv_relu(x: tf.Tensor, kernel_shape: list[int], bias_shape: list[int]):
        weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer(seed=1))
        biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
        conv = tf.nn.conv2d(x, weights, [1, 1, 1, 1], "SAME")
        return tf.nn.relu(conv + biases)

    def image_filter(x: tf.Tensor):
        with tf.variable_scope("conv1"):
            relu1 = conv_relu(x, [5, 5, 1, 4], [4])
        with tf.variable_scope("conv2"):
            return conv_relu(relu1, [5, 5, 4, 2], [2])

    image1 = tf.placeholder(tf.float32, [None, 6, 6, 1], name="image1")
    image2 = tf.placeholder(tf.float32, [None, 6, 6, 1], name="image2")
    with tf.variable_scope("image_filters") as scope:
        result1 = image_filter(image1)
        s.error("under-sharing", lambda: image_filter(image2))
        scope.reuse_variables()
        result2 = image_filter(image2)
    for v in tf.trainable_variables():
        s.print(v)
    s.values(
        {"result1": result1, "result2": result2},
        [(image1, s.data([1, 6, 6, 1])), (image2, s.data([1, 6, 6, 1]))],
        after=[tf.global_variables_initializer()],
    )


@scenario("the seeds' test scope shares in both ways")
def _(s):
    def test(b: tf.Tensor):
        a = tf.get_variable("test", [2, 2], initializer=tf.truncated_normal_initializer(stddev=0.02, seed=4))
        return tf.matmul(b, a)

    with tf.variable_scope("test") as scope:
        b = tf.constant([[1.0, 1.0], [2.0, 2.0]])
        d = tf.constant([[1.0, 1.0], [2.0, 2.0]])
        c = test(b)
        scope.reuse_variables()
        e = test(d)
    with tf.variable_scope("test", reuse=True):
        f = test(b)
    with tf.variable_scope("test1"):
        h = test(d)
    s.values({"c": c, "e": e, "f": f, "h": h}, after=[tf.global_variables_initializer()])
