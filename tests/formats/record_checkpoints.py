"""Writes checkpoints with every type that TensorFlow 2.21 stores: fixtures/ckpt_every.

Usage: python tests/formats/record_checkpoints.py     (needs tensorflow-cpu 2.21)
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

folder = pathlib.Path(__file__).resolve().parent / "fixtures" / "ckpt_every"
folder.mkdir(parents=True, exist_ok=True)
os.chdir(folder)

numbers = {
    name: tf.constant(values, name)
    for name, values in {
        "float32": [[1.5, -2.0], [np.inf, 3e-40]],
        "float64": [np.pi],
        "float16": [1.5, -65504.0],
        "bfloat16": [1.5, -2.0],
        "int8": [-128, 127],
        "int16": [-32768],
        "int32": 7,
        "int64": [2**62 + 1, -1],
        "uint8": [255],
        "uint16": [65535],
        "uint32": [2**32 - 1],
        "uint64": [2**64 - 1],
        "bool": [True, False],
        "complex64": [1 + 2j],
        "complex128": [[1 - 2j, 3.5j]],
    }.items()
}
numbers["empty"] = tf.zeros([0, 3])
numbers["scope/ünïcode"] = tf.constant(1.0)
texts = {
    "text": tf.constant([["ab", ""], ["xyz", "é"]]),
    "text/bytes": tf.constant([b"\xff\x00\x80", b"z" * 300]),
    "text/scalar": tf.constant("one"),
}
whole = np.arange(24, dtype=np.float32).reshape(4, 6)
slices = [("4 6 2,2:0,3", whole[2:, :3]), ("4 6 0,2:-", whole[:2]), ("4 6 2,2:3,3", whole[2:, 3:])]


def save(prefix, tensors, parts=()):
    names = list(tensors) + ["cut"] * len(parts)
    specs = [""] * len(tensors) + [spec for spec, _ in parts]
    values = list(tensors.values()) + [tf.constant(value) for _, value in parts]
    return tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=specs, tensors=values)


quantized = {
    "qint8": tf.bitcast(tf.constant([-3, 4], tf.int8), tf.qint8),
    "quint8": tf.bitcast(tf.constant([3, 4], tf.uint8), tf.quint8),
    "qint32": tf.bitcast(tf.constant([-5]), tf.qint32),
    "float8": tf.cast(tf.constant([1.0, -2.0]), tf.dtypes.as_dtype(24)),
}

with tf.Session() as session:
    session.run(save("every", {**numbers, **texts}, slices))
    session.run(save("quantized", quantized))

# Version 1 of what its savers store. Half is stored in a field of its own there, complex numbers as pairs.
with tf.Graph().as_default(), tf.Session() as session:
    for name in ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "bool", "complex64", "complex128"]:
        values = {"float32": [[1.5, -2.0], [np.inf, 3e-40]], "bool": [True, False]}.get(name, [1, 2])
        tf.Variable(tf.constant(values, name), name=name)
    tf.Variable(tf.constant(["ab", ""]), name="text")
    tf.get_variable("cut", initializer=tf.constant(whole), partitioner=tf.fixed_size_partitioner(2, axis=1))
    session.run(tf.global_variables_initializer())
    tf.train.Saver(write_version=tf.train.SaverDef.V1).save(session, "./v1", write_meta_graph=False, write_state=False)
