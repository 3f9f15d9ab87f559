"""The worker for JAX: every step is one jitted function that gives its buffers back."""

import os

threads = os.environ["BENCH_THREADS"]
os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads={threads}"
import jax
import jax.numpy as jnp
from jax import lax

from lines import serve, train_checks


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.sum(labels * jax.nn.log_softmax(logits), 1))


def conv(x, w):
    return lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def mlp(v, x):
    hidden = jax.nn.relu(x["x"] @ v["w1"] + v["b1"])
    return cross_entropy(hidden @ v["w2"] + v["b2"], x["labels"])


def cnn(v, x):
    def layer(x, w, b):
        y = jax.nn.relu(conv(x, w) + b)
        return lax.reduce_window(y, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")

    y = layer(layer(x["x"], v["c1w"], v["c1b"]), v["c2w"], v["c2b"])
    y = jax.nn.relu(y.reshape(100, 3136) @ v["w3"] + v["b3"])
    return cross_entropy(y @ v["w4"] + v["b4"], x["labels"])


def lstm(v, x):
    h = c = jnp.zeros((32, 128))
    for part in x["x"]:
        gates = jnp.concatenate([part, h], 1) @ v["w"] + v["b"]
        add, keep, value, show = jnp.split(gates, 4, 1)
        c = c * jax.nn.sigmoid(keep) + jax.nn.sigmoid(add) * jnp.tanh(value)
        h = jnp.tanh(c) * jax.nn.sigmoid(show)
    return cross_entropy(h @ v["wo"] + v["bo"], x["labels"])


def resnet(v, x):
    def normalized(x, i):
        y = conv(x, v[f"w{i}"])
        mean, variance = y.mean((0, 1, 2)), y.var((0, 1, 2))
        return (y - mean) * lax.rsqrt(variance + 0.001) * v[f"scale{i}"] + v[f"offset{i}"]

    return jax.nn.relu(normalized(jax.nn.relu(normalized(x, 1)), 2) + x)


def attention(v, x):
    flat = x.reshape(1024, 256)
    q, k, value = [
        (flat @ v[n]).reshape(8, 128, 8, 32).transpose(0, 2, 1, 3) for n in ["wq", "wk", "wv"]
    ]
    weight = jax.nn.softmax(q @ k.transpose(0, 1, 3, 2) * (32**-0.5))
    seen = (weight @ value).transpose(0, 2, 1, 3)
    return (seen.reshape(1024, 256) @ v["wo"]).reshape(8, 128, 256)


def gan_losses(v, x, noise):
    grown = (jnp.concatenate([noise, x["digits"]], 1) @ v["gw1"]).reshape(64, 7, 7, 24)
    mean, variance = grown.mean((0, 1, 2)), grown.var((0, 1, 2))
    grown = (grown - mean) * lax.rsqrt(variance + 1e-5) * v["gscale"] + v["goffset"]
    layouts = ("NHWC", "HWIO", "NHWC")
    drawn = lax.conv_transpose(
        jax.nn.relu(grown), v["gw2"], (4, 4), "SAME", dimension_numbers=layouts, transpose_kernel=True
    )

    def judge(images):
        sums = lax.conv_general_dilated(images, v["dw1"], (4, 4), "SAME", dimension_numbers=layouts)
        seen = jax.nn.leaky_relu(sums + v["db1"], 0.2)
        logits = seen.reshape(64, 1176) @ v["dw2"] + v["db2"]
        return (logits * x["digits"]).sum(1)

    def loss(logits, label):
        return jnp.mean(jax.nn.softplus(logits) - label * logits)

    judged = judge(jax.nn.sigmoid(drawn + v["gb2"]))
    return loss(judge(x["real"]), 0.9) + loss(judged, 0.0), loss(judged, 1.0)


def adam_update(v, gradients, m, s, count, rate=0.001, beta1=0.9):
    count = count + 1
    rate = rate * jnp.sqrt(1 - 0.999**count) / (1 - beta1**count)
    m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradients)
    s = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, s, gradients)
    v = jax.tree.map(lambda v, m, s: v - rate * m / (jnp.sqrt(s) + 1e-8), v, m, s)
    return v, m, s, count


def started(v):
    return [v, jax.tree.map(jnp.zeros_like, v), jax.tree.map(jnp.zeros_like, v), jnp.zeros(())]


def training(model, variables, inputs):
    def prepare(read):
        state = started({name: jnp.array(read(name)) for name in variables})
        x = {name: jnp.array(read(name)) for name in inputs}

        def update(v, m, s, count, x):
            loss, gradients = jax.value_and_grad(model)(v, x)
            return adam_update(v, gradients, m, s, count), loss

        update = jax.jit(update, donate_argnums=(0, 1, 2, 3))

        def step():
            state[:], loss = update(*state, x)
            jax.block_until_ready(state)
            return [loss]

        return {"step": step, **train_checks(step)}

    return {"jit": prepare}


