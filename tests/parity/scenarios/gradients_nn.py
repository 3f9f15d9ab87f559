"""Gradients of convolutions, pooling and normalization (reference section 20.3)."""

from context import scenario, tf


@scenario("conv2d")
def _(s):
    x = tf.constant(s.data([1, 5, 5, 2]), name="x")
    k = tf.constant(s.data([3, 3, 2, 2], -0.5), name="k")
    a = tf.nn.conv2d(x, k, [1, 1, 1, 1], "SAME")
    b = tf.nn.conv2d(x, k, [1, 1, 1, 1], "VALID")
    c = tf.nn.conv2d(x, k, [1, 2, 2, 1], "SAME", name="strided")
    s.values({"a": a, "b": b, "c": c})
    s.values({"da": tf.gradients(a, [x, k]), "db": tf.gradients(b, [x, k]), "dc": tf.gradients(c, [x, k])})


@scenario("conv2d of an unknown batch")
def _(s):
    x = tf.placeholder(tf.float32, [None, 4, 4, 1], name="x")
    k = tf.constant(s.data([2, 2, 1, 3], -0.5), name="k")
    bias = tf.constant([0.1, 0.2, 0.3], name="bias")
    a = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, k, [1, 2, 2, 1], "SAME"), bias))
    s.values({"a": a, "da": tf.gradients(a, [x, k, bias])}, [(x, s.data([2, 4, 4, 1]))])


@scenario("conv2d with dilation and explicit padding")
def _(s):
    x = tf.constant(s.data([1, 5, 5, 1]), name="x")
    k = tf.constant(s.data([2, 2, 1, 1], -0.5), name="k")
    a = tf.nn.conv2d(x, k, [1, 1, 1, 1], "VALID", dilations=[1, 2, 2, 1])
    b = tf.nn.conv2d(x, k, [1, 1, 1, 1], [[0, 0], [1, 1], [0, 1], [0, 0]])
    tf.gradients(a, [x, k])
    s.values({"a": a, "b": b, "db": tf.gradients(b, [x, k])})


@scenario("depthwise convolution")
def _(s):
    x = tf.constant(s.data([1, 4, 4, 2]), name="x")
    k = tf.constant(s.data([3, 3, 2, 2], -0.5), name="k")
    a = tf.nn.depthwise_conv2d(x, k, [1, 1, 1, 1], "SAME")
    p = tf.constant(s.data([1, 1, 4, 3], -0.5), name="p")
    b = tf.nn.separable_conv2d(x, k, p, [1, 1, 1, 1], "VALID")
    s.values({"a": a, "b": b, "da": tf.gradients(a, [x, k]), "db": tf.gradients(b, [x, k, p])})


@scenario("transposed convolution")
def _(s):
    x = tf.constant(s.data([1, 2, 2, 2]), name="x")
    k = tf.constant(s.data([3, 3, 1, 2], -0.5), name="k")
    a = tf.nn.conv2d_transpose(x, k, [1, 4, 4, 1], [1, 2, 2, 1], padding="SAME")
    s.values({"a": a, "da": tf.gradients(a, [x, k])})


@scenario("pooling")
def _(s):
    x = tf.constant(s.data([1, 4, 4, 2], -1.0, 0.25, 31), name="x")
    a = tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    b = tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    c = tf.nn.max_pool(x, [1, 3, 3, 1], [1, 1, 1, 1], "VALID")
    d = tf.nn.avg_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")
    s.values({"a": a, "b": b, "c": c, "d": d})
    s.values({"da": tf.gradients(a, x), "db": tf.gradients(b, x), "dc": tf.gradients(c, x), "dd": tf.gradients(d, x)})


@scenario("bias_add")
def _(s):
    x = tf.constant(s.data([2, 3]), name="x")
    y = tf.constant(s.data([1, 2, 2, 3]), name="y")
    bias = tf.constant([1.0, 2.0, 3.0], name="bias")
    a = tf.nn.bias_add(x, bias)
    b = tf.nn.bias_add(y, bias)
    c = tf.nn.xw_plus_b(x, tf.constant(s.data([3, 3]), name="w"), bias)
    s.values({"a": a, "b": b, "c": c, "da": tf.gradients(a, [x, bias]), "db": tf.gradients(b, [y, bias])})


