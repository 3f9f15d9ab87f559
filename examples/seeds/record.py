"""Runs the snippets' Python versions with TensorFlow 2.21 (tf.compat.v1) and keeps what they print in expected/.

Usage: python3 examples/seeds/record.py [number ...]     (needs `pip install tensorflow-cpu==2.21`)
"""

import contextlib
import io
import os
import pathlib
import runpy
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.dont_write_bytecode = True

import tensorflow.compat.v1 as tf

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()
tf.disable_control_flow_v2()

HERE = pathlib.Path(__file__).resolve().parent


def record(script):
    """The printed text; stack frames keep the file's name only, so that it is the same everywhere."""
    tf.reset_default_graph()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path(str(script), run_name="__main__")
    (HERE / "expected" / f"{script.stem}.txt").write_text(without_frames(printed.getvalue()), "utf-8")


def without_frames(text):
    """A traceback names folders of this machine: `  File "…", line 3, in f` and the source line below it."""
    lines = text.split("\n")
    return "\n".join(line for line in lines if not line.startswith(("  File ", "    ")))


if __name__ == "__main__":
    for script in sorted((HERE / "python").glob("*.py")):
        if len(sys.argv) == 1 or script.stem.split("-")[0] in sys.argv[1:]:
            record(script)
            print("recorded", script.stem)
