"""Document 002, "variable_scope and get_variable": conv_relu, my_image_filter, and the second call that is refused."""
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


image1 = tf.placeholder(tf.float32, [1, 10, 10, 32])  # added
image2 = tf.placeholder(tf.float32, [1, 20, 20, 32])  # added
result1 = my_image_filter(image1)
print(result1)  # added
try:  # added
    result2 = my_image_filter(image2)
    # Raises ValueError(... conv1/weights already exists ...)
except ValueError as error:
    print(f"{type(error).__name__}: {error}")
for v in tf.trainable_variables():  # added
    print(v.name)
