"""Document 004, last answer: its two snippets (names of ops in a variable scope), and its closing remark."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

with tf.variable_scope("foo"):
    x = 1.0 + tf.get_variable("v", [1])
assert x.op.name == "foo/add"
print(x.op.name)  # added

tf.reset_default_graph()  # added: the next snippet is a program of its own
with tf.variable_scope("foo"):
    with tf.name_scope("bar"):
        v = tf.get_variable("v", [1])
        x = 1.0 + v
assert v.name == "foo/v:0"
assert x.op.name == "foo/bar/add"
print(v.name, x.op.name)  # added

# added: the remark says that a captured scope does not change the name scope of ops
tf.reset_default_graph()
with tf.variable_scope("foo") as foo_scope:
    pass
with tf.name_scope("bar"):
    with tf.variable_scope(foo_scope):
        v = tf.get_variable("v", [1])
        x = 1.0 + v
print(v.name, x.op.name)
