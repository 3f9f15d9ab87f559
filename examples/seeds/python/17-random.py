"""Document 002, initializers: its snippets of the two normal ones, random_uniform and uniform_unit_scaling."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.set_random_seed(1)  # added: so that the numbers can be compared

init_random = tf.random_normal_initializer(mean=0.0, stddev=1.0, seed=None, dtype=tf.float32)
init_truncated = tf.truncated_normal_initializer(mean=0.0, stddev=1.0, seed=None, dtype=tf.float32)
with tf.Session() as sess:
    x = tf.get_variable('x', shape=[10], initializer=init_random)
    y = tf.get_variable('y', shape=[10], initializer=init_truncated)
    x.initializer.run()
    y.initializer.run()
    print(x.eval())
    print(y.eval())

tf.reset_default_graph()  # added: the next snippet is a program of its own
tf.set_random_seed(1)  # added
init_uniform = tf.random_uniform_initializer(minval=0, maxval=10, seed=None, dtype=tf.float32)
with tf.Session() as sess:
    x = tf.get_variable('x', shape=[10], initializer=init_uniform)
    x.initializer.run()
    print(x.eval())

tf.reset_default_graph()  # added
tf.set_random_seed(1)  # added
init_uniform_unit = tf.uniform_unit_scaling_initializer(factor=1.0, seed=None, dtype=tf.float32)
with tf.Session() as sess:
    x = tf.get_variable('x', shape=[10], initializer=init_uniform_unit)
    x.initializer.run()
    print(x.eval())
