"""TensorFlow 2's own way to save and load, for the proof.

python proof2.py check FOLDER     loads Tensorscope's SavedModels, and prints each check as a line of JSON
python proof2.py write FOLDER     writes a SavedModel of objects and functions
python proof2.py fixtures         the same into ../fixtures/proof2/objects
"""

import json
import os
import pathlib
import shutil
import sys

sys.dont_write_bytecode = True

from model import batch, np, tf
from proof import compare, read_expected

tf.enable_v2_behavior()
v2 = tf.compat.v2


def check(folder):
    os.chdir(folder)
    for name in ("saved_model", "saved_model_text"):
        signature = v2.saved_model.load(name).signatures["serving_default"]
        scores = signature(images=tf.constant(batch(100)[0]))["scores"].numpy().tolist()
        compare(f"{name}: TensorFlow 2 loads it, with the same scores", scores, read_expected()["savedScores"], 1e-5)


class Layer(v2.Module):
    def __init__(self, size, channels):
        super().__init__()
        count = size * channels
        self.weights = v2.Variable((((np.arange(count) * 53) % 97 - 48) / 192).reshape(size, channels), dtype=tf.float32)
        self.biases = v2.Variable(np.arange(channels) / 8, dtype=tf.float32)

    @v2.function
    def __call__(self, x):
        return v2.matmul(x, self.weights) + self.biases


class Model(v2.Module):
    """Functions that call functions, one of them twice; a variable that a signature changes."""

    def __init__(self):
        super().__init__()
        self.layers = [Layer(64, 6), Layer(6, 6), Layer(6, 3)]
        self.calls = v2.Variable(0, dtype=tf.int64)

    @v2.function(input_signature=[v2.TensorSpec([None, 8, 8, 1], tf.float32, name="images")])
    def classify(self, images):
        first, second, last = self.layers
        x = v2.nn.relu(first(v2.reshape(images, [-1, 64])))
        logits = last(second(second(x)))
        return {"scores": v2.nn.softmax(logits), "classes": v2.argmax(logits, axis=1)}

    @v2.function(input_signature=[v2.TensorSpec([], tf.int64, name="by")])
    def count(self, by):
        self.calls.assign_add(by)
        return {"calls": self.calls.read_value()}


def write(folder):
    shutil.rmtree(folder, ignore_errors=True)
    model = Model()
    v2.saved_model.save(model, str(folder), signatures={"serving_default": model.classify, "count": model.count})
    # Never read here, and different each time.
    (folder / "fingerprint.pb").unlink(missing_ok=True)
    shutil.rmtree(folder / "assets", ignore_errors=True)
    results = model.classify(tf.constant(batch(100)[0]))
    expected = {name: value.numpy().tolist() for name, value in results.items()}
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "fixtures":
        write(pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "proof2" / "objects")
    else:
        {"write": write, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]).absolute())
