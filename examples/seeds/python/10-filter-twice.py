"""Document 002, "shared variables": my_image_filter with tf.Variable, and its two calls."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def my_image_filter(input_images):
    conv1_weights = tf.Variable(tf.random_normal([5, 5, 32, 32]),
                                name="conv1_weights")
    conv1_biases = tf.Variable(tf.zeros([32]), name="conv1_biases")
    conv1 = tf.nn.conv2d(input_images, conv1_weights,
                         strides=[1, 1, 1, 1], padding='SAME')
    relu1 = tf.nn.relu(conv1 + conv1_biases)

    conv2_weights = tf.Variable(tf.random_normal([5, 5, 32, 32]),
                                name="conv2_weights")
    conv2_biases = tf.Variable(tf.zeros([32]), name="conv2_biases")
    conv2 = tf.nn.conv2d(relu1, conv2_weights,
                         strides=[1, 1, 1, 1], padding='SAME')
    return tf.nn.relu(conv2 + conv2_biases)


image1 = tf.placeholder(tf.float32, [1, 10, 10, 32])  # added
image2 = tf.placeholder(tf.float32, [1, 20, 20, 32])  # added
try:  # added: the document says that a ValueError follows
    result1 = my_image_filter(image1)
    result2 = my_image_filter(image2)
    print(result1, result2)  # added
except ValueError as error:
    print(f"{type(error).__name__}: {error}")
for v in tf.trainable_variables():  # added
    print(v.name)
