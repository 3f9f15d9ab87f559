"""Importing GraphDefs and MetaGraphDefs: names, scopes, devices, input maps, collections, failures (reference section 24)."""

from context import scenario, tf
from google.protobuf import text_format


def parse(text):
    return text_format.Parse(text, tf.GraphDef())


def names(items):
    return [item.name for item in items]


def layer():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.variable_scope("layer"):
        w = tf.get_variable("w", [3, 2], initializer=tf.constant_initializer(0.5))
        b = tf.get_variable("b", [2], initializer=tf.zeros_initializer(), use_resource=True)
    y = tf.nn.relu(tf.matmul(x, w) + b, name="y")
    return x, y


A = 'node { name: "A" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } } '
FLOAT = 'attr { key: "T" value { type: DT_FLOAT } } '


def node(name, op, inputs, rest=""):
    return f'node {{ name: "{name}" op: "{op}" ' + " ".join(f'input: "{i}"' for i in inputs) + f" {rest} }} "


@scenario("a copy under a prefix, twice")
def _(s):
    x, y = layer()
    d = tf.get_default_graph().as_graph_def()
    tf.import_graph_def(d)
    found = tf.import_graph_def(d, return_elements=["x", "y:0", "layer/w"], name="second")
    s.print(names(found))
    with tf.name_scope("outer"):
        s.print(names(tf.import_graph_def(d, return_elements=["y"])))
    s.print(names([tf.placeholder(tf.float32, name="import"), tf.placeholder(tf.float32, name="import/x")]))


@scenario("names that are taken")
def _(s):
    layer()
    d = tf.get_default_graph().as_graph_def()
    s.print(names(tf.import_graph_def(d, name="", return_elements=["x", "layer/w", "layer/w/read", "y:0"])))
    tf.placeholder(tf.float32, name="x")
    tf.import_graph_def(parse(node("layer", "NoOp", []) + node("y", "NoOp", ["^layer"])), name="")
    tf.import_graph_def(parse(node("z", "NoOp", [])), name="layer/")


@scenario("input maps")
def _(s):
    x, y = layer()
    d = tf.get_default_graph().as_graph_def()
    c = tf.constant([[1.0, 2.0, 3.0]], name="c")
    found = tf.import_graph_def(d, {"x:0": c}, ["y:0", "x"], name="mapped")
    s.print(names(found))
    s.print([found[0].shape])
    both = {"x": [[1.0, 1.0, 1.0]], "layer/w/read:0": tf.identity(c, name="e")}
    s.error("shapes", lambda: tf.import_graph_def(d, both, name="values"))
    found = tf.import_graph_def(d, {"x": [[1.0, 1.0, 1.0]]}, ["y:0"], name="values")
    s.print(names(found))
    s.error("value at the root", lambda: tf.import_graph_def(d, {"x": 1.0}, name=""))
    s.error("unknown", lambda: tf.import_graph_def(parse(A), {"Q:0": c}))
    s.error("type", lambda: tf.import_graph_def(d, {"x": tf.constant([[1]])}, name="typed"))


@scenario("scopes around an import")
def _(s):
    text = (
        node("S", "NoOp", [], 'device: "/gpu:0"')
        + node("T", "NoOp", [], 'device: "/cpu:1" attr { key: "_class" value { list { s: "loc:@S" } } }')
        + A
        + node("B", "Identity", ["A", "^S"], FLOAT)
    )
    c = tf.constant(1.0)
    with tf.device("/job:w"), tf.control_dependencies([c]), tf.name_scope("sc"):
        tf.import_graph_def(parse(text))
    with tf.colocate_with(c):
        tf.import_graph_def(parse(A), name="near")


@scenario("older files")
def _(s):
    scalar = 'attr { key: "shape" value { shape { } } }'
    text = 'node { name: "P" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } ' + scalar + " } "
    text += node("M", "MatMul", ["P", "P"], FLOAT) + node("N", "Neg", ["M"], FLOAT)
    tf.import_graph_def(parse(text + "versions { producer: 15 }"), name="old")
    shapes = 'attr { key: "_output_shapes" value { list { shape { dim { size: 4 } dim { size: -1 } } } } }'
    tf.import_graph_def(parse(A.replace("} } }", "} } " + shapes + "}") + node("B", "Neg", ["A"], FLOAT)), name="shaped")
    s.print([tf.get_default_graph().as_graph_def().versions.producer])
    reordered = node("B", "Neg", ["A"], FLOAT) + A
    tf.import_graph_def(parse(reordered), name="reordered")


