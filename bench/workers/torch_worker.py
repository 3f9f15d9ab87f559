"""The worker for PyTorch: eager with the fused Adam, and what torch.compile makes of it."""

import os

import torch
import torch.nn.functional as F

from lines import serve, train_checks

threads = int(os.environ["BENCH_THREADS"])
torch.set_num_threads(threads)


def nchw(filters):
    return filters.permute(3, 2, 0, 1).contiguous()


def tensor(array):
    return torch.from_numpy(array.copy())


def adam(weights, lr=0.001, beta1=0.9):
    return torch.optim.Adam(weights, lr=lr, betas=(beta1, 0.999), fused=True)


def training(make, compiled=False):
    """`make` gives the weights and a function of no arguments that computes the loss."""

    def prepare(read):
        weights, loss_of = make(read)
        loss_of = torch.compile(loss_of) if compiled else loss_of
        for weight in weights:
            weight.requires_grad_()
        optimizer = adam(weights)

        def step():
            optimizer.zero_grad()
            loss = loss_of()
            loss.backward()
            optimizer.step()
            return [loss.detach()]

        return {"step": step, **train_checks(step)}

    return prepare


def block(make, compiled=False):
    """`make` gives x, dy, the weights in the order of the checks, and the block as a function of x."""

    def prepare(read):
        x, dy, weights, forward = make(read)
        forward = torch.compile(forward) if compiled else forward
        for value in [x, *weights]:
            value.requires_grad_()

        def step():
            for value in [x, *weights]:
                value.grad = None
            y = forward(x)
            y.backward(dy)
            return y, x.grad.square().mean()

        y, inner = step()
        checks = [y.square().mean(), inner, *[w.grad.square().mean() for w in weights]]
        return {"step": step, "checks": [float(check) for check in checks]}

    return prepare


def mlp(read):
    w1, b1, w2, b2, x, labels = map(tensor, map(read, ["w1", "b1", "w2", "b2", "x", "labels"]))

    def loss():
        return F.cross_entropy(torch.addmm(b2, torch.relu(torch.addmm(b1, x, w1)), w2), labels)

    return [w1, b1, w2, b2], loss


def cnn(layout):
    def make(read):
        def rows(w):  # From the order of [7, 7, 64] to that of [64, 7, 7].
            return w.reshape(7, 7, 64, 1024).permute(2, 0, 1, 3).reshape(3136, 1024).contiguous()

        c1w, c2w = [nchw(tensor(read(name))).to(memory_format=layout) for name in ["c1w", "c2w"]]
        c1b, c2b, b3, w4, b4 = map(tensor, map(read, ["c1b", "c2b", "b3", "w4", "b4"]))
        w3 = rows(tensor(read("w3")))
        x = tensor(read("x")).permute(0, 3, 1, 2).contiguous(memory_format=layout)
        labels = tensor(read("labels"))

        def loss():
            y = F.max_pool2d(torch.relu(F.conv2d(x, c1w, c1b, padding=2)), 2)
            y = F.max_pool2d(torch.relu(F.conv2d(y, c2w, c2b, padding=2)), 2)
            y = torch.relu(torch.addmm(b3, y.reshape(100, 3136), w3))
            return F.cross_entropy(torch.addmm(b4, y, w4), labels)

        return [c1w, c1b, c2w, c2b, w3, b3, w4, b4], loss

    return make


def gan(read):
    def spread(w, axis):  # From the order of [7, 7, 24] to that of [24, 7, 7].
        if axis == 1:
            return w.reshape(-1, 49, 24).permute(0, 2, 1).reshape(-1, 1176).contiguous()
        return w.reshape(49, 24, -1).permute(1, 0, 2).reshape(1176, -1).contiguous()

    gw1, dw2 = spread(tensor(read("gw1")), 1), spread(tensor(read("dw2")), 0)
    gw2, dw1 = nchw(tensor(read("gw2"))), nchw(tensor(read("dw1")))
    gscale, goffset, gb2, db1, db2 = map(
        tensor, map(read, ["gscale", "goffset", "gb2", "db1", "db2"])
    )
    real, digits = tensor(read("real")).permute(0, 3, 1, 2).contiguous(), tensor(read("digits"))
    g, d = [gw1, gscale, goffset, gw2, gb2], [dw1, db1, dw2, db2]
    for weight in g + d:
        weight.requires_grad_()
    g_adam, d_adam = adam(g, 0.004, 0.5), adam(d, 0.003, 0.5)
    smooth, ones, zeros = torch.full((64,), 0.9), torch.ones(64), torch.zeros(64)

    def judge(images):
        seen = F.leaky_relu(F.conv2d(images, dw1, db1, stride=4, padding=2), 0.2)
        return (torch.addmm(db2, seen.reshape(64, 1176), dw2) * digits).sum(1)

    def step(noise=None):
        noise = torch.randn(64, 32) if noise is None else noise
        grown = (torch.cat([noise, digits], 1) @ gw1).reshape(64, 24, 7, 7)
        grown = F.batch_norm(grown, None, None, gscale, goffset, True, 0.0, 1e-5)
        drawn = F.conv_transpose2d(torch.relu(grown), gw2, gb2, stride=4, padding=2)
        judged = judge(torch.sigmoid(drawn))
        entropy = F.binary_cross_entropy_with_logits
        d_loss = entropy(judge(real), smooth) + entropy(judged, zeros)
        g_loss = entropy(judged, ones)
        d_gradients = torch.autograd.grad(d_loss, d, retain_graph=True)
        g_gradients = torch.autograd.grad(g_loss, g)
        for weight, gradient in zip(d + g, d_gradients + g_gradients):
            weight.grad = gradient
        d_adam.step()
        g_adam.step()
        return [d_loss, g_loss]

    noise = tensor(read("noise"))
    return {"step": step, **train_checks(lambda: step(noise))}


