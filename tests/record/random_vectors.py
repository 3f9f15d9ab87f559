"""Records what TensorFlow draws: `python tests/record/random_vectors.py > tests/recordings/random.json`.

Every case holds the seeds, the values of one or two runs (bits as hexadecimal bytes of a short prefix and suffix, and
a checksum of all), so that any difference shows.
"""

import json
import os
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.logging.set_verbosity("ERROR")

cases = []


def values(array):
    """float16 and bfloat16 as bits, int64 as text, the rest as numbers."""
    flat = np.ascontiguousarray(array).ravel()
    if flat.dtype.itemsize == 2:
        return [int(v) for v in flat.view(np.uint16)]
    if flat.dtype == np.int64:
        return [str(v) for v in flat]
    return [v.item() for v in flat]


def record(routine, make, runs=2, keep=24, inputs=(), params=None):
    with tf.Graph().as_default() as graph:
        output = make()
        op = next(o for o in graph.get_operations() if "seed2" in [a for a in o.node_def.attr])
        session = tf.Session(graph=graph, config=tf.ConfigProto(intra_op_parallelism_threads=1))
        results = []
        for _ in range(runs):
            array = session.run(op.outputs[0])
            flat = values(array)
            results.append(
                dict(
                    head=flat[:keep],
                    tail=flat[-4:],
                    crc=zlib.crc32(np.ascontiguousarray(array).tobytes()),
                )
            )
    cases.append(
        dict(
            routine=routine,
            seed=str(op.get_attr("seed")),
            seed2=str(op.get_attr("seed2")),
            dtype=op.outputs[0].dtype.name,
            shape=list(array.shape),
            inputs=[dict(dtype=a.dtype.name, shape=list(a.shape), values=values(a)) for a in inputs],
            params=params or {},
            runs=results,
        )
    )


floats = [tf.float32, tf.float64, tf.float16, tf.bfloat16]
for dtype in floats:
    for shape in [[1], [6], [2, 3], [7, 1], [5000]]:
        record("randomUniform", lambda: tf.random_uniform(shape, dtype=dtype, seed=1234))
        record("randomStandardNormal", lambda: tf.random_normal(shape, dtype=dtype, seed=1234))
        record("truncatedNormal", lambda: tf.truncated_normal(shape, dtype=dtype, seed=1234))


def seeded(graph_seed, make):
    def build():
        tf.set_random_seed(graph_seed)
        return make()

    return build


record("randomStandardNormal", seeded(5, lambda: tf.random_normal([2, 2], seed=1)))
record("randomUniform", seeded(-3, lambda: tf.random_uniform([5], seed=2**40 + 7)))
record("truncatedNormal", seeded(2**33 + 1, lambda: tf.truncated_normal([9])))
record("randomStandardNormal", seeded(99, lambda: tf.random_normal([100000])), keep=4)
record("truncatedNormal", seeded(99, lambda: tf.truncated_normal([100001])), keep=4)
record("randomUniform", seeded(99, lambda: tf.random_uniform([100003])), keep=4)

for dtype, low, high, shape in [
    (np.int32, 0, 10, [10]),
    (np.int32, -5, 5, [8]),
    (np.int32, -(2**31), 2**31 - 1, [9]),
    (np.int64, 0, 1000, [6]),
    (np.int64, -(2**62), 2**62, [5]),
    (np.int64, -(2**63), 2**63 - 1, [5]),
    (np.int32, 3, 4, [2]),
    (np.int32, 0, 7, [5000]),
]:
    bounds = [np.array(low, dtype), np.array(high, dtype)]
    record(
        "randomUniformInt",
        lambda: tf.random_uniform(shape, bounds[0], bounds[1], dtype=tf.as_dtype(dtype), seed=1234),
        inputs=bounds,
    )

for value in [
    np.arange(8, dtype=np.int32),
    np.arange(1, dtype=np.int32),
    np.arange(2, dtype=np.float32),
    np.arange(6, dtype=np.float32).reshape(3, 2),
    np.arange(1000, dtype=np.int64),
    np.arange(12, dtype=np.float64).reshape(5 - 1, 3, 1),
    np.arange(5, dtype=np.float32).reshape(5, 1),
]:
    record("randomShuffle", lambda: tf.random_shuffle(value, seed=134), runs=3, inputs=[value])

logits = [
    np.log(np.array([[0.1, 0.2, 0.7]], np.float32)),
    np.array([[0.5, -1, 3, np.inf, 0, -np.inf]], np.float32),
    np.array([[1, 2, 3, 4], [4, 3, 2, 1], [0, 0, 0, 0]], np.float64),
    np.array([[1, 1], [2, 2]], np.float16),
]
for value, samples, dtype in [(0, 5, tf.int64), (0, 8, tf.int32), (1, 7, tf.int64), (2, 6, tf.int32), (3, 5, tf.int64)]:
    record(
        "multinomial",
        lambda: tf.multinomial(logits[value], samples, seed=7, output_dtype=dtype),
        inputs=[logits[value]],
        params=dict(numSamples=samples),
    )

for dtype in [np.float32, np.float64, np.float16]:
    for alpha in [[1.0], [0.3, 2.5], [[0.01], [1.0], [30.0]]]:
        array = np.array(alpha, dtype)
        record(
            "randomGamma",
            lambda: tf.raw_ops.RandomGamma(shape=[40], alpha=array, seed=7, seed2=11),
            inputs=[array],
        )
for rate_type, dtype in [(np.float32, tf.float32), (np.float64, tf.int64), (np.float64, tf.float16), (np.float32, tf.int32)]:
    array = np.array([0.1, 3.0, 9.99, 10.0, 55.5, 1000.0, 40000.0], rate_type)
    record(
        "randomPoisson",
        lambda: tf.raw_ops.RandomPoissonV2(shape=[40], rate=array, seed=7, seed2=11, dtype=dtype),
        inputs=[array],
    )

print(
    "[\n" + ",\n".join(json.dumps(case).replace("-Infinity", '"-inf"').replace("Infinity", '"inf"') for case in cases) + "\n]"
)
