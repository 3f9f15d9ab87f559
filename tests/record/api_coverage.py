"""Lists the public names of tf.compat.v1 in the namespaces that Tensorscope has or may get, as tests/recordings/api.json.

Usage: python tests/record/api_coverage.py     (needs `pip install tensorflow-cpu==2.21`), then
node scripts/api-coverage.mjs writes docs/api-coverage.md.
"""

import json
import os
import pathlib
import types

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow.compat.v1 as tf

SPACES = [
    "", "nn", "math", "train", "initializers", "linalg", "random", "debugging", "bitwise", "image", "strings", "summary",
    "losses", "metrics", "layers", "errors", "dtypes", "sparse", "sets", "signal", "data", "io", "gfile", "graph_util",
    "queue", "lookup", "saved_model", "distributions", "keras", "logging", "test",
]


def names(module):
    """The public functions, classes and constants of a module."""
    found = []
    for name in sorted(dir(module)):
        if name.startswith("_"):
            continue
        try:
            value = getattr(module, name)
        except Exception:  # lazily loaded parts that are not installed
            continue
        if not isinstance(value, types.ModuleType):
            found.append(name)
    return found


def main():
    result = {}
    for space in SPACES:
        try:
            module = getattr(tf, space) if space else tf
            found = names(module)
        except Exception:  # tf.layers and others need Keras 2
            found = []
        if found:
            result[space] = found
    path = pathlib.Path(__file__).resolve().parent.parent / "recordings" / "api.json"
    lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in result.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print({k: len(v) for k, v in result.items()})


main()