def resnet(layout):
    def make(read):
        names = ["w1", "scale1", "offset1", "w2", "scale2", "offset2"]
        weights = [tensor(read(name)) for name in names]
        for i in [0, 3]:
            weights[i] = nchw(weights[i]).to(memory_format=layout)
        w1, scale1, offset1, w2, scale2, offset2 = weights
        x, dy = [
            tensor(read(n)).permute(0, 3, 1, 2).contiguous(memory_format=layout)
            for n in ["x", "dy"]
        ]

        def normalized(x, filters, scale, offset):
            sums = F.conv2d(x, filters, padding=1)
            return F.batch_norm(sums, None, None, scale, offset, True, 0.0, 0.001)

        def forward(x):
            inside = torch.relu(normalized(x, w1, scale1, offset1))
            return torch.relu(normalized(inside, w2, scale2, offset2) + x)

        return x, dy, weights, forward

    return make


def lstm_cells(read):
    w, b, wo, bo, x, labels = map(tensor, map(read, ["w", "b", "wo", "bo", "x", "labels"]))

    def loss():
        h = c = torch.zeros(32, 128)
        for part in x.unbind(0):
            add, keep, value, show = torch.addmm(b, torch.cat([part, h], 1), w).chunk(4, 1)
            c = c * torch.sigmoid(keep) + torch.sigmoid(add) * torch.tanh(value)
            h = torch.tanh(c) * torch.sigmoid(show)
        return F.cross_entropy(torch.addmm(bo, h, wo), labels)

    return [w, b, wo, bo], loss


def lstm_layer(read):
    w, b, wo, bo, x, labels = map(tensor, map(read, ["w", "b", "wo", "bo", "x", "labels"]))
    wx, wh = w[:128].T.contiguous(), w[128:].T.contiguous()
    no_bias, zeros = torch.zeros(512), torch.zeros(1, 32, 128)

    def loss():
        flags = (True, 1, 0.0, True, False, False)
        _, h, _ = torch.lstm(x, (zeros, zeros), [wx, wh, b, no_bias], *flags)
        return F.cross_entropy(torch.addmm(bo, h[0], wo), labels)

    return [wx, wh, b, wo, bo], loss


def attention(read):
    x, dy, *weights = [tensor(read(name)) for name in ["x", "dy", "wq", "wk", "wv", "wo"]]
    wq, wk, wv, wo = weights

    def forward(x):
        q, k, v = [(x @ w).reshape(8, 128, 8, 32).transpose(1, 2) for w in [wq, wk, wv]]
        seen = F.scaled_dot_product_attention(q, k, v)
        return seen.transpose(1, 2).reshape(8, 128, 256) @ wo

    return x, dy, weights, forward


def matmul(read):
    a, b = tensor(read("a")), tensor(read("b"))
    c = a @ b
    checks = [float(c.square().mean())]
    return {"step": lambda: torch.mm(a, b, out=c), "checks": checks}


def peak(size):
    """A multiplication so large that it shows what the machine can do."""

    def prepare(_):
        a, b, c = torch.randn(size, size), torch.randn(size, size), torch.empty(size, size)
        return {"step": lambda: torch.mm(a, b, out=c), "checks": [], "flops": 2 * size**3}

    return prepare


def chained(x):
    for i in range(1, 5):
        x = x * 1.0009 + 0.01 * i
    return x


def chain(compiled):
    def prepare(read):
        x = tensor(read("x"))
        run = torch.compile(chained) if compiled else chained
        y = run(x)
        return {"step": lambda: run(x), "checks": [float(y[12345]), float(y[-1])]}

    return prepare


def smallest(read):
    x = tensor(read("x"))
    return {"step": lambda: (x + 1).item(), "checks": [(x + 1).item()]}


def normal(_):
    x = torch.empty(1_000_000)
    return {"step": x.normal_, "checks": []}


def adam_work(read):
    x = tensor(read("x")).requires_grad_()
    x.grad = tensor(read("gradient"))
    optimizer = adam([x])
    checks = []
    for _ in range(3):
        checks.append(x[12345].item())
        optimizer.step()
    return {"step": optimizer.step, "checks": checks}


first, last = torch.contiguous_format, torch.channels_last


def both(kind, make):
    return {"eager": kind(make), "compiled": kind(make, True)}


works = {
    "mlp": both(training, mlp),
    "cnn": {
        "eager": training(cnn(first)),
        "eager, channels last": training(cnn(last)),
        "compiled": training(cnn(first), True),
    },
    "gan": {"eager": gan},
    "resnet": {
        "eager": block(resnet(first)),
        "eager, channels last": block(resnet(last)),
        "compiled": block(resnet(last), True),
    },
    "lstm": {**both(training, lstm_cells), "LSTM layer": training(lstm_layer)},
    "attention": both(block, attention),
    "matmul": {"eager": matmul, "peak 2048": peak(2048), "peak 3072": peak(3072)},
    "chain": {"eager": chain(False), "compiled": chain(True)},
    "smallest": {"eager": smallest},
    "normal": {"eager": normal},
    "adam": {"eager": adam_work},
}
serve({"library": "PyTorch", "version": torch.__version__}, works)
