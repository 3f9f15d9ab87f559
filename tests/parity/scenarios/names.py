"""Names: unique names, name scopes, op_scope (reference sections 2 and 3)."""

from context import scenario, tf


@scenario("unique names follow the order of requests")
def _(s):
    for name in ["foo", "foo", "foo_1", "foo_1_2", "foo", "foo_1", "foo_2", "Foo", "FOO", "bar_2", "bar", "bar", "bar"]:
        tf.no_op(name=name)
    g = tf.get_default_graph()
    s.print(g.unique_name("foo", mark_as_used=False))
    s.print(g.unique_name("foo", mark_as_used=False))
    s.print(g.unique_name("foo"))
    s.print(g.unique_name("foo"))
    s.print(g.unique_name("Bar"))
    tf.no_op(name="foo")


@scenario("scope names and op names share one counter")
def _(s):
    tf.no_op(name="x")
    with tf.name_scope("x") as a:
        s.print(a)
        tf.no_op(name="y")
    tf.no_op(name="x")
    with tf.name_scope("z"):
        tf.no_op(name="z")
    tf.no_op(name="z")
    tf.no_op(name="a/b")
    tf.no_op(name="a")
    with tf.name_scope("A") as b:
        s.print(b)
    with tf.name_scope("a/b") as c:
        s.print(c)
        tf.no_op(name="c")


@scenario("a trailing slash makes an absolute name")
def _(s):
    with tf.name_scope("outer"):
        tf.no_op(name="inner/")
        tf.no_op(name="deep/er/")
    s.error("a name that an absolute one took", lambda: tf.no_op(name="inner"))
    tf.no_op(name="inner")
    with tf.name_scope("bar") as first:
        tf.constant(1.0, name=first)
    with tf.name_scope("bar") as second:
        tf.constant(1.0, name=second)
        tf.constant(2.0, name="c")
    s.error("duplicate", lambda: tf.no_op(name="bar/"))


@scenario("name scopes nest, reset and re-enter")
def _(s):
    g = tf.get_default_graph()
    s.print(g.get_name_scope())
    with tf.name_scope("a") as a:
        s.print(a)
        tf.no_op(name="n")
        with tf.name_scope("b") as b:
            s.print(b)
            tf.no_op(name="n")
            s.print(g.get_name_scope())
            with tf.name_scope(None) as none:
                s.print(none)
                tf.no_op(name="n")
            with tf.name_scope("") as empty:
                s.print(empty)
                tf.no_op(name="n")
            with tf.name_scope(a) as again:
                s.print(again)
                tf.no_op(name="n")
                with tf.name_scope("b") as b2:
                    s.print(b2)
                    tf.no_op(name="n")
        with tf.name_scope(b):
            tf.no_op(name="n")
    with tf.name_scope("a") as a2:
        s.print(a2)
        tf.no_op(name="n")
    with tf.name_scope("A") as a3:
        s.print(a3)
        tf.no_op(name="n")


@scenario("odd scope names")
def _(s):
    with tf.name_scope("foo"):
        with tf.name_scope("/") as a:
            s.print(a)
        with tf.name_scope("//") as b:
            s.print(b)
        with tf.name_scope("foo5//") as c:
            s.print(c)
            with tf.name_scope("foo6") as d:
                s.print(d)
        with tf.name_scope("_x") as e:
            s.print(e)
            tf.no_op(name="y")
        with tf.name_scope("-x") as f:
            s.print(f)
            tf.no_op(name="y")
    with tf.name_scope("a//b/c") as h:
        s.print(h)
        tf.no_op(name="y")
    with tf.name_scope("1.2.3-x_y") as i:
        s.print(i)
        tf.no_op(name="y")
    tf.no_op(name=".dot")
    tf.no_op(name="9lives")


def scope_of(name: str):
    with tf.name_scope(name):
        tf.no_op(name="never")


def scope_inside(name: str):
    with tf.name_scope("ok"):
        with tf.name_scope(name):
            tf.no_op(name="never")


@scenario("bad names are refused")
def _(s):
    s.error("scope _x at the root", lambda: scope_of("_x"))
    s.error("scope with a colon", lambda: scope_of("a:b"))
    s.error("scope with a space", lambda: scope_of("a b"))
    s.error("inner scope with a colon", lambda: scope_inside("a:b"))
    s.error("scope -", lambda: scope_of("-"))
    s.error("node _x", lambda: tf.no_op(name="_x"))
    s.error("node with a space", lambda: tf.no_op(name="a b"))
    s.error("node with a colon", lambda: tf.no_op(name="a:0"))
    s.error("node -x", lambda: tf.constant(1.0, name="-x"))
    s.error("scope > at the root", lambda: scope_of(">x"))
    tf.no_op(name="a>b")
    tf.no_op(name="ok")


