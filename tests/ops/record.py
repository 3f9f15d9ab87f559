"""Runs the case table of the ops with TensorFlow 2.21 (tf.compat.v1) and writes what it showed to recordings/.

Usage: python tests/ops/record.py [family ...]     (needs `pip install tensorflow-cpu==2.21`)

README.md says how a case is written; table.ts reads the same tables.
"""

import json
import os
import pathlib
import sys

sys.dont_write_bytecode = True
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "parity"))

from context import clean_message, np, plain_config, tf

UNKNOWN = tf.TensorShape(None)


class Table:
    """One case with a dtype: the values it is called with."""

    def __init__(self, case, dtype):
        self.case = case
        self.dtype = dtype
        self.count = 0
        self.feeds = {}
        self.inputs = []
        self.variables = []

    def resolve(self, value, mode):
        if isinstance(value, list):
            return [self.resolve(v, mode) for v in value]
        if not isinstance(value, dict):
            return value
        if "type" in value:
            return tf.as_dtype(self.dtype if value["type"] == "case" else value["type"])
        self.count += 1
        array, dtype = self.array(value)
        if "const" in value:
            return tf.constant(array, dtype)
        if "variable" in value:
            variable = tf.Variable(array, dtype=dtype, use_resource=value.get("resource", False), trainable=False)
            self.variables.append(variable)
            if not self.case["call"].startswith("raw:"):
                return variable
            return variable.handle if value.get("resource") else variable._ref()
        placeholder = tf.placeholder(dtype, UNKNOWN if mode == "dynamic" else array.shape)
        self.feeds[placeholder] = array
        self.inputs.append(placeholder)
        return placeholder

    def array(self, value):
        dtype = tf.as_dtype(value.get("dtype", self.dtype))
        if "data" in value:
            return self.data(value, dtype), dtype
        nested = next(value[key] for key in ("tensor", "const", "variable") if key in value)
        flat = [element(v, dtype) for v in leaves(nested)]
        array = np.array(flat, dtype=dtype.as_numpy_dtype).reshape(value.get("shape", shape_of(nested)))
        return array, dtype

    def data(self, value, dtype):
        shape = value["data"]
        state = (value.get("seed", self.count) + 1) * 1299709 % 2147483647
        low, high = value.get("low"), value.get("high")
        if low is None:
            low = (0 if dtype.is_unsigned else -5) if dtype.is_integer else -2
        if high is None:
            high = 6 if dtype.is_integer else 2
        flat = []
        for _ in range(int(np.prod(shape))):
            state = state * 48271 % 2147483647
            u = state / 2147483647
            if dtype.is_bool:
                flat.append(u < 0.5)
            elif dtype.is_integer:
                flat.append(int(np.floor(low + (high - low) * u)))
            else:
                flat.append(np.floor((low + (high - low) * u) * 1024 + 0.5) / 1024)
        return np.array(flat, dtype=dtype.as_numpy_dtype).reshape(shape)


def leaves(nested):
    if isinstance(nested, list):
        for item in nested:
            yield from leaves(item)
    else:
        yield nested


def shape_of(nested):
    shape = []
    while isinstance(nested, list):
        shape.append(len(nested))
        nested = nested[0] if nested else None
    return shape


def element(value, dtype):
    if not isinstance(value, str) or dtype == tf.string:
        return value
    return int(value) if dtype.is_integer else float(value)


def function(call):
    if call.startswith("raw:"):
        return getattr(tf.raw_ops, call[4:])
    target = tf
    for part in call.split(".")[1:]:
        target = getattr(target, part)
    return target


def flatten(value):
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [t for item in value for t in flatten(item)]
    return [value if isinstance(value, tf.Operation) else tf.convert_to_tensor(value)]


def dense(gradient):
    return None if gradient is None else tf.convert_to_tensor(gradient)


def weights(values, seed):
    """What the gradients of the outputs are: numbers that both sides make."""
    table = Table({"call": ""}, "float64")
    return [table.data({"data": list(v.shape), "seed": seed + i}, tf.float64).astype(v.dtype) for i, v in enumerate(values)]


def build(case, dtype, mode):
    table = Table(case, dtype)
    args = table.resolve(case.get("args", []), mode)
    kwargs = {k: table.resolve(v, mode) for k, v in case.get("kwargs", {}).items()}
    return table, args, kwargs


def differentiated(case, table):
    floating = [t for t in table.inputs if t.dtype.is_floating]
    return floating if case["grad"] is True else [table.inputs[i] for i in case["grad"]]


def types_since(graph, start):
    """Types of the nodes in order of creation; those of values fed and of weights are not counted."""
    return [op.type for op in graph.get_operations()[start:]]


def number_of_nodes(graph):
    return len(graph.get_operations())


def is_differentiated(case, dtype):
    return case.get("grad") and (tf.as_dtype(dtype).is_floating or case["grad"] is not True)


