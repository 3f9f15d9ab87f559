"""Document 002, "understanding variable_scope": its four snippets, and its last remark (a variable needs a name)."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

with tf.variable_scope("foo"):
    v = tf.get_variable("v", [1])
assert v.name == "foo/v:0"
print(v.name)  # added

tf.reset_default_graph()  # added: the next snippet is a program of its own
with tf.variable_scope("foo"):
    v = tf.get_variable("v", [1])
with tf.variable_scope("foo", reuse=True):
    v1 = tf.get_variable("v", [1])
assert v1 is v
print(v1.name)  # added

tf.reset_default_graph()  # added
with tf.variable_scope("foo"):
    with tf.variable_scope("bar"):
        v = tf.get_variable("v", [1])
assert v.name == "foo/bar/v:0"
print(v.name)  # added

tf.reset_default_graph()  # added
with tf.variable_scope("foo"):
    v = tf.get_variable("v", [1])
    tf.get_variable_scope().reuse_variables()
    v1 = tf.get_variable("v", [1])
assert v1 is v
print(v1.name)  # added

tf.reset_default_graph()  # added: what the remark seems to have called
try:
    tf.get_variable(tf.truncated_normal([2, 3]))
except ValueError as error:
    print(f"{type(error).__name__}: {error}")
