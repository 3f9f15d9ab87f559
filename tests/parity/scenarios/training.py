"""Learning-rate decays, moving averages and slots (reference section 22)."""

from typing import Callable

from tensorflow.python.training.moving_averages import assign_moving_average

from context import scenario, tf


def over_steps(s, make: Callable[[tf.Tensor], tf.Tensor], steps: list[int]):
    """Records a decayed rate at several steps."""
    step = tf.placeholder_with_default(s.ints(0), [], name="step")
    rate = make(step)
    for value in steps:
        s.values({"rate": rate}, [(step, value)])


@scenario("exponential decay")
def _(s):
    over_steps(s, lambda step: tf.train.exponential_decay(0.1, step, 10, 0.96), [0, 5, 10, 25])


@scenario("staircase exponential decay")
def _(s):
    over_steps(s, lambda step: tf.train.exponential_decay(0.1, step, 10, 0.96, staircase=True), [0, 5, 10, 25])


@scenario("piecewise constant")
def _(s):
    over_steps(s, lambda step: tf.train.piecewise_constant(step, [5, 10], [1.0, 0.5, 0.1]), [0, 5, 6, 10, 11])


@scenario("polynomial decay")
def _(s):
    over_steps(s, lambda step: tf.train.polynomial_decay(0.1, step, 10, end_learning_rate=0.01, power=0.5), [0, 5, 20])


@scenario("cycling polynomial decay")
def _(s):
    over_steps(s, lambda step: tf.train.polynomial_decay(0.1, step, 10, cycle=True), [0, 5, 12])


@scenario("natural exp decay")
def _(s):
    over_steps(s, lambda step: tf.train.natural_exp_decay(0.1, step, 10, 0.5), [0, 5, 12])


@scenario("inverse time decay")
def _(s):
    over_steps(s, lambda step: tf.train.inverse_time_decay(0.1, step, 10, 0.5), [0, 5, 12])


@scenario("staircase inverse time decay")
def _(s):
    over_steps(s, lambda step: tf.train.inverse_time_decay(0.1, step, 10, 0.5, staircase=True), [0, 5, 12])


@scenario("cosine decay")
def _(s):
    over_steps(s, lambda step: tf.train.cosine_decay(0.1, step, 10, alpha=0.1), [0, 5, 20])


@scenario("cosine decay with restarts")
def _(s):
    over_steps(s, lambda step: tf.train.cosine_decay_restarts(0.1, step, 10), [0, 5, 12])


@scenario("linear cosine decay")
def _(s):
    over_steps(s, lambda step: tf.train.linear_cosine_decay(0.1, step, 10), [0, 5, 12])


@scenario("a decayed rate trains")
def _(s):
    w = tf.Variable([1.0, 2.0], name="w")
    step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(0.5, step, 1, 0.5)
    train = tf.train.GradientDescentOptimizer(rate).minimize(tf.reduce_sum(w), global_step=step)
    s.run(tf.global_variables_initializer())
    s.train(train, {"w": w, "rate": rate, "step": step}, 3)


@scenario("moving averages of variables")
def _(s):
    w = tf.Variable([1.0, 2.0], name="w")
    b = tf.get_variable("b", [1], initializer=tf.ones_initializer())
    frozen = tf.Variable(1.0, trainable=False, name="frozen")
    ema = tf.train.ExponentialMovingAverage(0.9)
    update = ema.apply()
    s.print(update.name)
    s.print([ema.average(w).name, ema.average_name(w)])
    s.print(ema.average(frozen))
    s.print(ema.average_name(frozen))
    s.print([v.name for v in tf.moving_average_variables()])
    change = tf.group(w.assign_add([1.0, 1.0]), b.assign([5.0]))
    s.run(tf.global_variables_initializer())
    s.run(change)
    s.train(update, {"w": ema.average(w), "b": ema.average(b)}, 2)


@scenario("moving averages with num_updates")
def _(s):
    w = tf.Variable([1.0, 2.0], name="w")
    step = tf.Variable(3, trainable=False, name="step")
    ema = tf.train.ExponentialMovingAverage(0.99, num_updates=step)
    update = ema.apply([w])
    s.run(tf.global_variables_initializer())
    s.run(w.assign([10.0, 20.0]))
    s.train(update, {"w": ema.average(w)}, 2)