@scenario("files that do not fit together")
def _(s):
    cases = {
        "input": A + node("B", "Identity", ["C"], FLOAT),
        "control input": A + node("B", "Identity", ["A", "^C"], FLOAT),
        "order": A + node("B", "Identity", ["^A", "A"], FLOAT),
        "twice": A + A,
        "name": 'node { name: "_bad!" op: "NoOp" }',
        "no op": 'node { name: "x" }',
        "output": A + node("B", "Identity", ["A:3"], FLOAT),
        "negative output": A + node("B", "Identity", ["A:-1"], FLOAT),
        "type": A + node("B", "Identity", ["A"], 'attr { key: "T" value { type: DT_INT32 } }'),
        "attribute": A + node("B", "Identity", ["A"]),
        "kind": 'node { name: "A" op: "Placeholder" attr { key: "dtype" value { i: 1 } } }',
        "allowed": A.replace("FLOAT", "STRING") + node("B", "Acos", ["A"], FLOAT.replace("FLOAT", "STRING")),
        "padding": A + node("B", "MaxPool", ["A"], FLOAT + 'attr { key: "padding" value { s: "FULL" } } attr { key: "ksize" value { list { i: [1, 1, 1, 1] } } } attr { key: "strides" value { list { i: [1, 1, 1, 1] } } }'),
        "few": node("B", "Identity", [], FLOAT),
        "many": A + node("B", "Identity", ["A", "A"], FLOAT),
        "cycle": node("B", "Identity", ["C"], FLOAT) + node("C", "Identity", ["B"], FLOAT),
        "back edge": node("B", "Add", ["A", "C"], FLOAT) + A + node("C", "NextIteration", ["B"], FLOAT),
        "colocation": A + node("B", "Identity", ["A"], FLOAT + 'attr { key: "_class" value { list { s: "loc:@Z" } } }'),
        "consumer": "versions { producer: 2474 min_consumer: 99999 }",
        "bad consumer": "versions { producer: 10 bad_consumers: 2474 }",
        "producer": "versions { producer: -1 }",
    }
    for name, text in cases.items():
        s.error(name, lambda t=text: tf.import_graph_def(parse(t)))
    for element in ["Z", "Z:0", "A:2", "A:x", "A:1:2"]:
        s.error(f"return {element}", lambda e=element: tf.import_graph_def(parse(A), return_elements=[e]))
    s.error("no GraphDef", lambda: tf.import_graph_def(5))


@scenario("a meta graph goes on training")
def _(s):
    x, y = layer()
    flag = tf.placeholder(tf.bool, [], name="flag")
    z = tf.cond(flag, lambda: y * 2.0, lambda: tf.zeros([1, 2]))
    loss = tf.reduce_mean(tf.square(z), name="loss")
    step = tf.train.create_global_step()
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, global_step=step, name="train")
    tf.add_to_collection("losses", loss)
    tf.add_to_collection("nums", 3)
    meta = tf.train.export_meta_graph()
    s.print(sorted(meta.collection_def.keys()))
    tf.train.import_meta_graph(meta, import_scope="copy")
    g = tf.get_default_graph()
    s.print(names(tf.global_variables()))
    s.print([v.dtype.name for v in tf.trainable_variables()])
    again = g.get_operation_by_name("copy/train")
    feeds = [(x, [[1.0, 2.0, 3.0]]), (flag, True), ("copy/x:0", [[1.0, 2.0, 3.0]]), ("copy/flag:0", True)]
    s.run(tf.global_variables_initializer())
    s.train([train, again], {"loss": loss, "copy": g.get_tensor_by_name("copy/loss:0")}, 3, feeds)
    s.values({"w": "layer/w/read:0", "copy": "copy/layer/w/read:0", "step": "copy/global_step:0"})
    grads = tf.gradients(g.get_tensor_by_name("copy/loss:0"), [tf.trainable_variables()[-1]])
    s.values({"grad": grads[0]}, feeds)


@scenario("a scope is exported and imported elsewhere")
def _(s):
    c = tf.constant(2.0, name="c")
    with tf.name_scope("part"):
        v = tf.Variable([1.0, 2.0], name="v")
        y = tf.multiply(v, c, name="y")
    meta = tf.train.export_meta_graph(export_scope="part")
    s.print([n.name for n in meta.graph_def.node])
    s.print([list(n.input) for n in meta.graph_def.node])
    s.error("unbound", lambda: tf.train.import_meta_graph(meta, import_scope="new"))
    tf.train.import_meta_graph(meta, import_scope="new", input_map={"$unbound_inputs_c": c})
    s.print(names(tf.global_variables()))
    s.run(tf.global_variables_initializer())
    s.values({"y": y, "new": "new/y:0"})
