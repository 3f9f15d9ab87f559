"""Document 004, fifth answer, first snippet: op_scope and variable_op_scope."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def mysum(a, b, name=None):
    with tf.op_scope([a, b], name, "mysum") as scope:
        v = tf.get_variable("v", 1)
        v2 = tf.Variable([0], name="v2")
        assert v.name == "v:0", v.name
        assert v2.name == "mysum/v2:0", v2.name
        return tf.add(a, b)


def mysum2(a, b, name=None):
    with tf.variable_op_scope([a, b], name, "mysum2") as scope:
        v = tf.get_variable("v", 1)
        v2 = tf.Variable([0], name="v2")
        assert v.name == "mysum2/v:0", v.name
        assert v2.name == "mysum2/v2:0", v2.name
        return tf.add(a, b)


with tf.Graph().as_default():
    op = mysum(tf.Variable(1), tf.Variable(2))
    op2 = mysum2(tf.Variable(1), tf.Variable(2))
    assert op.name == 'mysum/Add:0', op.name
    assert op2.name == 'mysum2/Add:0', op2.name
    for v in tf.global_variables():  # added
        print(v)
    print(op, op2)  # added
