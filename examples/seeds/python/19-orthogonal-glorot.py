"""Document 002, initializers: its snippet of orthogonal_initializer and the two of Glorot."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.set_random_seed(1)  # added: so that the numbers can be compared

init_orthogonal = tf.orthogonal_initializer(gain=1.0, seed=None, dtype=tf.float32)
init_glorot_uniform = tf.glorot_uniform_initializer()
init_glorot_normal = tf.glorot_normal_initializer()
with tf.Session() as sess:
    x = tf.get_variable('x', shape=[4, 4], initializer=init_orthogonal)
    y = tf.get_variable('y', shape=[10], initializer=init_glorot_uniform)
    z = tf.get_variable('z', shape=[10], initializer=init_glorot_normal)
    x.initializer.run()
    y.initializer.run()
    z.initializer.run()
    print(x.eval())
    print(y.eval())
    print(z.eval())
