"""Document 001, section 2: its four one-line snippets (my_image_filter, and three ways to share its variables)."""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def conv_relu(input, kernel_shape, bias_shape):
    weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
    biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
    conv = tf.nn.conv2d(input, weights, strides=[1, 1, 1, 1], padding='SAME')
    return tf.nn.relu(conv + biases)


def my_image_filter(input_images):
    with tf.variable_scope("conv1"):
        # Variables created here will be named "conv1/weights", "conv1/biases".
        relu1 = conv_relu(input_images, [5, 5, 1, 32], [32])
    with tf.variable_scope("conv2"):
        # Variables created here will be named "conv2/weights", "conv2/biases".
        return conv_relu(relu1, [5, 5, 32, 32], [32])


def inputs():  # added: each snippet is a program of its own
    tf.reset_default_graph()
    return tf.random_normal([1, 10, 10, 32]), tf.random_normal([1, 20, 20, 32])


def show(*outputs):  # added
    print([v.name for v in tf.trainable_variables()])
    for output in outputs:
        print(output)


input1, input2 = inputs()
with tf.variable_scope("model"):
    output1 = my_image_filter(input1)
with tf.variable_scope("model", reuse=True):
    output2 = my_image_filter(input2)
show(output1, output2)

input1, input2 = inputs()
with tf.variable_scope("model") as scope:
    output1 = my_image_filter(input1)
    scope.reuse_variables()
    output2 = my_image_filter(input2)
show(output1, output2)

input1, input2 = inputs()
with tf.variable_scope("model") as scope:
    output1 = my_image_filter(input1)
with tf.variable_scope(scope, reuse=True):
    output2 = my_image_filter(input2)
show(output1, output2)
