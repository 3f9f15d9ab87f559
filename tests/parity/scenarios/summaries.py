"""Summaries: names, tags, families, collections, merging (reference section 25)."""

from context import scenario, tf


@scenario("each kind of summary")
def _(s):
    x = tf.placeholder(tf.float32, [2, 4, 4, 1], name="x")
    tf.summary.scalar("loss", tf.reduce_mean(x))
    tf.summary.histogram("values", x)
    tf.summary.image("pictures", x, max_outputs=1)
    tf.summary.audio("sounds", tf.reshape(x, [2, 16]), 8000.0, max_outputs=2)
    tf.summary.text("words", tf.constant(["a", "b"]))
    tf.summary.tensor_summary("tensor", x, summary_description="four by four", display_name="Tensor")
    s.print(tf.summary.merge_all().name)


@scenario("names and tags follow the scopes")
def _(s):
    x = tf.constant(1.0, name="x")
    with tf.name_scope("train"):
        for name, family in [
            ("loss", None),
            ("loss", None),
            ("b", "f"),
            ("b", "f"),
            ("my loss", None),
            ("a/b", "c/d"),
            ("/slash", None),
            ("loss", "loss"),
        ]:
            s.print(tf.summary.scalar(name, x, family=family).name)
    with tf.name_scope("train"):
        s.print(tf.summary.scalar("loss", x).name)
    with tf.variable_scope("train"):
        s.print(tf.summary.scalar("loss", x).name)
    s.print(tf.summary.scalar("train", x).name)
    s.print(tf.summary.scalar("loss: 5%", x).name)
    s.print(tf.summary.histogram(None, x).name)
    s.print(tf.summary.scalar("", x).name)


@scenario("values that are no tensors yet")
def _(s):
    tf.summary.scalar("number", 1.0)
    tf.summary.scalar("whole", s.ints(3))
    tf.summary.histogram("list", [1.0, 2.0])
    v = tf.get_variable("v", [3], initializer=tf.zeros_initializer())
    tf.summary.histogram("variable", v)
    rate = tf.placeholder(tf.float32, [], name="rate")
    tf.summary.audio("sound", [[0.0, 0.5]], rate)


@scenario("collections and merging")
def _(s):
    s.print(tf.summary.merge_all())
    a = tf.summary.scalar("a", 1.0, collections=["mine", "yours"])
    b = tf.summary.scalar("b", 2.0)
    c = tf.summary.histogram("scope/c", [3.0])
    tf.summary.scalar("nowhere", 4.0, collections=[])
    tf.summary.merge([a, b])
    tf.summary.merge([a, b], collections=["merged"], name="named")
    tf.summary.merge([c], name="with space")
    tf.summary.merge([c], name="")
    s.print(tf.summary.merge_all().name)
    s.print(tf.summary.merge_all(key="mine").name)
    s.print(tf.summary.merge_all(scope="scope/", name="some").name)
    s.print(tf.summary.merge_all(scope="other/"))


@scenario("in the graph of the tensor")
def _(s):
    x = tf.constant(1.0)
    with tf.Graph().as_default():
        tf.summary.scalar("x", x)
        s.print(len(tf.get_default_graph().get_operations()))
    tf.summary.merge([tf.get_collection(tf.GraphKeys.SUMMARIES)[0]])


@scenario("refused")
def _(s):
    x = tf.constant(1.0)
    s.error("a bool", lambda: tf.summary.scalar("s", True))
    s.error("a string", lambda: tf.summary.scalar("s", "text"))
    s.error("a list of bools", lambda: tf.summary.histogram("h", tf.constant([True, False])))
    s.error("an image of whole numbers", lambda: tf.summary.image("i", tf.zeros([1, 2, 2, 1], tf.int32)))
    s.error("text that is a number", lambda: tf.summary.text("t", x))
    s.error("nothing to merge", lambda: tf.summary.merge([]))
    s.error("merging numbers", lambda: tf.summary.merge([x]))
    s.error("a name that starts with an underscore", lambda: tf.summary.scalar("_x", x))


@scenario("failing runs")
def _(s):
    x = tf.placeholder(tf.float32, None, name="x")
    scalar = tf.summary.scalar("a", x)
    histogram = tf.summary.histogram("h", x)
    image = tf.summary.image("i", x)
    audio = tf.summary.audio("s", x, 8000.0)
    merged = tf.summary.merge([scalar, scalar])
    s.error("a vector", lambda: s.run(scalar, [(x, [1.0, 2.0])]))
    s.error("NaN", lambda: s.run(histogram, [(x, float("nan"))]))
    s.error("infinity", lambda: s.run(histogram, [(x, float("inf"))]))
    s.error("no image", lambda: s.run(image, [(x, [1.0, 2.0])]))
    s.error("no sound", lambda: s.run(audio, [(x, 1.0)]))
    s.error("the same tag twice", lambda: s.run(merged, [(x, 1.0)]))