@scenario("moving averages of tensors")
def _(s):
    x = tf.placeholder_with_default([1.0, 2.0], [2], name="x")
    y = tf.multiply(x, 2.0, name="y")
    ema = tf.train.ExponentialMovingAverage(0.5)
    update = ema.apply([y])
    debiased = tf.train.ExponentialMovingAverage(0.5, zero_debias=True, name="debiased")
    update2 = debiased.apply([y])
    s.print([ema.average(y).name, debiased.average(y).name])
    s.run(tf.global_variables_initializer())
    s.train(update, {"average": ema.average(y)}, 2)
    s.train(update2, {"average": debiased.average(y)}, 2, [(x, [4.0, 8.0])])
    s.error("integers", lambda: ema.apply([tf.constant(1, name="i")]))


@scenario("moving averages and training in one op")
def _(s):
    w = tf.Variable([1.0, 2.0], name="w")
    train = tf.train.GradientDescentOptimizer(0.5).minimize(tf.reduce_sum(w))
    ema = tf.train.ExponentialMovingAverage(0.5)
    with tf.control_dependencies([train]):
        update = ema.apply([w])
    restore = ema.variables_to_restore()
    s.print(sorted(restore))
    s.run(tf.global_variables_initializer())
    s.train(update, {"w": w, "average": ema.average(w)}, 3)


@scenario("moving averages of resource variables")
def _(s):
    w = tf.Variable([1.0, 2.0], name="w", use_resource=True)
    ema = tf.train.ExponentialMovingAverage(0.5)
    update = ema.apply([w])
    change = w.assign_add([1.0, 1.0])
    s.run(tf.global_variables_initializer())
    s.run(change)
    s.train(update, {"average": ema.average(w)}, 2)


@scenario("assign_moving_average")
def _(s):
    with tf.variable_scope("model"):
        a = tf.get_variable("a", [2], initializer=tf.zeros_initializer())
        b = tf.get_variable("b", [2], initializer=tf.zeros_initializer())
    value = tf.placeholder_with_default([1.0, 2.0], [2], name="value")
    plain = assign_moving_average(a, value, 0.9, zero_debias=False)
    debiased = assign_moving_average(b, value, 0.9)
    s.run(tf.global_variables_initializer())
    s.train(plain, {"a": a}, 2)
    s.train(debiased, {"b": b}, 2, [(value, [4.0, 8.0])])


@scenario("beta powers of one optimizer are shared")
def _(s):
    w = tf.Variable([1.0], name="w")
    v = tf.Variable([1.0], name="v")
    adam = tf.train.AdamOptimizer(0.1)
    a = adam.minimize(tf.reduce_sum(w), var_list=[w])
    b = adam.minimize(tf.reduce_sum(v), var_list=[v])
    s.print([x.name for x in adam.variables()])
    s.run(tf.global_variables_initializer())
    s.train(a, {"w": w, "v": v}, 1)
    s.train(b, {"w": w, "v": v}, 1)


@scenario("linear regression")
def _(s):
    x = tf.placeholder(tf.float32, [None, 1], name="x")
    y = tf.placeholder(tf.float32, [None, 1], name="y")
    w = tf.Variable(tf.zeros([1, 1]), name="w")
    b = tf.Variable(tf.zeros([1]), name="b")
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    s.run(tf.global_variables_initializer())
    feeds = [(x, [[1.0], [2.0], [3.0]]), (y, [[3.0], [5.0], [7.0]])]
    s.train(train, {"loss": loss, "w": w, "b": b}, 5, feeds)


@scenario("logistic regression with l2 and seeds")
def _(s):
    tf.set_random_seed(42)
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    w = tf.get_variable("w", [3, 2])
    b = tf.get_variable("b", [2], initializer=tf.zeros_initializer())
    logits = tf.matmul(x, w) + b
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(entropy) + 0.01 * tf.nn.l2_loss(w)
    train = tf.train.AdamOptimizer(0.1).minimize(loss)
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))
    s.run(tf.global_variables_initializer())
    feeds = [(x, s.data([4, 3])), (y, [0, 1, 1, 0])]
    s.train(train, {"loss": loss, "w": w, "b": b, "accuracy": accuracy}, 3, feeds)
