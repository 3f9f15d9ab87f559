"""Document 002, initializers: its snippets of constant_initializer, and of zeros_initializer and ones_initializer."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

value = [0, 1, 2, 3, 4, 5, 6, 7]
init = tf.constant_initializer(value)
with tf.Session() as sess:
    x = tf.get_variable('x', shape=[8], initializer=init)
    x.initializer.run()
    print(x.eval())

tf.reset_default_graph()  # added: the next snippet is a program of its own
init_zeros = tf.zeros_initializer()
init_ones = tf.ones_initializer
with tf.Session() as sess:
    x = tf.get_variable('x', shape=[8], initializer=init_zeros)
    y = tf.get_variable('y', shape=[8], initializer=init_ones)
    x.initializer.run()
    y.initializer.run()
    print(x.eval())
    print(y.eval())
