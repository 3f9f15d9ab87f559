"""Document 002, "a few simple examples": all three (two scopes, reuse=True, reuse=False)."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.set_random_seed(1)  # added: so that the numbers can be compared


def test(b):
    a = tf.get_variable(name='test', shape=[2, 2], initializer=tf.truncated_normal_initializer(stddev=0.02))
    a = tf.matmul(b, a)
    return a


def show(c, d):
    with tf.Session() as sess:
        init = tf.global_variables_initializer()
        sess.run(init)
        print(sess.run(c))
        print(sess.run(d))
    tf.reset_default_graph()  # added: the next snippet is a program of its own
    tf.set_random_seed(1)  # added


with tf.variable_scope('test'):
    b = tf.constant([[1.0, 1.0], [2.0, 2.0]])
    c = test(b)
with tf.variable_scope('test1'):
    d = tf.constant([[1.0, 1.0], [2.0, 2.0]])
    d = test(d)
show(c, d)

with tf.variable_scope('test'):
    b = tf.constant([[1.0, 1.0], [2.0, 2.0]])
    c = test(b)
with tf.variable_scope('test', reuse=True):
    d = tf.constant([[1.0, 1.0], [2.0, 2.0]])
    d = test(d)
show(c, d)

with tf.variable_scope('test'):
    b = tf.constant([[1.0, 1.0], [2.0, 2.0]])
    c = test(b)
try:  # added: this one fails
    with tf.variable_scope('test', reuse=False):
        d = tf.constant([[1.0, 1.0], [2.0, 2.0]])
        d = test(d)
    show(c, d)
except ValueError as error:
    print(f"{type(error).__name__}: {error}")
