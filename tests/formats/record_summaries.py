"""Records what TensorFlow's summary operations give: `python3 tests/formats/record_summaries.py`.

Writes recordings/summaries.json: per case the operation, its inputs and attributes, and the serialized Summary in
hexadecimal or the error text. PNG bytes depend on the encoder, so images are kept as their pixels.
"""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

cases = []
nan, inf = float("nan"), float("inf")
rng = np.random.RandomState(11)


def element(value):
    if isinstance(value, (bytes, str)):
        return value.decode("latin-1") if isinstance(value, bytes) else value
    if isinstance(value, (int, np.integer)):
        return str(value)
    value = float(value)
    return repr(value) if not np.isfinite(value) or (value == 0 and np.signbit(value)) else value


def encoded(array):
    strings = array.dtype.kind in "SOU"
    return {
        "dtype": "string" if strings else array.dtype.name,
        "shape": list(array.shape),
        "data": [element(v) for v in array.ravel().tolist()],
    }


def decoded_images(session, summary):
    images = []
    for value in summary.value:
        pixels = session.run(tf.image.decode_png(value.image.encoded_image_string, channels=0))
        images.append(
            {
                "tag": value.tag,
                "height": value.image.height,
                "width": value.image.width,
                "colorspace": value.image.colorspace,
                "pixels": pixels.astype(np.uint8).tobytes().hex(),
            }
        )
    return images


def case(name, op, inputs, **attrs):
    arrays = {key: np.asarray(value) for key, value in inputs.items()}
    entry = {"name": name, "op": op, "inputs": [encoded(a) for a in arrays.values()]}
    shown = {k: encoded(v) if isinstance(v, np.ndarray) else v for k, v in attrs.items()}
    if shown:
        entry["attrs"] = shown
    given = {k: tf.make_tensor_proto(v) if isinstance(v, np.ndarray) else v for k, v in attrs.items()}
    with tf.Graph().as_default(), tf.Session() as session:
        constants = {key: tf.constant(array) for key, array in arrays.items()}
        made = getattr(tf.raw_ops, op)(**constants, **given, name="node")
        try:
            result = session.run(made)
        except tf.errors.OpError as error:
            entry["error"] = error.message.split("Node: 'node'\n")[-1].split("\n\t")[0].rstrip()
        else:
            if op == "ImageSummary":
                entry["images"] = decoded_images(session, tf.Summary.FromString(result))
            else:
                entry["summary"] = result.hex()
    cases.append(entry)


def scalar(name, tags, values):
    case(f"scalar: {name}", "ScalarSummary", {"tags": tags, "values": values})


scalar("a float", b"a", np.float32(0.1))
scalar("a double is rounded", b"a", np.float64(0.1))
scalar("zero", b"a", np.float32(0))
scalar("minus zero", b"a", np.float32(-0.0))
scalar("a large integer", b"a", np.int64(2**53 + 1))
scalar("an unsigned integer", b"a", np.uint8(255))
scalar("a half", b"a", np.float16(0.1))
scalar("NaN", b"a", np.float32(nan))
scalar("infinity", b"a", np.float32(-inf))
scalar("a double too large", b"a", np.float64(1e300))
scalar("text beyond ASCII", "gr\u00f6\u00dfe".encode(), np.float32(1))
scalar("an empty tag", b"", np.float32(1))
scalar("several tags", [b"a", b"b"], np.float32([1, 2]))
scalar("no tags", np.array([], dtype=object).astype("S"), np.zeros([0], np.float32))
scalar("a vector for one tag", b"a", np.float32([1, 2]))
scalar("a vector of one", b"a", np.float32([1]))
scalar("tags and values of other lengths", [b"a", b"b"], np.float32([1]))


def histogram(name, values, tag=b"h"):
    case(f"histogram: {name}", "HistogramSummary", {"tag": tag, "values": values})


histogram("the documented sample", np.float32([-1, 0, 0.5, 0.5, 2]))
histogram("nothing", np.zeros([0], np.float32))
histogram("one value", np.float32(3))
histogram("zeros", np.zeros([2, 3], np.float32))
histogram("minus zero", np.float32([-0.0]))
histogram("normal numbers", rng.randn(40).astype(np.float32))
histogram("wide range", (10.0 ** rng.uniform(-16, 24, 30) * rng.choice([-1, 1], 30)).astype(np.float64))
histogram("limits themselves", np.float64([1e-12, 1.1e-12, -1e-12, 1e20, 1.1e20, -1.7976931348623157e308]))
histogram("integers", rng.randint(-50, 50, 20).astype(np.int32))
histogram("large integers", np.int64([2**62, -(2**62), 3]))
histogram("halves", np.float16([0.1, -2.5, 6e-8]))
histogram("bytes", np.uint8([0, 1, 255]))
histogram("NaN", np.float32([1, nan]))
histogram("infinity", np.float32([1, inf]))
histogram("infinity before NaN", np.float64([-inf, nan]))
histogram("a tag that is no scalar", np.float32([1]), tag=[b"h"])


def image(name, tensor, tag=b"i", **attrs):
    case(f"image: {name}", "ImageSummary", {"tag": tag, "tensor": tensor}, **attrs)


