"""TensorFlow 2's own way to load a SavedModel, for the proof: `python proof2.py FOLDER` prints the check as a line of JSON."""

import os
import sys

sys.dont_write_bytecode = True

from model import batch, tf
from proof import compare, read_expected

tf.enable_v2_behavior()
os.chdir(sys.argv[1])
for name in ("saved_model", "saved_model_text"):
    signature = tf.compat.v2.saved_model.load(name).signatures["serving_default"]
    scores = signature(images=tf.constant(batch(100)[0]))["scores"].numpy().tolist()
    compare(f"{name}: TensorFlow 2 loads it, with the same scores", scores, read_expected()["savedScores"], 1e-5)
