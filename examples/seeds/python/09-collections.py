"""Document 002, "collections": my_local, my_non_trainable, the list without b2, and a collection of one's own."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

my_local = tf.get_variable("my_local", shape=(),
                           collections=[tf.GraphKeys.LOCAL_VARIABLES])
my_non_trainable = tf.get_variable("my_non_trainable",
                                   shape=(),
                                   trainable=False)
print(tf.get_collection(tf.GraphKeys.LOCAL_VARIABLES))  # added
print(tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES))  # added
print(tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES))  # added

tf.add_to_collection("my_collection_name", my_local)
print(tf.get_collection("my_collection_name"))  # added

tf.reset_default_graph()  # added: the next snippet is a program of its own
w1 = tf.Variable(tf.random_normal([784, 200], stddev=0.35), name="weights")
b1 = tf.Variable(tf.zeros([200]), name="biases")
w2 = tf.Variable(tf.random_normal([784, 200], stddev=0.35), name="weights")
b2 = tf.Variable(tf.zeros([200]), name="biases", trainable=False)
print(tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES))