@scenario("composite batch normalization")
def _(s):
    x = tf.constant(s.data([4, 2], 0.5), name="x")
    mean, variance = tf.nn.moments(x, [0])
    scale = tf.constant([1.5, 0.5], name="scale")
    offset = tf.constant([0.1, 0.2], name="offset")
    a = tf.nn.batch_normalization(x, mean, variance, offset, scale, 0.001)
    b = tf.nn.batch_normalization(x, mean, variance, None, None, 0.001)
    w = tf.constant(s.data([4, 2]), name="weights")
    s.values({"a": a, "b": b, "da": tf.gradients(a * w, [x, scale, offset])})


@scenario("fused batch normalization")
def _(s):
    x = tf.constant(s.data([2, 2, 2, 3], 0.5), name="x")
    scale = tf.constant([1.5, 0.5, 1.0], name="scale")
    offset = tf.constant([0.1, 0.2, 0.3], name="offset")
    mean = tf.constant([0.1, 0.2, 0.3], name="mean")
    variance = tf.constant([1.0, 2.0, 3.0], name="variance")
    y, batch_mean, batch_variance = tf.nn.fused_batch_norm(x, scale, offset)
    z, same_mean, same_variance = tf.nn.fused_batch_norm(
        x, scale, offset, mean=mean, variance=variance, is_training=False
    )
    w = tf.constant(s.data([2, 2, 2, 3]), name="weights")
    s.values({"y": y, "batch_mean": batch_mean, "batch_variance": batch_variance, "z": z, "same_mean": same_mean, "same_variance": same_variance})
    s.values({"dy": tf.gradients(y * w, [x, scale, offset]), "dz": tf.gradients(z * w, [x, scale, offset])})


@scenario("local response normalization")
def _(s):
    x = tf.constant(s.data([1, 2, 2, 4], 0.5), name="x")
    a = tf.nn.lrn(x, depth_radius=2, bias=1.0, alpha=0.1, beta=0.75)
    s.values({"a": a, "da": tf.gradients(a, x)})


@scenario("embeddings")
def _(s):
    table = tf.Variable(s.data([5, 2]), name="table")
    resource = tf.Variable(s.data([5, 2]), name="resource", use_resource=True)
    ids = tf.constant([[1, 3], [1, 0]], name="ids")
    a = tf.nn.embedding_lookup(table, ids)
    b = tf.nn.embedding_lookup(resource, ids)
    s.values({"a": a, "b": b, "da": tf.gradients(a, table), "db": tf.gradients(b, resource)}, after=[tf.global_variables_initializer()])


@scenario("one_hot and losses by hand")
def _(s):
    labels = tf.one_hot([0, 2, 1], 3)
    other = tf.one_hot([0, 2], 3, on_value=5.0, off_value=-1.0, axis=0)
    x = tf.constant(s.data([3, 3], 0.5), name="x")
    p = tf.nn.softmax(x)
    loss = -tf.reduce_mean(tf.reduce_sum(labels * tf.log(p), axis=1))
    mse = tf.reduce_mean(tf.square(p - labels))
    right = tf.equal(tf.argmax(p, axis=1), tf.argmax(labels, axis=1))
    accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
    s.values({"labels": labels, "other": other, "loss": loss, "mse": mse, "accuracy": accuracy})
    s.values({"dloss": tf.gradients(loss, x), "dmse": tf.gradients(mse, x)})


@scenario("crelu, dropout-free towers and layers by hand")
def _(s):
    x = tf.constant(s.data([2, 3]), name="x")
    a = tf.nn.crelu(x)
    b = tf.nn.relu_layer(x, tf.constant(s.data([3, 2]), name="w"), tf.constant([0.1, 0.2], name="b"))
    s.values({"a": a, "b": b, "da": tf.gradients(a, x), "db": tf.gradients(b, x)})


@scenario("resizing images")
def _(s):
    x = tf.constant(s.data([1, 2, 2, 1]), name="x")
    a = tf.image.resize_nearest_neighbor(x, [4, 4])
    b = tf.image.resize_bilinear(x, [3, 3])
    s.values({"a": a, "b": b, "da": tf.gradients(a, x), "db": tf.gradients(b, x)})