@scenario("name_scope with a default name and values")
def _(s):
    a = tf.constant(1.0, name="a")
    with tf.name_scope(None, "default", [a]) as d:
        s.print(d)
        tf.identity(a)
    with tf.name_scope("given", "default", [a]) as d2:
        s.print(d2)
        tf.identity(a)
    with tf.name_scope("", "default", [a]) as d3:
        s.print(d3)
        tf.identity(a)
    with tf.name_scope(None, "default") as d4:
        s.print(d4)
        tf.identity(a)

    def neither():
        with tf.name_scope(None, None, [a]):
            pass

    s.error("neither name nor default", neither)


@scenario("op_scope is name_scope with another order")
def _(s):
    a = tf.constant(1.0, name="a")
    with tf.op_scope([a], None, "mysum") as x:
        s.print(x)
        tf.identity(a)
    with tf.op_scope([a], "named", "mysum") as y:
        s.print(y)
        tf.identity(a)


@scenario("composite functions end on the scope's own name")
def _(s):
    a = tf.constant([1.0, 2.0], name="a")
    tf.group(a, name="g")
    tf.tuple([a, a], name="t")
    tf.zeros([2])
    tf.ones([2, 2])
    tf.zeros_like(a)
    tf.ones_like(a)
    tf.fill([2], 3.0)
    tf.zeros([2], name="mine")
    tf.ones([1001])
    tf.zeros([40, 25])
    tf.ones([3], dtype=tf.int32)
    tf.zeros([2], dtype=tf.bool)
    tf.zeros([2], dtype=tf.string)


@scenario("default names of generated ops")
def _(s):
    a = tf.constant([1.0, 2.0])
    b = tf.constant([3.0, 4.0])
    tf.add(a, b)
    tf.add(a, b)
    tf.subtract(a, b)
    tf.multiply(a, b)
    tf.divide(a, b)
    tf.square(a)
    tf.exp(a)
    tf.exp(a, name="e")
    tf.exp(a, name="e")
    tf.add(a, 1.0)
    tf.add(a, 1.0, name="named")
    tf.maximum(a, 0.5)
    tf.identity(a)
    tf.shape(a)
    tf.size(a)
    tf.rank(a)
    tf.cast(a, tf.int32)
    tf.cast(a, tf.float32)
    tf.add_n([a, b])
    tf.no_op()
    tf.stop_gradient(a)
    tf.less(a, b)
    tf.negative(a)


@scenario("the seeds' first experiment: three ways to a name")
def _(s):
    s.print(tf.placeholder(tf.float32, [2, 3, 4]).name)
    s.print(tf.placeholder(tf.float32, [2, 3, 4], name="ph").name)
    s.print(tf.placeholder(tf.float32, [2, 3, 4], name="ph"))
    s.print(tf.Variable([1, 2], dtype=tf.float32).name)
    s.print(tf.Variable([1, 2], dtype=tf.float32, name="V").name)
    s.print(tf.Variable([1, 2], dtype=tf.float32, name="V"))
    s.print(tf.get_variable("gv", []).name)
    s.error("gv again", lambda: tf.get_variable("gv", [2]))
    for v in tf.trainable_variables():
        s.print(v)


@scenario("the seeds' second experiment: name scope and variable scope together")
def _(s):
    with tf.name_scope("nsc1"):
        v1 = tf.Variable([1], name="v1")
        with tf.variable_scope("vsc1"):
            v2 = tf.Variable([1], name="v2")
            v3 = tf.get_variable("v3", [])
    s.print([v1.name, v2.name, v3.name])
    with tf.name_scope("nsc1"):
        v4 = tf.Variable([1], name="v4")
    s.print(v4.name)
    with tf.name_scope("foo"):
        with tf.variable_scope("var_scope"):
            v = tf.get_variable("var", [1])
    with tf.name_scope("bar"):
        with tf.variable_scope("var_scope", reuse=True):
            v_again = tf.get_variable("var", [1])
    s.print(v is v_again)
    s.print([v.name, v_again.name])
    with tf.variable_scope("scope"):
        a = tf.Variable(1, name="a")
        b = tf.get_variable("b", initializer=s.ints(2))
        c = tf.constant(3, name="c")
        with tf.variable_scope("res"):
            d = tf.add(a * b, c, name="res")
    with tf.name_scope("foo2"):
        with tf.variable_scope("bar2"):
            x = tf.get_variable("x", [])
            x2 = tf.square(x**2, name="x2")
    s.print([x.name, x2.name])
    with tf.variable_scope("foo3"):
        y = 1.0 + tf.get_variable("v", [1])
        with tf.name_scope("bar3"):
            z = 1.0 + tf.get_variable("v2", [1])
    s.print([y.op.name, z.op.name])
    s.values({"d": d}, after=[tf.global_variables_initializer()])
