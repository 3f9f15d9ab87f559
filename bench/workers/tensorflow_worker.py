"""The worker for TensorFlow: each work as a graph run by a session (TensorFlow 1), and as a function compiled by XLA."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

from lines import serve, train_checks

threads = int(os.environ["BENCH_THREADS"])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
v1 = tf.compat.v1


def cross_entropy(logits, labels):
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits))


def mlp(v, x):
    hidden = tf.nn.relu(tf.matmul(x["x"], v["w1"]) + v["b1"])
    return cross_entropy(tf.matmul(hidden, v["w2"]) + v["b2"], x["labels"])


def cnn(v, x):
    def layer(x, w, b):
        sums = tf.nn.bias_add(tf.nn.conv2d(x, w, 1, "SAME"), b)
        return tf.nn.max_pool2d(tf.nn.relu(sums), 2, 2, "SAME")

    y = layer(layer(x["x"], v["c1w"], v["c1b"]), v["c2w"], v["c2b"])
    y = tf.nn.relu(tf.matmul(tf.reshape(y, [100, 3136]), v["w3"]) + v["b3"])
    return cross_entropy(tf.matmul(y, v["w4"]) + v["b4"], x["labels"])


def lstm(v, x):
    h = c = tf.zeros([32, 128])
    for part in tf.unstack(x["x"]):
        gates = tf.matmul(tf.concat([part, h], 1), v["w"]) + v["b"]
        add, keep, value, show = tf.split(gates, 4, 1)
        c = c * tf.sigmoid(keep) + tf.sigmoid(add) * tf.tanh(value)
        h = tf.tanh(c) * tf.sigmoid(show)
    return cross_entropy(tf.matmul(h, v["wo"]) + v["bo"], x["labels"])


def resnet(v, x):
    def normalized(x, i):
        sums = tf.nn.conv2d(x, v[f"w{i}"], 1, "SAME")
        scale, offset = v[f"scale{i}"], v[f"offset{i}"]
        return v1.nn.fused_batch_norm(sums, scale, offset, epsilon=0.001)[0]

    return tf.nn.relu(normalized(tf.nn.relu(normalized(x, 1)), 2) + x)


def attention(v, x):
    flat = tf.reshape(x, [1024, 256])
    q, k, val = [
        tf.transpose(tf.reshape(tf.matmul(flat, v[name]), [8, 128, 8, 32]), [0, 2, 1, 3])
        for name in ["wq", "wk", "wv"]
    ]
    weight = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * (32**-0.5))
    seen = tf.transpose(tf.matmul(weight, val), [0, 2, 1, 3])
    return tf.reshape(tf.matmul(tf.reshape(seen, [1024, 256]), v["wo"]), [8, 128, 256])


def gan_losses(v, real, digits, noise):
    grown = tf.reshape(tf.matmul(tf.concat([noise, digits], 1), v["gw1"]), [64, 7, 7, 24])
    mean, variance = tf.nn.moments(grown, [0, 1, 2])
    grown = tf.nn.batch_normalization(grown, mean, variance, v["goffset"], v["gscale"], 1e-5)
    drawn = tf.nn.conv2d_transpose(tf.nn.relu(grown), v["gw2"], [64, 28, 28, 1], 4)

    def judge(images):
        seen = tf.nn.leaky_relu(tf.nn.conv2d(images, v["dw1"], 4, "SAME") + v["db1"])
        logits = tf.matmul(tf.reshape(seen, [-1, 1176]), v["dw2"]) + v["db2"]
        return tf.reduce_sum(logits * digits, 1)

    def loss(logits, label):
        labels = tf.fill([64], label)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))

    judged = judge(tf.sigmoid(drawn + v["gb2"]))
    return loss(judge(real), 0.9) + loss(judged, 0.0), loss(judged, 1.0)


class Session:
    """A graph with variables and placeholders made from arrays, and a session."""

    def __init__(self, read, variables, inputs):
        self.graph = tf.Graph()
        with self.graph.as_default():
            arrays = {name: read(name) for name in variables}
            self.sources = {n: v1.placeholder(tf.float32, a.shape) for n, a in arrays.items()}
            self.v = {n: v1.Variable(source, use_resource=True) for n, source in self.sources.items()}
            self.x, self.feeds = {}, {}
            for name in inputs:
                array = read(name)
                self.x[name] = v1.placeholder(tf.float32, array.shape)
                self.feeds[self.x[name]] = array
        self.arrays = arrays

    def start(self):
        config = v1.ConfigProto(
            intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
        )
        self.session = v1.Session(graph=self.graph, config=config)
        with self.graph.as_default():
            values = {self.sources[name]: array for name, array in self.arrays.items()}
            self.session.run(v1.global_variables_initializer(), values)
        return self.session


def trained_by_session(model, variables, inputs):
    def prepare(read):
        made = Session(read, variables, inputs)
        with made.graph.as_default():
            loss = model(made.v, made.x)
            train = v1.train.AdamOptimizer(0.001).minimize(loss)
        session = made.start()
        checks = train_checks(lambda: session.run([loss, train], made.feeds)[:1])
        return {"step": lambda: session.run(train, made.feeds), **checks}

    return prepare


def trained_by_xla(model, variables, inputs):
    def prepare(read):
        v = {name: tf.Variable(read(name)) for name in variables}
        x = {name: tf.constant(read(name)) for name in inputs}
        slots = {n: [tf.Variable(tf.zeros_like(w)) for _ in range(2)] for n, w in v.items()}
        count = tf.Variable(0.0)

        @tf.function(jit_compile=True)
        def step():
            with tf.GradientTape() as tape:
                loss = model(v, x)
            gradients = tape.gradient(loss, v)
            count.assign_add(1.0)
            rate = 0.001 * tf.sqrt(1 - 0.999**count) / (1 - 0.9**count)
            for name, (m, s) in slots.items():
                g = gradients[name]
                m.assign(0.9 * m + 0.1 * g)
                s.assign(0.999 * s + 0.001 * g * g)
                v[name].assign_sub(rate * m / (tf.sqrt(s) + 1e-8))
            return loss

        checks = train_checks(lambda: [step().numpy()])
        return {"step": lambda: step().numpy(), **checks}

    return prepare


def mean_square(x):
    return tf.reduce_mean(tf.square(x))


def block_by_session(model, variables):
    def prepare(read):
        made = Session(read, variables, ["x", "dy"])
        with made.graph.as_default():
            y = model(made.v, made.x["x"])
            sources = [made.x["x"], *[made.v[name] for name in variables]]
            dx, *gradients = tf.gradients(y, sources, made.x["dy"])
            fetches = [mean_square(dx), *gradients]
            checks = [mean_square(g) for g in [y, dx, *gradients]]
        session = made.start()
        values = session.run(checks, made.feeds)
        return {
            "step": lambda: session.run(fetches, made.feeds),
            "checks": [float(value) for value in values],
        }

    return prepare


def block_by_xla(model, variables):
    def prepare(read):
        v = {name: tf.Variable(read(name)) for name in variables}
        x, dy = tf.constant(read("x")), tf.constant(read("dy"))

        @tf.function(jit_compile=True)
        def step(x, dy):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = model(v, x)
            sources = [x, *[v[name] for name in variables]]
            dx, *gradients = tape.gradient(y, sources, output_gradients=dy)
            return [mean_square(y), mean_square(dx), *gradients]

        y, dx, *gradients = step(x, dy)
        values = [y, dx, *[mean_square(g) for g in gradients]]
        return {
            "step": lambda: step(x, dy)[0].numpy(),
            "checks": [float(value) for value in values],
        }

    return prepare


def gan(read):
    names = ["gw1", "gscale", "goffset", "gw2", "gb2", "dw1", "db1", "dw2", "db2"]
    made = Session(read, names, ["real", "digits"])
    with made.graph.as_default():
        noise = v1.random_normal([64, 32])
        losses = gan_losses(made.v, made.x["real"], made.x["digits"], noise)
        steps = []
        for loss, letter, rate in zip(losses, "dg", [0.003, 0.004]):
            adam = v1.train.AdamOptimizer(rate, beta1=0.5)
            mine = [made.v[name] for name in names if name[0] == letter]
            steps.append((adam, adam.compute_gradients(loss, mine)))
        with tf.control_dependencies([g for _, pairs in steps for g, _ in pairs]):
            train = tf.group(*[adam.apply_gradients(pairs) for adam, pairs in steps])
    session = made.start()
    fed = {**made.feeds, noise: read("noise")}
    checks = train_checks(lambda: session.run([*losses, train], fed)[:2])
    return {"step": lambda: session.run(train, made.feeds), **checks}


def result_by_session(compute, variables, shape, checks_of):
    """A step that leaves its result in a variable."""

    def prepare(read):
        made = Session(read, variables, [])
        with made.graph.as_default():
            value = compute(made.v)
            result = v1.Variable(tf.zeros(shape), use_resource=True)
            step = result.assign(value, read_value=False)
            checks = checks_of(value)
        session = made.start()
        return {
            "step": lambda: session.run(step),
            "checks": [float(c) for c in session.run(checks)],
        }

    return prepare


def chained(v):
    x = v["x"]
    for i in range(1, 5):
        x = x * 1.0009 + 0.01 * i
    return x


def chain_by_xla(read):
    x = tf.constant(read("x"))
    run = tf.function(lambda x: chained({"x": x}), jit_compile=True)
    y = run(x)
    return {"step": lambda: run(x), "checks": [float(y[12345]), float(y[-1])]}


def smallest(called):
    def prepare(read):
        made = Session(read, [], ["x"])
        with made.graph.as_default():
            y = made.x["x"] + 1
        session = made.start()
        if called:
            run, x = session.make_callable(y, list(made.feeds)), read("x")
            return {"step": lambda: run(x), "checks": [float(run(x))]}
        return {
            "step": lambda: session.run(y, made.feeds),
            "checks": [float(session.run(y, made.feeds))],
        }

    return prepare


def smallest_function(read):
    x = read("x")
    run = tf.function(lambda x: x + 1)
    return {"step": lambda: run(tf.constant(x)).numpy(), "checks": [float(run(tf.constant(x)))]}


def adam(read):
    made = Session(read, ["x", "gradient"], [])
    with made.graph.as_default():
        pairs = [(made.v["gradient"].read_value(), made.v["x"])]
        train = v1.train.AdamOptimizer(0.001).apply_gradients(pairs)
        element = made.v["x"][12345]
    session = made.start()
    checks = []
    for _ in range(3):
        checks.append(float(session.run(element)))
        session.run(train)
    return {"step": lambda: session.run(train), "checks": checks}


def trained(model, variables, inputs):
    return {
        "session": trained_by_session(model, variables, inputs),
        "function, XLA": trained_by_xla(model, variables, inputs),
    }


def block(model, variables):
    return {
        "session": block_by_session(model, variables),
        "function, XLA": block_by_xla(model, variables),
    }


cnn_names = ["c1w", "c1b", "c2w", "c2b", "w3", "b3", "w4", "b4"]
works = {
    "mlp": trained(mlp, ["w1", "b1", "w2", "b2"], ["x", "labels"]),
    "cnn": trained(cnn, cnn_names, ["x", "labels"]),
    "gan": {"session": gan},
    "resnet": block(resnet, ["w1", "scale1", "offset1", "w2", "scale2", "offset2"]),
    "lstm": trained(lstm, ["w", "b", "wo", "bo"], ["x", "labels"]),
    "attention": block(attention, ["wq", "wk", "wv", "wo"]),
    "matmul": {
        "session": result_by_session(
            lambda v: tf.matmul(v["a"], v["b"]),
            ["a", "b"],
            [1024, 1024],
            lambda c: [mean_square(c)],
        )
    },
    "chain": {
        "session": result_by_session(
            chained, ["x"], [10_000_000], lambda y: [y[12345], y[-1]]
        ),
        "function, XLA": chain_by_xla,
    },
    "smallest": {
        "session": smallest(False),
        "session, callable": smallest(True),
        "function": smallest_function,
    },
    "normal": {
        "session": result_by_session(
            lambda _: v1.random_normal([1_000_000]), [], [1_000_000], lambda _: []
        )
    },
    "adam": {"session": adam},
}
serve({"library": "TensorFlow", "version": tf.__version__}, works)