def gradients_of(case, table, outputs, values, session):
    """Gradients of the float outputs, and with `second` those of the gradients."""
    graph = tf.get_default_graph()
    floating = case.get("ys", [i for i, o in enumerate(outputs) if o.dtype.is_floating])
    ys, xs = [outputs[i] for i in floating], differentiated(case, table)
    found = {}
    seed = 100
    for key in ["gradients", "second"] if case.get("second") else ["gradients"]:
        sizes = values if key == "gradients" else found["values"]
        given = [tf.constant(w) for w in weights([sizes[i] for i in floating] if key == "gradients" else sizes, seed)]
        start = number_of_nodes(graph)
        grads = [dense(g) for g in tf.gradients(ys, xs, grad_ys=given)]
        found[key + "Types"] = types_since(graph, start)
        known = [g for g in grads if g is not None]
        results = iter(session.run(known, table.feeds) if known else [])
        found[key] = [None if g is None else next(results) for g in grads]
        ys, found["values"] = known, [g for g in found[key] if g is not None]
        seed += 100
    del found["values"]
    return found


def run(case, dtype, mode):
    with tf.Graph().as_default() as graph, tf.Session(config=plain_config()) as session:
        table, args, kwargs = build(case, dtype, mode)
        start = number_of_nodes(graph)
        fetches = flatten(function(case["call"])(*args, **kwargs))
        types = types_since(graph, start)
        outputs = [f for f in fetches if isinstance(f, tf.Tensor)]
        session.run(tf.global_variables_initializer())
        values = [v for v in session.run(fetches, table.feeds) if v is not None]
        found = {"outputs": values, "static": [static(o) for o in outputs], "types": types}
        if table.variables:
            found["variables"] = session.run(list(table.variables))
        if is_differentiated(case, dtype):
            found.update(gradients_of(case, table, outputs, values, session))
        return found


def static(tensor):
    return None if tensor.shape.rank is None else tensor.shape.as_list()


def failure(case, dtype):
    """Where a case that must fail does so, and with what."""
    when = "build"
    with tf.Graph().as_default(), tf.Session(config=plain_config()) as session:
        try:
            table, args, kwargs = build(case, dtype, case.get("mode", "static"))
            fetches = flatten(function(case["call"])(*args, **kwargs))
            when = "run"
            session.run(tf.global_variables_initializer())
            session.run(fetches, table.feeds)
        except Exception as e:  # every kind of exception is a result here
            message = e.message if isinstance(e, tf.errors.OpError) else str(e.args[0]) if e.args else str(e)
            return {"error": {"when": when, "type": type(e).__name__, "message": clean_message(message)}}
    raise ValueError("it was to fail and did not")


def same(a, b):
    if a is None or b is None:
        return a is b
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind in "OSUbiu":
        return bool(np.all(a == b))
    return bool(np.allclose(a.astype(np.float64), b.astype(np.float64), rtol=1e-2, atol=1e-4, equal_nan=True))


def record(case, dtype):
    if case.get("fails"):
        return failure(case, dtype)
    found = run(case, dtype, "static")
    recorded = {"outputs": [array_record(v) for v in found["outputs"]]}
    recorded["static"] = found["static"]
    if case.get("dynamic", not found.get("variables")):
        dynamic = run(case, dtype, "dynamic")
        for key in ["outputs", "gradients", "second"]:
            pairs = zip(found.get(key, []), dynamic.get(key, []))
            if not all(same(np.asarray(a) if a is not None else None, np.asarray(b) if b is not None else None) for a, b in pairs):
                raise ValueError(f"{key} differ when shapes are unknown")
        recorded["dynamic"] = dynamic["static"]
    recorded["types"] = " ".join(found["types"])
    for key in ["variables", "gradients", "second"]:
        if key in found:
            recorded[key] = [None if v is None else array_record(v) for v in found[key]]
        if key + "Types" in found:
            recorded[key + "Types"] = " ".join(found[key + "Types"])
    return recorded


def array_record(value):
    array = np.asarray(value)
    dtype = "string" if array.dtype.kind in "SOU" else str(array.dtype)
    return [dtype, list(array.shape), [number(x, dtype) for x in array.reshape(-1)]]


def number(value, dtype):
    """Enough digits to compare; NaN, infinities and whole numbers beyond 2**53 as strings."""
    if dtype == "string":
        return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    if dtype == "bool":
        return bool(value)
    if "int" in dtype:
        return int(value) if abs(int(value)) < 2**53 else str(int(value))
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    digits = {"float64": 13, "float32": 9}.get(dtype, 5)
    rounded = float(f"{float(value):.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 and rounded != 0 else rounded


def line(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def expand(cases):
    for case in cases:
        for dtype in case.get("dtypes", [case.get("dtype", "float32")]):
            yield (f"{case['name']} {dtype}" if "dtypes" in case else case["name"]), dtype, case


def main(families):
    failed = 0
    for family in families or sorted(p.stem for p in (HERE / "cases").glob("*.json")):
        recorded = {}
        for name, dtype, case in expand(json.loads((HERE / "cases" / f"{family}.json").read_text())):
            if name in recorded:
                raise ValueError(f"two cases of {family} are called {name!r}")
            try:
                recorded[name] = record(case, dtype)
            except Exception as e:
                failed += 1
                print(f"FAILED {family}: {name}: {type(e).__name__}: {str(e)[:600]}")
                if "-v" in sys.argv:
                    raise
        text = "{\n" + ",\n".join(f"{line(k)}:{line(v)}" for k, v in recorded.items()) + "\n}\n"
        (HERE / "recordings" / f"{family}.json").write_text(text)
        print(f"{family}: {len(recorded)} cases")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main([a for a in sys.argv[1:] if not a.startswith("-")]))