image("positive floats", np.arange(12).reshape(1, 2, 2, 3).astype(np.float32))
image("negative floats", np.float32([-1, -0.25, 0, 0.5, 0.75, 2]).reshape(1, 2, 3, 1))
image("random floats", rng.randn(1, 4, 5, 3).astype(np.float32))
image("random doubles", rng.rand(1, 4, 3, 4))
image("random halves", rng.randn(1, 4, 3, 1).astype(np.float16))
image("tiny floats", np.full([1, 1, 2, 1], 1e-7, np.float32))
image("tiny negative floats", np.full([1, 1, 2, 1], -1e-7, np.float32))
image("zeros", np.zeros([1, 2, 2, 1], np.float32))
image("not finite", np.float32([[[[1, 2, 3], [nan, 2, 3]], [[0, 1, inf], [0.5, 0, 0]]]]))
image("not finite, grey", np.float32([1, nan, -inf, 0.5]).reshape(1, 2, 2, 1))
image("nothing finite", np.full([1, 1, 2, 1], nan, np.float32))
image("another bad colour", np.float32([nan, 1, 1]).reshape(1, 1, 1, 3), bad_color=np.uint8([1, 2, 3]))
image("bytes", np.arange(24).reshape(2, 2, 2, 3).astype(np.uint8) * 10)
image("RGBA bytes", np.arange(8).reshape(1, 1, 2, 4).astype(np.uint8) * 30)
image("more than are shown", np.arange(5).reshape(5, 1, 1, 1).astype(np.uint8))
image("only one", np.arange(5).reshape(5, 1, 1, 1).astype(np.uint8), max_images=1)
image("none", np.zeros([0, 2, 2, 1], np.float32))
image("rank 3", np.zeros([2, 2, 1], np.float32))
image("two channels", np.zeros([1, 2, 2, 2], np.float32))
image("no pixels", np.zeros([1, 0, 2, 1], np.float32))
image("a tag that is no scalar", np.zeros([1, 1, 1, 1], np.float32), tag=[b"i"])
image("a bad colour of floats", np.zeros([1, 1, 1, 1], np.float32), bad_color=np.float32([1]))
image("a bad colour that is too short", np.zeros([1, 1, 1, 3], np.float32), bad_color=np.uint8([1]))


def audio(name, tensor, rate=np.float32(8000), tag=b"s", **attrs):
    inputs = {"tag": tag, "tensor": np.asarray(tensor, np.float32), "sample_rate": rate}
    case(f"audio: {name}", "AudioSummaryV2", inputs, **attrs)


audio("one channel", [[0, 0.5, -0.5, 1, -1, 2, -2, 0.99999]])
audio("two channels", [[[0, 0.5], [-0.5, 1]]])
audio("halves of a step", np.array([[0.5, 1.5, 2.5, -0.5, -1.5]]) / 32768)
audio("not finite", [[nan, inf, -inf]])
audio("no frames", np.zeros([1, 0]))
audio("more than are kept", np.zeros([5, 2]))
audio("only one", np.zeros([5, 2]), max_outputs=1)
audio("none", np.zeros([0, 2]))
audio("a rate with a fraction", [[0.25]], rate=np.float32(44100.75))
audio("a rate in a vector", [[0.25]], rate=np.float32([16000]))
audio("rate zero", [[0.25]], rate=np.float32(0))
audio("rate NaN", [[0.25]], rate=np.float32(nan))
audio("two rates", [[0.25]], rate=np.float32([1, 2]))
audio("rank 1", [0.25])
audio("rank 4", np.zeros([1, 1, 1, 1]))
audio("a tag that is no scalar", [[0.25]], tag=[b"s"])


def tensor(name, value, metadata=b"", tag=b"t"):
    inputs = {"tag": tag, "tensor": value, "serialized_summary_metadata": metadata}
    case(f"tensor: {name}", "TensorSummaryV2", inputs)


text = tf.SummaryMetadata(plugin_data=tf.SummaryMetadata.PluginData(plugin_name="text"))
described = tf.SummaryMetadata(display_name="n", summary_description="d")
tensor("integers", np.int32([[1, 2], [3, 4]]))
tensor("a double", np.float64(1.5), described.SerializeToString())
tensor("text", np.array([b"hello", "gr\u00f6\u00dfe".encode()]), text.SerializeToString())
tensor("one text", np.array(b"hello"), text.SerializeToString())
tensor("booleans", np.array([True, False]))
tensor("halves", np.float16([1, 2]))
tensor("nothing", np.zeros([0, 2], np.float32))
tensor("a tag that is no scalar", np.float32(1), tag=[b"t"])
tensor("metadata that is no scalar", np.float32(1), metadata=[b"", b""])


def summary(*tags):
    values = [tf.Summary.Value(tag=tag, simple_value=i) for i, tag in enumerate(tags)]
    return tf.Summary(value=values).SerializeToString()


def merge(name, *inputs):
    arrays = [np.asarray(value, dtype=object) for value in inputs]
    entry = {"name": f"merge: {name}", "op": "MergeSummary", "inputs": [encoded(a) for a in arrays]}
    with tf.Graph().as_default(), tf.Session() as session:
        made = tf.raw_ops.MergeSummary(inputs=[tf.constant(a) for a in arrays], name="node")
        try:
            entry["summary"] = session.run(made).hex()
        except tf.errors.OpError as error:
            entry["error"] = error.message.split("Node: 'node'\n")[-1].split("\n\t")[0].rstrip()
    cases.append(entry)


merge("two", summary("a"), summary("b", "c"))
merge("one of nothing", b"")
merge("a vector", [summary("a"), summary("b")], summary("c"))
merge("the same tag twice", summary("a"), summary("b", "a"))
merge("the same tag in one input", summary("a", "a"))
merge("no message", b"\xff\xff")
merge("a message with unknown fields", summary("a") + b"\x98\x06\x01")

path = Path(__file__).parent / "recordings" / "summaries.json"
path.parent.mkdir(exist_ok=True)
lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in cases)
path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
print(len(cases), "cases")
