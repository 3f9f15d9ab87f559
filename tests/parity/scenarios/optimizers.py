"""Optimizers: nodes, slots and three steps of each (reference section 21)."""

from context import scenario, tf


def train_dense(s, optimizer: tf.train.Optimizer, use_resource: bool = False):
    """Three steps of the reference's numeric example: w = [1, 2] with the constant gradient [0.1, -0.2]."""
    w = tf.Variable([1.0, 2.0], name="w", use_resource=use_resource)
    loss = tf.reduce_sum(w * [0.1, -0.2])
    train = optimizer.minimize(loss)
    s.run(tf.global_variables_initializer())
    slots = []
    for name in optimizer.get_slot_names():
        slots.append(optimizer.get_slot(w, name))
    s.print(optimizer.get_name())
    s.print(optimizer.get_slot_names())
    s.print([v.name for v in optimizer.variables()])
    s.train(train, {"w": w, "slots": slots}, 3)


@scenario("gradient descent")
def _(s):
    train_dense(s, tf.train.GradientDescentOptimizer(3.0))


@scenario("momentum")
def _(s):
    train_dense(s, tf.train.MomentumOptimizer(2.0, 0.9))


@scenario("nesterov momentum")
def _(s):
    train_dense(s, tf.train.MomentumOptimizer(2.0, 0.9, use_nesterov=True))


@scenario("adam")
def _(s):
    train_dense(s, tf.train.AdamOptimizer())


@scenario("adam with its own numbers")
def _(s):
    train_dense(s, tf.train.AdamOptimizer(learning_rate=0.1, beta1=0.5, beta2=0.9, epsilon=0.01))


@scenario("rmsprop")
def _(s):
    train_dense(s, tf.train.RMSPropOptimizer(2.0))


@scenario("rmsprop with momentum")
def _(s):
    train_dense(s, tf.train.RMSPropOptimizer(2.0, decay=0.9, momentum=0.5))


@scenario("centered rmsprop")
def _(s):
    train_dense(s, tf.train.RMSPropOptimizer(2.0, decay=0.9, centered=True))


@scenario("adagrad")
def _(s):
    train_dense(s, tf.train.AdagradOptimizer(3.0))


@scenario("adadelta")
def _(s):
    train_dense(s, tf.train.AdadeltaOptimizer(learning_rate=1.0, rho=0.95))


@scenario("ftrl")
def _(s):
    train_dense(s, tf.train.FtrlOptimizer(3.0))


@scenario("ftrl with l1 and l2")
def _(s):
    train_dense(s, tf.train.FtrlOptimizer(3.0, l1_regularization_strength=0.001, l2_regularization_strength=2.0))


@scenario("ftrl with shrinkage")
def _(s):
    train_dense(
        s,
        tf.train.FtrlOptimizer(
            3.0,
            l1_regularization_strength=0.001,
            l2_regularization_strength=2.0,
            l2_shrinkage_regularization_strength=0.1,
        ),
    )


@scenario("proximal gradient descent")
def _(s):
    train_dense(
        s,
        tf.train.ProximalGradientDescentOptimizer(
            3.0, l1_regularization_strength=0.01, l2_regularization_strength=0.02
        ),
    )


@scenario("gradient descent of a resource variable")
def _(s):
    train_dense(s, tf.train.GradientDescentOptimizer(3.0), True)


@scenario("momentum of a resource variable")
def _(s):
    train_dense(s, tf.train.MomentumOptimizer(2.0, 0.9), True)


@scenario("adam of a resource variable")
def _(s):
    train_dense(s, tf.train.AdamOptimizer(), True)


@scenario("rmsprop of a resource variable")
def _(s):
    train_dense(s, tf.train.RMSPropOptimizer(2.0), True)


@scenario("adagrad of a resource variable")
def _(s):
    train_dense(s, tf.train.AdagradOptimizer(3.0), True)


@scenario("ftrl of a resource variable")
def _(s):
    train_dense(s, tf.train.FtrlOptimizer(3.0), True)


@scenario("adadelta of a resource variable")
def _(s):
    train_dense(s, tf.train.AdadeltaOptimizer(learning_rate=1.0, rho=0.95), True)


@scenario("proximal gradient descent of a resource variable")
def _(s):
    train_dense(s, tf.train.ProximalGradientDescentOptimizer(3.0, l1_regularization_strength=0.01), True)


@scenario("centered rmsprop of a resource variable")
def _(s):
    train_dense(s, tf.train.RMSPropOptimizer(2.0, momentum=0.5, centered=True), True)


