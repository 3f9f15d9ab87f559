"""Whole models: sharing, two optimizers, batch normalization, the seeds' networks."""

from typing import Callable

from context import scenario, tf


def dense(x: tf.Tensor, units: int, name: str, activation: Callable[[tf.Tensor], tf.Tensor] | None = None):
    """A fully connected layer by hand."""
    with tf.variable_scope(name):
        w = tf.get_variable("w", [x.shape.as_list()[1], units], initializer=tf.glorot_uniform_initializer())
        b = tf.get_variable("b", [units], initializer=tf.zeros_initializer())
        y = tf.matmul(x, w) + b
        return y if activation is None else activation(y)


def discriminator(x: tf.Tensor, reuse: bool | None = None):
    with tf.variable_scope("discriminator", reuse=reuse):
        h = dense(x, 4, "hidden", tf.nn.relu)
        return dense(h, 1, "logits")


def generator(z: tf.Tensor):
    with tf.variable_scope("generator"):
        h = dense(z, 4, "hidden", tf.nn.relu)
        return dense(h, 2, "out", tf.tanh)


def sigmoid_loss(logits: tf.Tensor, value: int):
    labels = tf.ones_like(logits) if value == 1 else tf.zeros_like(logits)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


@scenario("a GAN with a shared discriminator")
def _(s):
    tf.set_random_seed(1)
    real = tf.placeholder(tf.float32, [None, 2], name="real")
    z = tf.placeholder(tf.float32, [None, 3], name="z")
    fake = generator(z)
    on_real = discriminator(real)
    on_fake = discriminator(fake, True)
    loss_d = sigmoid_loss(on_real, 1) + sigmoid_loss(on_fake, 0)
    loss_g = sigmoid_loss(on_fake, 1)
    vars_d = tf.trainable_variables("discriminator")
    vars_g = tf.trainable_variables("generator")
    s.print([v.name for v in vars_d])
    s.print([v.name for v in vars_g])
    train_d = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(loss_d, var_list=vars_d)
    train_g = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(loss_g, var_list=vars_g)
    s.run(tf.global_variables_initializer())
    feeds = [(real, s.data([4, 2])), (z, s.data([4, 3], 0.5))]
    for step in range(3):
        s.train(train_d, {"loss_d": loss_d, "loss_g": loss_g}, 1, feeds)
        s.train(train_g, {"loss_d": loss_d, "loss_g": loss_g, "variables": [vars_d, vars_g]}, 1, feeds)


@scenario("a GAN that forgets reuse")
def _(s):
    real = tf.placeholder(tf.float32, [None, 2], name="real")
    discriminator(real)
    s.error("forgotten", lambda: discriminator(real))
    s.error("misnamed", lambda: dense(real, 4, "discriminator/hidden", tf.nn.relu))


@scenario("a siamese network with a contrastive loss")
def _(s):
    tf.set_random_seed(2)
    left = tf.placeholder(tf.float32, [None, 3], name="left")
    right = tf.placeholder(tf.float32, [None, 3], name="right")
    same = tf.placeholder(tf.float32, [None], name="same")

    def embed(x: tf.Tensor):
        return dense(dense(x, 4, "fc1", tf.nn.relu), 2, "fc2")

    with tf.variable_scope("siamese") as scope:
        a = embed(left)
        scope.reuse_variables()
        b = embed(right)
    distance = tf.sqrt(tf.reduce_sum(tf.square(a - b), 1) + 1e-6)
    loss = tf.reduce_mean(same * tf.square(distance) + (1.0 - same) * tf.square(tf.maximum(1.0 - distance, 0.0)))
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    s.print([v.name for v in tf.trainable_variables()])
    s.run(tf.global_variables_initializer())
    feeds = [(left, s.data([3, 3])), (right, s.data([3, 3], 0.5)), (same, [1.0, 0.0, 1.0])]
    s.train(train, {"loss": loss, "distance": distance}, 3, feeds)


