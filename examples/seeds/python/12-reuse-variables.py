"""Document 002, the snippet after the refused call: test() twice in one scope, with scope.reuse_variables()."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.set_random_seed(1)  # added: so that the numbers can be compared


def test(b):
    a = tf.get_variable(name='test', shape=[2, 2], initializer=tf.truncated_normal_initializer(stddev=0.02))
    a = tf.matmul(b, a)
    return a


with tf.variable_scope('test') as scope:
    b = tf.constant([[1.0, 1.0], [2.0, 2.0]])
    d = tf.constant([[1.0, 1.0], [2.0, 2.0]])
    c = test(b)
    scope.reuse_variables()
    d = test(d)

with tf.Session() as sess:
    init = tf.global_variables_initializer()
    sess.run(init)
    print(sess.run(c))
    print(sess.run(d))
