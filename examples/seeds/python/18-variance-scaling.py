"""Document 002, initializers: its snippet of variance_scaling_initializer."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.set_random_seed(1)  # added: so that the numbers can be compared

init_variance_scaling_normal = tf.variance_scaling_initializer(scale=1.0, mode="fan_in",
                                                               distribution="normal", seed=None, dtype=tf.float32)
init_variance_scaling_uniform = tf.variance_scaling_initializer(scale=1.0, mode="fan_in",
                                                                distribution="uniform", seed=None, dtype=tf.float32)
with tf.Session() as sess:
    x = tf.get_variable('x', shape=[10], initializer=init_variance_scaling_normal)
    y = tf.get_variable('y', shape=[10], initializer=init_variance_scaling_uniform)
    x.initializer.run()
    y.initializer.run()
    print(x.eval())
    print(y.eval())
