"""Runs every scenario with TensorFlow 2.21 (tf.compat.v1) and writes what it showed to recordings/<group>.json.

Usage: python tests/parity/record.py [group ...]     (needs `pip install tensorflow-cpu==2.21`)
"""

import importlib
import json
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE / "scenarios"))

from context import SCENARIOS, Context, np, number, number_text, tf
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import tensor_util


def type_name(enum):
    return tf.as_dtype(enum).name if enum else "invalid"


def shape_text(proto):
    if proto.unknown_rank:
        return "<unknown>"
    return "[" + ",".join("?" if d.size < 0 else str(d.size) for d in proto.dim) + "]"


def float_text(value):
    value = np.float32(value)
    if not np.isfinite(value):
        return str(number(value, "f"))
    text = number_text(value)
    return text if any(c in text for c in ".e") else text + ".0"


def element_text(value, kind):
    if kind == "f" and np.isfinite(value):
        return number_text(value)
    if kind == "c":
        return f"({element_text(value.real, 'f')} {element_text(value.imag, 'f')})"
    value = number(value, kind)
    return json.dumps(value) if isinstance(value, bool) or kind in "SOU" else str(value)


def tensor_text(proto):
    array = tensor_util.MakeNdarray(proto)
    shape = "[" + ",".join(str(d) for d in array.shape) + "]"
    flat = array.reshape(-1)
    kind = "S" if array.dtype.kind in "SOU" else "f" if array.dtype.kind == "V" else array.dtype.kind
    texts = [element_text(v, kind) for v in (flat if flat.size <= 16 else list(flat[:4]) + [flat[-1]])]
    if flat.size > 16:
        texts.insert(4, "...")
    return f"tensor<{type_name(proto.dtype)},{shape}>:" + ",".join(texts)


def attr_text(attr):
    """The canonical text of an attribute; harness.ts makes the same one."""
    kind = attr.WhichOneof("value")
    if kind == "type":
        return type_name(attr.type)
    if kind == "shape":
        return shape_text(attr.shape)
    if kind == "i":
        return str(attr.i)
    if kind == "f":
        return float_text(attr.f)
    if kind == "b":
        return "true" if attr.b else "false"
    if kind == "s":
        return json.dumps(attr.s.decode("utf-8", "backslashreplace"))
    if kind == "tensor":
        return tensor_text(attr.tensor)
    if kind == "func":
        return "func:" + attr.func.name
    if kind == "list":
        parts = attr.list
        texts = (
            [type_name(t) for t in parts.type]
            + [shape_text(t) for t in parts.shape]
            + [str(i) for i in parts.i]
            + [float_text(f) for f in parts.f]
            + ["true" if b else "false" for b in parts.b]
            + [json.dumps(s.decode()) for s in parts.s]
            + [tensor_text(t) for t in parts.tensor]
            + ["func:" + f.name for f in parts.func]
        )
        return "[" + ", ".join(texts) + "]"
    raise ValueError(f"unknown attribute kind {kind}")


def output_text(tensor):
    shape = tensor.shape
    dims = "<unknown>" if shape.rank is None else "[" + ",".join("?" if d is None else str(d) for d in shape.as_list()) + "]"
    return tensor.dtype.name + dims


def node_record(op):
    node = op.node_def
    record = {"name": node.name, "op": node.op}
    if node.device:
        record["device"] = node.device
    inputs = [i for i in node.input if not i.startswith("^")]
    controls = sorted(i[1:] for i in node.input if i.startswith("^"))
    if inputs:
        record["inputs"] = inputs
    if controls:
        record["control"] = controls
    if node.attr:
        record["attrs"] = {k: attr_text(node.attr[k]) for k in sorted(node.attr)}
    if op.outputs:
        record["outputs"] = [output_text(t) for t in op.outputs]
    return record


def item_text(item):
    name = getattr(item, "name", None)
    return name if isinstance(name, str) else str(item)


def collections_record(graph):
    hidden = {tf.GraphKeys.COND_CONTEXT, tf.GraphKeys.WHILE_CONTEXT}
    keys = sorted(k for k in graph.get_all_collection_keys() if k not in hidden)
    return {k: [item_text(i) for i in graph.get_collection(k)] for k in keys if graph.get_collection(k)}


def run_scenario(fn):
    graph = tf.Graph()
    with graph.as_default():
        context = Context()
        fn(context)
        recorded = {
            "nodes": [node_record(op) for op in graph.get_operations()],
            "collections": collections_record(graph),
        }
        if context.recorded_values:
            recorded["values"] = context.recorded_values
        if context.prints:
            recorded["prints"] = context.prints
        if context.errors:
            recorded["errors"] = context.errors
    if context.session is not None:
        context.session.close()
    return recorded


def line(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def block(value, indent):
    """JSON with one entry of a list or dict per line."""
    pad = " " * indent
    if not value:
        return line(value)
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"{pad} {line(v)}" for v in value) + f"\n{pad}]"
    return "{\n" + ",\n".join(f"{pad} {line(k)}: {line(v)}" for k, v in value.items()) + f"\n{pad}}}"


def write(group, recorded):
    parts = []
    for name, record in recorded.items():
        fields = [f'  "{key}": {block(value, 2)}' for key, value in record.items()]
        parts.append(f" {line(name)}: {{\n" + ",\n".join(fields) + "\n }")
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    json.loads(text)
    (HERE / "recordings" / f"{group}.json").write_text(text)


def main(groups):
    (HERE / "recordings").mkdir(exist_ok=True)
    all_groups = sorted(p.stem for p in (HERE / "scenarios").glob("*.py"))
    failed = 0
    for group in groups or all_groups:
        importlib.import_module(group)
        recorded = {}
        for name, fn in SCENARIOS.get(group, {}).items():
            try:
                recorded[name] = run_scenario(fn)
            except Exception as e:
                failed += 1
                print(f"FAILED {group}: {name}: {type(e).__name__}: {str(e)[:600]}")
                if "-v" in sys.argv:
                    raise
        write(group, recorded)
        nodes = sum(len(r["nodes"]) for r in recorded.values())
        print(f"{group}: {len(recorded)} scenarios, {nodes} nodes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main([a for a in sys.argv[1:] if not a.startswith("-")]))