def train_sparse(s, optimizer: tf.train.Optimizer, use_resource: bool = False):
    """Three steps with gradients of some rows, one of them twice."""
    w = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="w", use_resource=use_resource)
    rows = tf.gather(w, [0, 2, 0])
    loss = tf.reduce_sum(rows * rows)
    train = optimizer.minimize(loss)
    s.run(tf.global_variables_initializer())
    s.train(train, {"w": w, "loss": loss}, 3)


@scenario("sparse gradient descent")
def _(s):
    train_sparse(s, tf.train.GradientDescentOptimizer(0.1))


@scenario("sparse momentum")
def _(s):
    train_sparse(s, tf.train.MomentumOptimizer(0.1, 0.9))


@scenario("sparse adam")
def _(s):
    train_sparse(s, tf.train.AdamOptimizer(learning_rate=0.1))


@scenario("sparse rmsprop")
def _(s):
    train_sparse(s, tf.train.RMSPropOptimizer(0.1))


@scenario("sparse adagrad")
def _(s):
    train_sparse(s, tf.train.AdagradOptimizer(0.1))


@scenario("sparse adadelta")
def _(s):
    train_sparse(s, tf.train.AdadeltaOptimizer(learning_rate=1.0))


@scenario("sparse ftrl")
def _(s):
    train_sparse(s, tf.train.FtrlOptimizer(0.1))


@scenario("sparse proximal gradient descent")
def _(s):
    train_sparse(s, tf.train.ProximalGradientDescentOptimizer(0.1, l1_regularization_strength=0.01))


@scenario("sparse momentum of a resource variable")
def _(s):
    train_sparse(s, tf.train.MomentumOptimizer(0.1, 0.9), True)


@scenario("sparse rmsprop of a resource variable")
def _(s):
    train_sparse(s, tf.train.RMSPropOptimizer(0.1), True)


@scenario("sparse gradient descent of a resource variable")
def _(s):
    train_sparse(s, tf.train.GradientDescentOptimizer(0.1), True)


@scenario("sparse adam of a resource variable")
def _(s):
    train_sparse(s, tf.train.AdamOptimizer(learning_rate=0.1), True)


@scenario("sparse adagrad of a resource variable")
def _(s):
    train_sparse(s, tf.train.AdagradOptimizer(0.1), True)


@scenario("a global step counts")
def _(s):
    w = tf.Variable([1.0, 2.0], name="w")
    step = tf.train.get_or_create_global_step()
    resource_step = tf.Variable(0, name="resource_step", trainable=False, use_resource=True)
    loss = tf.reduce_sum(tf.square(w))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)
    again = tf.train.AdamOptimizer().minimize(loss, global_step=step, name="mine")
    third = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, global_step=resource_step)
    s.print([train.name, again.name, third.name])
    s.run(tf.global_variables_initializer())
    s.train(train, {"w": w, "step": step}, 2)
    s.train(again, {"w": w, "step": step}, 1)
    s.train(third, {"w": w, "step": step, "resource_step": resource_step}, 1)


@scenario("a second adam has its own names")
def _(s):
    w = tf.Variable([1.0, 2.0], name="w")
    b = tf.Variable([1.0], name="b")
    loss = tf.reduce_sum(tf.square(w)) + tf.reduce_sum(b)
    first = tf.train.AdamOptimizer(0.1)
    second = tf.train.AdamOptimizer(0.2)
    train1 = first.minimize(loss)
    train2 = second.minimize(loss)
    train3 = first.minimize(loss)
    s.print([v.name for v in first.variables()])
    s.print([v.name for v in second.variables()])
    s.run(tf.global_variables_initializer())
    for train in [train1, train2, train3]:
        s.train(train, {"w": w, "b": b}, 1)


@scenario("re-entering a scope forgets slot names")
def _(s):
    with tf.variable_scope("foo"):
        w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    loss = tf.reduce_sum(tf.square(w))
    tf.train.AdamOptimizer(0.1).minimize(loss)
    with tf.variable_scope("foo"):
        tf.no_op(name="n")
    s.error("collision", lambda: tf.train.AdamOptimizer(0.1).minimize(loss))


@scenario("optimizers inside scopes")
def _(s):
    with tf.variable_scope("model"):
        w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
        loss = tf.reduce_sum(tf.square(w))
    with tf.name_scope("train"):
        train = tf.train.AdamOptimizer(0.1).minimize(loss)
    with tf.variable_scope("other"):
        train2 = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    s.run(tf.global_variables_initializer())
    s.train(train, {"w": w}, 1)
    s.train(train2, {"w": w}, 1)


