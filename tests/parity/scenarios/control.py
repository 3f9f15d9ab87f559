"""Control dependencies, devices, colocation, collections, lookups, finalize (reference sections 1, 5 and 6)."""

from context import scenario, tf


@scenario("control dependencies: the domination example")
def _(s):
    a1 = tf.constant(1.0, name="a1")
    a2 = tf.constant(2.0, name="a2")
    a3 = tf.constant(3.0, name="a3")
    a4 = tf.constant(4.0, name="a4")
    with tf.control_dependencies([a1]):
        b1 = tf.multiply(a3, a4, name="b1")
        with tf.control_dependencies([a2]):
            tf.multiply(a3, a4, name="b2")
            tf.multiply(b1, a4, name="b3")
        tf.multiply(a1, b1, name="c1")
        tf.identity(a1, name="i1")
        with tf.control_dependencies([a2]):
            tf.multiply(a1, b1, name="c2")
    tf.multiply(a1, a2, name="outside")


@scenario("control dependencies: constants, None, tensors, ops and variables")
def _(s):
    a = tf.constant(1.0, name="a")
    n = tf.no_op(name="n")
    v = tf.Variable(2.0, name="v")
    r = tf.Variable(2.0, name="r", use_resource=True)
    with tf.control_dependencies([a, n, v, r]):
        tf.constant(3.0, name="const")
        tf.no_op(name="last")
        with tf.control_dependencies(None):
            tf.no_op(name="free")
            with tf.control_dependencies([n]):
                tf.no_op(name="again")
        with tf.control_dependencies([n]):
            tf.no_op(name="no_duplicates")
        with tf.control_dependencies([]):
            tf.no_op(name="empty")
        tf.Variable(5.0, name="inside")
        tf.get_variable("inside_too", [2], initializer=tf.zeros_initializer())
    s.error("a number", lambda: tf.control_dependencies([3]).__enter__())


@scenario("control inputs are sorted in the graph definition")
def _(s):
    z = tf.no_op(name="z")
    b = tf.no_op(name="b")
    m = tf.no_op(name="m")
    with tf.control_dependencies([z, b, m]):
        c = tf.constant(1.0, name="c")
        d = tf.no_op(name="d")
    s.print([o.name for o in d.control_inputs])
    s.print([o.name for o in c.op.control_inputs])


@scenario("assignments ordered by control dependencies")
def _(s):
    v = tf.Variable(1.0, name="v")
    r = tf.Variable(1.0, name="r", use_resource=True)
    with tf.control_dependencies([v.assign_add(1.0), r.assign_add(1.0)]):
        a = tf.identity(v)
        b = v.read_value()
        c = r.read_value()
        d = tf.multiply(r, 10.0)
    with tf.control_dependencies([a, b, c, d]):
        e = v.assign(v * 3.0)
        f = r.assign(r * 3.0, read_value=False)
    with tf.control_dependencies([e, f]):
        g = tf.identity(v)
        h = r.read_value()
    s.values({"a": a, "b": b, "c": c, "d": d, "g": g, "h": h}, after=[tf.global_variables_initializer()])
    s.values({"a": a, "g": g, "h": h})
    s.values({"v": v, "r": r})


@scenario("devices merge field by field")
def _(s):
    with tf.device("/device:GPU:0"):
        tf.no_op(name="gpu")
        with tf.device("/device:CPU:0"):
            tf.no_op(name="cpu")
        with tf.device("/job:worker"):
            tf.no_op(name="job_gpu")
        with tf.device(None):
            tf.no_op(name="none")
        with tf.device(""):
            tf.no_op(name="empty")
    with tf.device("/job:ps/task:3"):
        with tf.device("/gpu:7"):
            tf.no_op(name="legacy")
            with tf.device("/replica:2"):
                tf.no_op(name="replica")
        with tf.device("/job:other"):
            tf.no_op(name="other_job")
        tf.Variable(1.0, name="v")
        tf.get_variable("w", [2, 2])
    with tf.device("/device:GPU:7"):
        with tf.device("/device:GPU:*"):
            tf.no_op(name="star")
    with tf.device("/cpu:0"):
        tf.constant(1.0, name="lower")


