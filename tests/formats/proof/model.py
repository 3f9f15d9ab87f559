"""The network of the proof, in TensorFlow: the same as in model.ts. A CNN with batch norm, trained with Adam."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.disable_control_flow_v2()
tf.logging.set_verbosity(tf.logging.ERROR)

# Steps before the checkpoint, and steps in all.
SAVED, STEPS = 6, 16
BATCH = 8


def batch(step):
    """Images [8, 8, 8, 1] and labels [8], of numbers that float32 holds exactly."""
    n, h, w = np.meshgrid(range(BATCH), range(8), range(8), indexing="ij")
    images = ((n * 31 + h * 17 + w * 13 + step * 7 + n * h * w) % 64) / 64
    labels = (np.arange(BATCH) * 5 + step) % 3
    return images.astype(np.float32)[..., np.newaxis], labels.astype(np.int32)


def pattern(shape):
    """Initial weights between -0.25 and 0.25."""
    size = int(np.prod(shape))
    return tf.constant_initializer(((((np.arange(size) * 53) % 97) - 48) / 192).reshape(shape))


def variable(name, shape, initializer, trainable=True):
    return tf.get_variable(name, shape, initializer=initializer, trainable=trainable)


def conv_block(x, channels, training):
    kernel = variable("kernel", [3, 3, int(x.shape[3]), channels], pattern([3, 3, int(x.shape[3]), channels]))
    x = tf.nn.conv2d(x, kernel, [1, 1, 1, 1], "SAME")
    gamma = variable("gamma", [channels], tf.ones_initializer())
    beta = variable("beta", [channels], tf.zeros_initializer())
    moving_mean = variable("moving_mean", [channels], tf.zeros_initializer(), trainable=False)
    moving_variance = variable("moving_variance", [channels], tf.ones_initializer(), trainable=False)
    if training:
        x, mean, variance = tf.nn.fused_batch_norm(x, gamma, beta)
        for moving, now in ((moving_mean, mean), (moving_variance, variance)):
            update = tf.assign_sub(moving, (moving - now) * 0.1)
            tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
    else:
        x, _, _ = tf.nn.fused_batch_norm(
            x, gamma, beta, mean=moving_mean, variance=moving_variance, is_training=False
        )
    return tf.nn.max_pool(tf.nn.relu(x), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")


def network(images, training):
    with tf.variable_scope("conv1"):
        x = conv_block(images, 4, training)
    with tf.variable_scope("conv2"):
        x = conv_block(x, 6, training)
    with tf.variable_scope("dense"):
        x = tf.reshape(x, [-1, 24])
        weights = variable("weights", [24, 3], pattern([24, 3]))
        biases = variable("biases", [3], tf.zeros_initializer())
        return tf.nn.bias_add(tf.matmul(x, weights), biases)


def build(vocabulary):
    """Makes the graph. Tensors and operations that are wanted later are in collections."""
    images = tf.placeholder(tf.float32, [None, 8, 8, 1], name="images")
    labels = tf.placeholder(tf.int32, [None], name="labels")
    with tf.variable_scope("net"):
        trained = network(images, True)
    with tf.variable_scope("net", reuse=True):
        logits = tf.identity(network(images, False), name="logits")
    scores = tf.nn.softmax(logits, name="scores")
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=trained)
    loss = tf.reduce_mean(losses, name="loss")
    step = tf.train.create_global_step()
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.AdamOptimizer(0.01).minimize(loss, global_step=step, name="train")
    tf.add_to_collection("train_op", train)
    # Where the vocabulary is: set by the main op when a SavedModel is loaded.
    asset = tf.constant(vocabulary, name="vocabulary")
    tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
    place = tf.get_variable("vocabulary_path", [], tf.string, initializer=tf.constant_initializer("unset"), trainable=False)
    found = tf.assign(place, asset, name="find_vocabulary")
    tf.identity(place, name="found_vocabulary")
    return {"images": images, "scores": scores, "main_op": found.op, "init": tf.global_variables_initializer()}


def feeds(step):
    images, labels = batch(step)
    return {"images:0": images, "labels:0": labels}


def train(session, steps):
    """The loss at each of the steps."""
    step_op = session.graph.get_collection("train_op")[0]
    return [float(session.run(["loss:0", step_op], feeds(step))[0]) for step in steps]


def scores(session, name="scores:0"):
    return session.run(name, {"images:0": batch(100)[0]}).tolist()
