"""What a scenario sees while TensorFlow is being recorded: the `s` object and the `@scenario` registry."""

import os
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.disable_control_flow_v2()
tf.logging.set_verbosity(tf.logging.ERROR)

SCENARIOS = {}


def scenario(name):
    """Registers a scenario under its name; the group is the file it is written in."""

    def register(fn):
        group = fn.__module__
        if name in SCENARIOS.setdefault(group, {}):
            raise ValueError(f"two scenarios are called {name!r} in {group}")
        SCENARIOS[group][name] = fn
        return fn

    return register


def number(value, kind):
    """One element in JSON: the shortest decimal that gives the same float back; NaN and infinities as strings."""
    if kind in "iu":
        value = int(value)
        return value if abs(value) < 2**53 else str(value)
    if kind == "b":
        return bool(value)
    if kind in "SOU":
        return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(np.format_float_scientific(value, unique=True, trim="-"))


def number_text(value):
    """A finite float as JavaScript's String() writes it, with the fewest digits that give the same float back."""
    if value == 0:
        return "0"
    mantissa, exponent = np.format_float_scientific(abs(value), unique=True, trim="-").split("e")
    digits = mantissa.replace(".", "")
    sign = "-" if value < 0 else ""
    count, point = len(digits), int(exponent) + 1
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    tail = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + digits[0] + ("." + digits[1:] if count > 1 else "") + tail


def record_value(value):
    """A fetched value as the recording keeps it; containers keep their structure."""
    if value is None or (isinstance(value, dict) and not value):
        return None
    if isinstance(value, dict):
        return {k: record_value(v) for k, v in value.items()}
    if type(value).__name__ == "IndexedSlicesValue":
        return {"values": record_value(value.values), "indices": record_value(value.indices)}
    if isinstance(value, (list, tuple)):
        return [record_value(v) for v in value]
    array = np.asarray(value)
    dtype = "string" if array.dtype.kind in "SOU" else str(array.dtype)
    if dtype == "complex64":
        array = array.view(np.float32)
    return {
        "dtype": dtype,
        "shape": list(np.asarray(value).shape),
        "data": [number(x, array.dtype.kind) for x in array.reshape(-1)],
    }


def printed(obj):
    """How `s.print` writes a thing: Python's str, except that the words both languages share are lower case."""
    if obj is None:
        return "null"
    if isinstance(obj, (bool, np.bool_)):
        return "true" if obj else "false"
    if isinstance(obj, bytes):
        return obj.decode()
    if isinstance(obj, (list, tuple)):
        return "[" + ", ".join(printed(o) for o in obj) + "]"
    if isinstance(obj, float):
        return repr(int(obj)) if obj == int(obj) else repr(obj)
    return str(obj)


def clean_message(text):
    """Removes what depends on the machine that recorded: stack frames, paths, addresses, link to a source line."""
    text = text.split("\n\nOriginal stack trace")[0]
    text = text.split("\n\nErrors may have originated from")[0]
    text = re.sub(r"(Originally defined at:\n\n)[\s\S]*", r"\1", text)
    text = re.sub(r"(\n\noriginally defined at:\n)[\s\S]*", r"\1", text)
    text = re.sub(r"Detected at node [\s\S]*?(?=Node: )", "", text)
    text = re.sub(r"^Graph execution error:\n\n(Node: '[^']*'\n)?", "", text)
    text = re.sub(r"\n\t \[\[\{\{node _\w+\}\}\]\]$", "", text)
    text = re.sub(r"\(defined at [^)]*\) ?", "", text)
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return text


def plain_config():
    """Runs every node as it stands in the graph: no rewriting, one thread."""
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1, device_count={"CPU": 4})
    config.graph_options.optimizer_options.opt_level = tf.OptimizerOptions.L0
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return config


def without_none(fetches):
    """TensorFlow refuses to fetch a missing gradient; an empty dict stands for it, which record_value writes as null."""
    if fetches is None:
        return {}
    if isinstance(fetches, dict):
        return {k: without_none(v) for k, v in fetches.items()}
    if type(fetches) in (list, tuple):
        return [without_none(v) for v in fetches]
    return fetches


class Context:
    """Collects what one scenario shows."""

    def __init__(self):
        self.graph = tf.get_default_graph()
        self.session = None
        self.recorded_values = []
        self.prints = []
        self.errors = {}

    def run(self, fetches, feeds=None):
        """Runs in the scenario's one session; feeds are pairs (tensor, value) or a dict."""
        if self.session is None:
            self.session = tf.Session(graph=self.graph, config=plain_config())
        feeds = dict(feeds) if feeds else None
        return self.session.run(fetches, feed_dict=feeds)

    def new_session(self):
        """Later runs use a fresh session."""
        self.session.close()
        self.session = None

    def values(self, fetches, feeds=None, after=(), exact=False):
        """Runs the ops of `after` one by one, then fetches the dict in one run and records the results."""
        for op in after:
            self.run(op)
        results = self.run(without_none(fetches), feeds)
        entry = {"exact": True} if exact else {}
        entry["fetched"] = {k: record_value(v) for k, v in results.items()}
        self.recorded_values.append(entry)

    def train(self, op, fetches, steps, feeds=None):
        """Runs `op` for some steps and records the fetches after each."""
        for _ in range(steps):
            self.run(op, feeds)
            self.values(fetches, feeds)

    def print(self, obj):
        self.prints.append(printed(obj))

    def error(self, name, fn):
        """Records the exception that fn raises, and the nodes that the refused call left in the graph."""
        before = set(op.name for op in self.graph.get_operations())
        try:
            fn()
        except Exception as e:  # every kind of exception is a result here
            if isinstance(e, tf.errors.OpError):
                message = e.message
            elif isinstance(e, (KeyError, LookupError)) or len(e.args) == 1:
                message = str(e.args[0])
            else:
                message = str(e)
            entry = {"type": type(e).__name__, "message": clean_message(message)}
            left = [op.name for op in self.graph.get_operations() if op.name not in before]
            if left:
                entry["leftNodes"] = left
            if name in self.errors:
                raise ValueError(f"two errors are called {name!r}") from e
            self.errors[name] = entry
            return
        raise ValueError(f"error {name!r} did not happen")

    def ints(self, value):
        """Whole numbers that are int32; in TypeScript a plain number would become float32."""
        return value

    def data(self, shape, start=-1.0, step=0.25, modulo=11):
        """Numbers for feeds and constants, the same on both sides: start + step * (7 i mod modulo)."""
        count = int(np.prod(shape)) if shape else 1
        flat = np.array([start + step * ((7 * i) % modulo) for i in range(count)])
        return flat.reshape(shape).tolist()
