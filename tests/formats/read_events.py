"""Reads event files with TensorBoard's own reader: `python3 tests/formats/read_events.py LOGDIR` prints them as JSON."""

import base64
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.util import tensor_util


def base64_text(data):
    return base64.b64encode(data).decode()


def histogram(step, value):
    numbers = [value.min, value.max, value.num, value.sum, value.sum_squares]
    return [step, *numbers, list(value.bucket_limit), list(value.bucket)]


def read(logdir):
    accumulator = event_accumulator.EventAccumulator(
        logdir, size_guidance={kind: 0 for kind in event_accumulator.DEFAULT_SIZE_GUIDANCE}
    )
    accumulator.Reload()
    tags = accumulator.Tags()
    run = {
        "tags": {kind: sorted(each) if isinstance(each, list) else each for kind, each in tags.items()},
        "fileVersion": accumulator.file_version,
        "scalars": {t: [[e.step, e.value] for e in accumulator.Scalars(t)] for t in tags["scalars"]},
        "histograms": {
            t: [histogram(e.step, e.histogram_value) for e in accumulator.Histograms(t)] for t in tags["histograms"]
        },
        "images": {
            t: [[e.step, e.width, e.height, base64_text(e.encoded_image_string)] for e in accumulator.Images(t)]
            for t in tags["images"]
        },
        "audio": {
            t: [
                [e.step, e.sample_rate, e.length_frames, e.content_type, base64_text(e.encoded_audio_string)]
                for e in accumulator.Audio(t)
            ]
            for t in tags["audio"]
        },
        "tensors": {},
        "plugins": {},
        "runMetadata": {t: accumulator.RunMetadata(t).SerializeToString().hex() for t in tags["run_metadata"]},
    }
    for tag in tags["tensors"]:
        run["plugins"][tag] = accumulator.SummaryMetadata(tag).plugin_data.plugin_name
        values = []
        for event in accumulator.Tensors(tag):
            array = tensor_util.make_ndarray(event.tensor_proto)
            elements = [v.decode() if isinstance(v, bytes) else v for v in array.ravel().tolist()]
            values.append([event.step, list(array.shape), elements])
        run["tensors"][tag] = values
    if tags["graph"]:
        nodes = accumulator.Graph().node if isinstance(accumulator.Graph(), GraphDef) else []
        run["graph"] = [[n.name, n.op, list(n.input), sorted(n.attr)] for n in nodes]
    if tags["meta_graph"]:
        meta = accumulator.MetaGraph()
        assert isinstance(meta, MetaGraphDef)
        run["metaGraph"] = {
            "nodes": [n.name for n in meta.graph_def.node],
            "ops": [op.name for op in meta.meta_info_def.stripped_op_list.op],
            "collections": sorted(meta.collection_def),
        }
    return run


print(json.dumps(read(sys.argv[1])))