def gan(read):
    names = ["gw1", "gscale", "goffset", "gw2", "gb2", "dw1", "db1", "dw2", "db2"]
    rates = {"d": 0.003, "g": 0.004}
    weights = {name: jnp.array(read(name)) for name in names}
    x = {name: jnp.array(read(name)) for name in ["real", "digits"]}
    states = {who: started({n: w for n, w in weights.items() if n[0] == who}) for who in rates}

    def updated(states, noise):
        v = {name: w for who in rates for name, w in states[who][0].items()}
        losses, back = jax.vjp(lambda v: gan_losses(v, x, noise), v)
        new = {}
        for who, seed in [("d", (1.0, 0.0)), ("g", (0.0, 1.0))]:
            gradients = {name: g for name, g in back(seed)[0].items() if name[0] == who}
            v, m, s, count = states[who]
            new[who] = [*adam_update(v, gradients, m, s, count, rates[who], 0.5)]
        return new, losses

    def drawing(states, key):
        key, mine = jax.random.split(key)
        return updated(states, jax.random.normal(mine, (64, 32)))[0], key

    fed, drawn = jax.jit(updated), jax.jit(drawing, donate_argnums=(0, 1))
    state = [states, jax.random.key(1)]
    noise = jnp.array(read("noise"))

    def check():
        state[0], losses = fed(state[0], noise)
        return losses

    def step():
        state[:] = drawn(*state)
        jax.block_until_ready(state[0])

    return {"step": step, **train_checks(check)}


def block(model, variables):
    def prepare(read):
        v = {name: jnp.array(read(name)) for name in variables}
        x, dy = jnp.array(read("x")), jnp.array(read("dy"))

        @jax.jit
        def run(v, x, dy):
            y, back = jax.vjp(model, v, x)
            gradients, dx = back(dy)
            return [jnp.mean(y * y), jnp.mean(dx * dx), *[gradients[name] for name in variables]]

        y, dx, *gradients = run(v, x, dy)
        checks = [float(y), float(dx), *[float(jnp.mean(g * g)) for g in gradients]]
        return {"step": lambda: jax.block_until_ready(run(v, x, dy)), "checks": checks}

    return {"jit": prepare}


def computing(compute, names, checks_of):
    def prepare(read):
        arrays = [jnp.array(read(name)) for name in names]
        run = jax.jit(compute)
        checks = [float(value) for value in checks_of(run(*arrays))]
        return {"step": lambda: run(*arrays).block_until_ready(), "checks": checks}

    return {"jit": prepare}


def peak(size):
    """A multiplication so large that it shows what the machine can do."""

    def prepare(_):
        a, b = [jax.random.normal(jax.random.key(i), (size, size)) for i in range(2)]
        run = jax.jit(jnp.matmul)
        return {"step": lambda: run(a, b).block_until_ready(), "checks": [], "flops": 2 * size**3}

    return prepare


def chained(x):
    for i in range(1, 5):
        x = x * 1.0009 + 0.01 * i
    return x


def smallest(read):
    x = read("x")
    run = jax.jit(lambda x: x + 1)
    return {"step": lambda: float(run(x)), "checks": [float(run(x))]}


def normal(_):
    state = [jax.random.key(1)]

    @jax.jit
    def run(key):
        key, mine = jax.random.split(key)
        return key, jax.random.normal(mine, (1_000_000,))

    def step():
        state[0], values = run(state[0])
        values.block_until_ready()

    step()
    return {"step": step, "checks": []}


def adam(read):
    state, gradient = started(jnp.array(read("x"))), jnp.array(read("gradient"))
    update = jax.jit(adam_update, donate_argnums=(0, 2, 3, 4))

    def step():
        v, m, s, count = state
        state[:] = update(v, gradient, m, s, count)
        jax.block_until_ready(state)

    checks = []
    for _ in range(3):
        checks.append(float(state[0][12345]))
        step()
    return {"step": step, "checks": checks}


cnn_names = ["c1w", "c1b", "c2w", "c2b", "w3", "b3", "w4", "b4"]
works = {
    "mlp": training(mlp, ["w1", "b1", "w2", "b2"], ["x", "labels"]),
    "cnn": training(cnn, cnn_names, ["x", "labels"]),
    "gan": {"jit": gan},
    "resnet": block(resnet, ["w1", "scale1", "offset1", "w2", "scale2", "offset2"]),
    "lstm": training(lstm, ["w", "b", "wo", "bo"], ["x", "labels"]),
    "attention": block(attention, ["wq", "wk", "wv", "wo"]),
    "matmul": {
        **computing(jnp.matmul, ["a", "b"], lambda c: [jnp.mean(c * c)]),
        "peak 2048": peak(2048),
        "peak 3072": peak(3072),
    },
    "chain": computing(chained, ["x"], lambda y: [y[12345], y[-1]]),
    "smallest": {"jit": smallest},
    "normal": {"jit": normal},
    "adam": {"jit": adam},
}
serve({"library": "JAX", "version": jax.__version__}, works)