@scenario("composite batch normalization with moving averages")
def _(s):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    with tf.variable_scope("bn"):
        gamma = tf.get_variable("gamma", [3], initializer=tf.ones_initializer())
        beta = tf.get_variable("beta", [3], initializer=tf.zeros_initializer())
        moving_mean = tf.get_variable("moving_mean", [3], initializer=tf.zeros_initializer(), trainable=False)
        moving_variance = tf.get_variable("moving_variance", [3], initializer=tf.ones_initializer(), trainable=False)
        mean, variance = tf.nn.moments(x, [0])
        tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.assign(moving_mean, moving_mean * 0.9 + mean * 0.1))
        tf.add_to_collection(
            tf.GraphKeys.UPDATE_OPS, tf.assign_sub(moving_variance, (moving_variance - variance) * 0.1)
        )
        y = tf.nn.batch_normalization(x, mean, variance, beta, gamma, 0.001)
    loss = tf.reduce_mean(tf.square(y - 1.0))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    s.run(tf.global_variables_initializer())
    s.train(
        train,
        {"loss": loss, "gamma": gamma, "beta": beta, "mean": moving_mean, "variance": moving_variance},
        3,
        [(x, s.data([4, 3], 0.5))],
    )


@scenario("fused batch normalization with moving averages")
def _(s):
    x = tf.placeholder(tf.float32, [None, 2, 2, 2], name="x")
    gamma = tf.get_variable("gamma", [2], initializer=tf.ones_initializer())
    beta = tf.get_variable("beta", [2], initializer=tf.zeros_initializer())
    moving_mean = tf.get_variable("moving_mean", [2], initializer=tf.zeros_initializer(), trainable=False)
    y, mean, variance = tf.nn.fused_batch_norm(x, gamma, beta, epsilon=0.001)
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, moving_mean.assign_sub((moving_mean - mean) * 0.1))
    loss = tf.reduce_mean(tf.square(y - 1.0) * s.data([2, 2, 2]))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    s.run(tf.global_variables_initializer())
    s.train(
        train,
        {"loss": loss, "gamma": gamma, "beta": beta, "mean": moving_mean, "variance": variance},
        3,
        [(x, s.data([2, 2, 2, 2], 0.5))],
    )