@scenario("device functions overwrite")
def _(s):
    def on_gpu_for_const(op):
        return "/device:GPU:1" if op.type == "Const" else "/device:CPU:0"

    with tf.device(on_gpu_for_const):
        tf.constant(1.0, name="c")
        tf.no_op(name="n")
        with tf.device("/device:GPU:5"):
            tf.constant(1.0, name="c2")
    with tf.device("/job:worker/device:GPU:5"):
        with tf.device(on_gpu_for_const):
            tf.constant(1.0, name="c3")


@scenario("colocation")
def _(s):
    g = tf.get_default_graph()
    with tf.device("/device:CPU:3"):
        a = tf.constant(1.0, name="a")
    b = tf.constant(2.0, name="b")
    with g.colocate_with(a.op):
        c = tf.constant(3.0, name="c")
        with tf.device("/device:GPU:0"):
            tf.constant(3.0, name="device_inside")
        with g.colocate_with(b.op):
            tf.constant(4.0, name="both")
        with g.colocate_with(b.op, ignore_existing=True):
            tf.constant(5.0, name="only_b")
    with g.colocate_with(c.op):
        tf.constant(6.0, name="chain")
    v = tf.Variable(1.0, name="v")
    with g.colocate_with(v.op):
        tf.constant(7.0, name="with_v")
        tf.get_variable("w", [2], initializer=tf.zeros_initializer())
    r = tf.Variable(1.0, name="r", use_resource=True)
    with g.colocate_with(r.op):
        tf.constant(8.0, name="with_r")
    s.print(a.op.colocation_groups())
    s.print(c.op.colocation_groups())


@scenario("collections and their scopes")
def _(s):
    a = tf.constant(1.0, name="a")
    with tf.name_scope("scope"):
        b = tf.constant(1.0, name="b")
        op = tf.no_op(name="op")
    with tf.name_scope("my.scope"):
        c = tf.constant(1.0, name="c")
    for item in [a, b, op, c, b]:
        tf.add_to_collection("mine", item)
    tf.add_to_collection("mine", "a string")
    tf.add_to_collections(["one", "two", "one"], a)
    tf.add_to_collections("single", a)
    s.print(len(tf.get_collection("mine")))
    s.print([t.name for t in tf.get_collection("mine", "scope")])
    s.print([t.name for t in tf.get_collection("mine", "cope")])
    s.print([t.name for t in tf.get_collection("mine", "my.sc")])
    s.print([t.name for t in tf.get_collection("mine", ".*/c")])
    s.print([t.name for t in tf.get_collection("mine", "")])
    s.print(len(tf.get_collection("absent")))
    copy = tf.get_collection("one")
    copy.append(b)
    s.print(len(tf.get_collection("one")))
    tf.get_collection_ref("one").append(b)
    s.print(len(tf.get_collection("one")))
    tf.get_default_graph().clear_collection("two")
    s.print(len(tf.get_collection("two")))


@scenario("the values of GraphKeys")
def _(s):
    k = tf.GraphKeys
    for key in [
        k.GLOBAL_VARIABLES,
        k.LOCAL_VARIABLES,
        k.METRIC_VARIABLES,
        k.MODEL_VARIABLES,
        k.TRAINABLE_VARIABLES,
        k.SUMMARIES,
        k.QUEUE_RUNNERS,
        k.TABLE_INITIALIZERS,
        k.ASSET_FILEPATHS,
        k.MOVING_AVERAGE_VARIABLES,
        k.REGULARIZATION_LOSSES,
        k.CONCATENATED_VARIABLES,
        k.SAVERS,
        k.WEIGHTS,
        k.BIASES,
        k.ACTIVATIONS,
        k.UPDATE_OPS,
        k.LOSSES,
        k.SAVEABLE_OBJECTS,
        k.RESOURCES,
        k.LOCAL_RESOURCES,
        k.TRAINABLE_RESOURCE_VARIABLES,
        k.INIT_OP,
        k.LOCAL_INIT_OP,
        k.READY_OP,
        k.READY_FOR_LOCAL_INIT_OP,
        k.SUMMARY_OP,
        k.GLOBAL_STEP,
        k.EVAL_STEP,
        k.TRAIN_OP,
        k.COND_CONTEXT,
        k.WHILE_CONTEXT,
    ]:
        s.print(key)


