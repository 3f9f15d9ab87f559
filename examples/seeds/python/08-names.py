"""Document 002, "tf.Variable": its first two numbered snippets (names and shapes; the collection of trainables)."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

w1 = tf.Variable(tf.random_normal([784, 200], stddev=0.35), name="weights")
b1 = tf.Variable(tf.zeros([200]), name="biases")
w2 = tf.Variable(tf.random_normal([784, 200], stddev=0.35), name="weights")
b2 = tf.Variable(tf.zeros([200]), name="biases")
print(w1.name, w1.shape)
print(b1.name, b1.shape)
print(w2.name, w2.shape)
print(b2.name, b2.shape)

tf.reset_default_graph()  # added: the next snippet is a program of its own
w1 = tf.Variable(tf.random_normal([784, 200], stddev=0.35), name="weights")
b1 = tf.Variable(tf.zeros([200]), name="biases")
w2 = tf.Variable(tf.random_normal([784, 200], stddev=0.35), name="weights")
b2 = tf.Variable(tf.zeros([200]), name="biases")
print(tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES))