@scenario("the seeds' two-layer CNN")
def _(s):
    tf.set_random_seed(3)
    x = tf.placeholder(tf.float32, [None, 8, 8, 1], name="x")
    y = tf.placeholder(tf.float32, [None, 3], name="y")

    def conv_relu(t: tf.Tensor, kernel_shape: list[int], bias_shape: list[int]):
        weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer(stddev=0.1))
        biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
        conv = tf.nn.conv2d(t, weights, [1, 1, 1, 1], "SAME")
        return tf.nn.relu(conv + biases)

    with tf.variable_scope("conv1"):
        pool1 = tf.nn.max_pool(conv_relu(x, [5, 5, 1, 4], [4]), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    with tf.variable_scope("conv2"):
        pool2 = tf.nn.max_pool(conv_relu(pool1, [5, 5, 4, 8], [8]), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    flat = tf.reshape(pool2, [-1, 32])
    logits = dense(flat, 3, "logits")
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    right = tf.equal(tf.argmax(logits, 1), tf.argmax(y, 1))
    accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
    s.run(tf.global_variables_initializer())
    feeds = [(x, s.data([2, 8, 8, 1])), (y, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])]
    s.train(train, {"loss": loss, "logits": logits, "accuracy": accuracy}, 3, feeds)


@scenario("towers share variables and average gradients")
def _(s):
    tf.set_random_seed(4)
    x = tf.placeholder(tf.float32, [4, 3], name="x")
    y = tf.placeholder(tf.float32, [4, 1], name="y")
    xs = tf.split(x, 2)
    ys = tf.split(y, 2)
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    tower_gradients = []
    losses = []
    with tf.variable_scope("", reuse=tf.AUTO_REUSE) as scope:
        for i in range(2):
            with tf.device(f"/device:CPU:{i}"):
                with tf.name_scope(f"tower_{i}"):
                    out = dense(dense(xs[i], 4, "fc1", tf.nn.relu), 1, "fc2")
                    loss = tf.reduce_mean(tf.square(out - ys[i]))
                    losses.append(loss)
                    tower_gradients.append(optimizer.compute_gradients(loss))
    s.print(scope.name)
    average = []
    for i in range(len(tower_gradients[0])):
        both = tf.stack([tower_gradients[0][i][0], tower_gradients[1][i][0]])
        average.append((tf.reduce_mean(both, 0), tower_gradients[0][i][1]))
    train = optimizer.apply_gradients(average)
    s.print([v.name for v in tf.global_variables()])
    s.print(train.name)


@scenario("an autoencoder with tied weights")
def _(s):
    tf.set_random_seed(5)
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    w = tf.get_variable("w", [4, 2])
    b1 = tf.get_variable("b1", [2], initializer=tf.zeros_initializer())
    b2 = tf.get_variable("b2", [4], initializer=tf.zeros_initializer())
    h = tf.sigmoid(tf.matmul(x, w) + b1)
    out = tf.matmul(h, w, transpose_b=True) + b2
    loss = tf.reduce_mean(tf.squared_difference(out, x))
    train = tf.train.RMSPropOptimizer(0.01).minimize(loss)
    s.run(tf.global_variables_initializer())
    s.train(train, {"loss": loss, "w": w}, 3, [(x, s.data([3, 4]))])


@scenario("a recurrent network unrolled with shared weights")
def _(s):
    tf.set_random_seed(6)
    x = tf.placeholder(tf.float32, [None, 3, 2], name="x")
    y = tf.placeholder(tf.float32, [None, 1], name="y")
    state = tf.zeros([tf.shape(x)[0], 4])
    with tf.variable_scope("rnn") as scope:
        for i in range(3):
            if i > 0:
                scope.reuse_variables()
            w = tf.get_variable("w", [6, 4])
            b = tf.get_variable("b", [4], initializer=tf.zeros_initializer())
            state = tf.tanh(tf.matmul(tf.concat([x[:, i], state], 1), w) + b)
    out = dense(state, 1, "out")
    loss = tf.reduce_mean(tf.square(out - y))
    gradients = tf.gradients(loss, tf.trainable_variables())
    clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
    optimizer = tf.train.AdamOptimizer(0.01)
    train = optimizer.apply_gradients(zip(clipped, tf.trainable_variables()))
    s.run(tf.global_variables_initializer())
    s.train(train, {"loss": loss, "norm": norm}, 3, [(x, s.data([2, 3, 2])), (y, [[1.0], [0.0]])])


@scenario("an embedding model with dropout")
def _(s):
    tf.set_random_seed(7)
    ids = tf.placeholder(tf.int32, [None, 2], name="ids")
    y = tf.placeholder(tf.int32, [None], name="y")
    table = tf.get_variable("table", [5, 3], initializer=tf.random_uniform_initializer(-1.0, 1.0))
    x = tf.reshape(tf.nn.embedding_lookup(table, ids), [-1, 6])
    h = tf.nn.dropout(dense(x, 4, "h", tf.nn.relu), keep_prob=0.8)
    logits = dense(h, 2, "logits")
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdagradOptimizer(0.1).minimize(loss)
    s.run(tf.global_variables_initializer())
    feeds = [(ids, [[0, 1], [3, 1], [4, 4]]), (y, [0, 1, 1])]
    s.run(train, feeds)
    s.values({"table": table}, feeds)
    s.values({"loss": loss}, feeds)


@scenario("a model of resource variables")
def _(s):
    tf.set_random_seed(8)
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.placeholder(tf.float32, [None, 1], name="y")
    with tf.variable_scope("net", use_resource=True):
        out = dense(dense(x, 3, "fc1", tf.nn.relu), 1, "fc2")
    loss = tf.reduce_mean(tf.square(out - y))
    step = tf.train.get_or_create_global_step()
    train = tf.train.AdamOptimizer(0.01).minimize(loss, global_step=step)
    s.run(tf.global_variables_initializer())
    s.train(train, {"loss": loss, "step": step}, 3, [(x, s.data([4, 2])), (y, s.data([4, 1]))])
