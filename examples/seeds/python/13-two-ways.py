"""Document 002, "two ways to share": method 1 and method 2."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def conv_relu(input, kernel_shape, bias_shape):
    weights = tf.get_variable("weights", kernel_shape,
                              initializer=tf.random_normal_initializer())
    biases = tf.get_variable("biases", bias_shape,
                             initializer=tf.constant_initializer(0.0))
    conv = tf.nn.conv2d(input, weights,
                        strides=[1, 1, 1, 1], padding='SAME')
    return tf.nn.relu(conv + biases)


def my_image_filter(input_images):
    with tf.variable_scope("conv1"):
        relu1 = conv_relu(input_images, [5, 5, 32, 32], [32])
    with tf.variable_scope("conv2"):
        return conv_relu(relu1, [5, 5, 32, 32], [32])


def inputs():  # added: each method is a program of its own
    tf.reset_default_graph()
    shape = [1, 10, 10, 32]
    return tf.placeholder(tf.float32, shape, "input1"), tf.placeholder(tf.float32, shape, "input2")


def show(*outputs):  # added
    for v in tf.trainable_variables():
        print(v)
    for output in outputs:
        print(output)


input1, input2 = inputs()
with tf.variable_scope("model") as scope:
    output1 = my_image_filter(input1)
    scope.reuse_variables()
    output2 = my_image_filter(input2)
show(output1, output2)

input1, input2 = inputs()
with tf.variable_scope("model"):
    output1 = my_image_filter(input1)
with tf.variable_scope("model", reuse=True):
    output2 = my_image_filter(input2)
show(output1, output2)