@scenario("two losses over two sets of variables")
def _(s):
    with tf.variable_scope("g"):
        g = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    with tf.variable_scope("d"):
        d = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    loss_d = tf.reduce_sum(tf.square(d - g))
    loss_g = tf.reduce_sum(g * d)
    train_d = tf.train.AdamOptimizer(0.1).minimize(loss_d, var_list=tf.trainable_variables("d"))
    train_g = tf.train.AdamOptimizer(0.1).minimize(loss_g, var_list=tf.trainable_variables("g"))
    s.run(tf.global_variables_initializer())
    s.train(train_d, {"d": d, "g": g}, 1)
    s.train(train_g, {"d": d, "g": g}, 1)


@scenario("clipped gradients are applied")
def _(s):
    w = tf.Variable([3.0, 4.0], name="w")
    b = tf.Variable([10.0], name="b")
    unused = tf.Variable([1.0], name="unused")
    loss = tf.reduce_sum(tf.square(w)) + tf.reduce_sum(tf.square(b))
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    grads_and_vars = optimizer.compute_gradients(loss)
    s.print([v.name for _, v in grads_and_vars])
    s.print([g is None for g, _ in grads_and_vars])
    gradients = tf.gradients(loss, [w, b])
    clipped, norm = tf.clip_by_global_norm(gradients, 5.0)
    train = optimizer.apply_gradients([(clipped[0], w), (clipped[1], b), (None, unused)], name="clip")
    s.run(tf.global_variables_initializer())
    s.train(train, {"w": w, "b": b, "norm": norm}, 2)


@scenario("gates of compute_gradients")
def _(s):
    w = tf.Variable([[1.0], [2.0]], name="w")
    b = tf.Variable([1.0], name="b")
    loss = tf.reduce_sum(tf.tanh(tf.matmul([[1.0, 2.0]], w) + b))
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    optimizer.compute_gradients(loss, gate_gradients=tf.train.Optimizer.GATE_NONE)
    optimizer.compute_gradients(loss, gate_gradients=tf.train.Optimizer.GATE_OP)
    optimizer.compute_gradients(loss, gate_gradients=tf.train.Optimizer.GATE_GRAPH)
    optimizer.compute_gradients(loss, grad_loss=tf.constant(2.0))
    optimizer.compute_gradients(loss, colocate_gradients_with_ops=True)
    s.error("gate", lambda: optimizer.compute_gradients(loss, gate_gradients=7))


@scenario("learning rates that are tensors and float64 variables")
def _(s):
    rate = tf.placeholder_with_default(0.5, [], name="rate")
    w = tf.Variable([1.0, 2.0], dtype=tf.float64, name="w")
    v = tf.Variable([1.0, 2.0], name="v")
    loss_w = tf.reduce_sum(tf.square(w))
    loss_v = tf.reduce_sum(tf.square(v))
    train_w = tf.train.AdamOptimizer(0.1).minimize(loss_w, var_list=[w])
    train_v = tf.train.MomentumOptimizer(rate, 0.9).minimize(loss_v, var_list=[v])
    train_d = tf.train.GradientDescentOptimizer(rate).minimize(loss_w, var_list=[w])
    s.run(tf.global_variables_initializer())
    s.train(train_w, {"w": w}, 2)
    s.train(train_v, {"v": v}, 2, [(rate, 0.25)])
    s.train(train_d, {"w": w}, 1)


@scenario("optimizer errors")
def _(s):
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    c = tf.constant(1.0, name="c")
    s.error("no variables", lambda: optimizer.minimize(c))
    w = tf.Variable([1.0], name="w")
    i = tf.Variable([1], name="i")
    s.error("no gradients", lambda: optimizer.minimize(c, var_list=[w]))
    s.error("integers", lambda: optimizer.minimize(c, var_list=[i]))
    s.error("nothing to apply", lambda: optimizer.apply_gradients([]))
    s.error("all none", lambda: optimizer.apply_gradients([(None, w)]))
    s.error("a tensor", lambda: optimizer.minimize(c, var_list=[c]))
    s.error("no name", lambda: tf.train.GradientDescentOptimizer(0.1, name=""))
    s.error("adagrad", lambda: tf.train.AdagradOptimizer(0.1, initial_accumulator_value=-1.0))
    s.error("ftrl power", lambda: tf.train.FtrlOptimizer(0.1, learning_rate_power=1.0))
    s.error("ftrl l1", lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=-1.0))
    train = optimizer.minimize(tf.reduce_sum(w))
    s.error("uninitialized", lambda: s.run(train))