@scenario("looking things up by name")
def _(s):
    g = tf.get_default_graph()
    a = tf.constant(1.0, name="a")
    tf.no_op(name="n")
    s.print(g.get_tensor_by_name("a:0") is a)
    s.print(g.get_operation_by_name("a") is a.op)
    s.print(g.as_graph_element("a:0") is a)
    s.error("unknown tensor", lambda: g.get_tensor_by_name("foo:0"))
    s.error("index out of range", lambda: g.get_tensor_by_name("a:1"))
    s.error("no outputs", lambda: g.get_tensor_by_name("n:0"))
    s.error("not a tensor name", lambda: g.get_tensor_by_name("a"))
    s.error("invalid op name as tensor", lambda: g.get_tensor_by_name("b"))
    s.error("bad form", lambda: g.get_tensor_by_name("a:0:0"))
    s.error("tensor as op", lambda: g.get_operation_by_name("a:0"))
    s.error("unknown op", lambda: g.get_operation_by_name("foo"))
    s.error("neither allowed", lambda: g.as_graph_element("a", allow_tensor=False, allow_operation=False))
    s.error("a number", lambda: g.as_graph_element(3))
    s.error("attr", lambda: a.op.get_attr("missing"))
    s.print(len(g.get_operations()))


@scenario("tensors of another graph are refused")
def _(s):
    other = tf.Graph()
    with other.as_default():
        b = tf.constant(1.0, name="b")
    a = tf.constant(1.0, name="a")
    s.error("two graphs in one op", lambda: tf.add(a, b))
    s.error("element of another graph", lambda: tf.get_default_graph().as_graph_element(b))

@scenario("default graphs nest")
def _(s):
    first = tf.get_default_graph()
    second = tf.Graph()
    with second.as_default():
        s.print(tf.get_default_graph() is second)
        tf.no_op(name="in_second")
        with first.as_default():
            tf.no_op(name="in_first")
    s.print(tf.get_default_graph() is first)
    s.print([op.name for op in second.get_operations()])
    s.error("reset inside", lambda: tf.reset_default_graph())


@scenario("a finalized graph refuses changes")
def _(s):
    g = tf.get_default_graph()
    a = tf.constant(1.0, name="a")
    s.print(g.finalized)
    g.finalize()
    s.print(g.finalized)
    s.error("new op", lambda: tf.no_op(name="n"))
    s.error("add to collection", lambda: g.add_to_collection("c", a))
    s.error("clear collection", lambda: g.clear_collection("c"))
    s.values({"a": a})


@scenario("gradient override and container")
def _(s):
    g = tf.get_default_graph()
    a = tf.constant(1.0, name="a")
    with g.gradient_override_map({"Square": "MySquare"}):
        tf.square(a)
        tf.exp(a)
    with g.container("box"):
        tf.Variable(1.0, name="v")
        tf.Variable(1.0, name="r", use_resource=True)
    tf.Variable(1.0, name="w")


@scenario("groups and tuples")
def _(s):
    a = tf.constant(1.0, name="a")
    b = tf.constant([2.0], name="b")
    n = tf.no_op(name="n")
    tf.group(a, b, n)
    tf.group(name="nothing")
    tf.group([a, [b]], name="nested")
    with tf.device("/device:CPU:1"):
        c = tf.no_op(name="c")
    with tf.device("/device:CPU:2"):
        d = tf.no_op(name="d")
    tf.group(c, d, a, name="devices")
    x, y = tf.tuple([a, b])
    tf.tuple([a, None, b], name="t", control_inputs=[n])
    s.print([x.name, y.name])
    s.error("not a tensor", lambda: tf.group(3))
    s.error("nothing to join", lambda: tf.tuple([None, None]))


@scenario("operations describe themselves")
def _(s):
    a = tf.placeholder(tf.float32, [None, 3], name="a")
    b = tf.constant(2.0, name="b")
    c = tf.multiply(a, b, name="c")
    d = tf.add(c, c, name="d")
    s.print(c.op.type)
    s.print(c.op.name)
    s.print([t.name for t in c.op.inputs])
    s.print([t.name for t in c.op.outputs])
    s.print([o.name for o in c.consumers()])
    s.print([o.name for o in d.consumers()])
    s.print(c.dtype.name)
    s.print(c.shape)
    s.print(c.device)
    s.print(c.value_index)
