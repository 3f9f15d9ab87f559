"""TensorFlow's side of the proof.

python proof.py write FOLDER     trains, and writes the checkpoint, MetaGraph and SavedModels that Tensorscope shall read
python proof.py fixtures         the same into ../fixtures/proof, without the large SavedModel in text form
python proof.py check FOLDER     reads what Tensorscope wrote in the same way, and prints each check as a line of JSON

With a further argument `resource`, variables are resource variables.
"""

import json
import os
import pathlib
import shutil
import sys

sys.dont_write_bytecode = True

from model import SAVED, STEPS, build, scores, tf, train
from tensorflow.core.protobuf import meta_graph_pb2

RULES = pathlib.Path(__file__).resolve().parents[2] / "parity" / "rules.json"
LATER = json.loads(RULES.read_text())["attrsAfter1.15"]["attrs"]
VOCABULARY = "one\ntwo\nthree\n"


def write(folder, models=("saved_model", "saved_model_text")):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Paths are in the files: relative ones are the same wherever they are made.
    os.chdir(folder)
    pathlib.Path("vocabulary.txt").write_text(VOCABULARY)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        made = build("vocabulary.txt")
        session.run(made["init"])
        saver = tf.train.Saver()
        losses = train(session, range(SAVED))
        saver.save(session, "model.ckpt", global_step=tf.train.get_global_step())
        saved_scores = scores(session)
        for name in models:
            for key in ("saved_model_assets", "saved_model_main_op"):
                graph.clear_collection(key)
            if not name.endswith("text"):
                inputs, outputs = {"images": made["images"]}, {"scores": made["scores"]}
                tf.saved_model.simple_save(session, name, inputs, outputs, legacy_init_op=made["main_op"])
                continue
            builder = tf.saved_model.Builder(name)
            builder.add_meta_graph_and_variables(
                session,
                ["serve"],
                signature_def_map={
                    "serving_default": tf.saved_model.predict_signature_def(
                        {"images": made["images"]}, {"scores": made["scores"]}
                    )
                },
                assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
                main_op=made["main_op"],
            )
            builder.save(as_text=True)
        losses += train(session, range(SAVED, STEPS))
        expected = {"losses": losses, "savedScores": saved_scores, "endScores": scores(session)}
    pathlib.Path("vocabulary.txt").unlink()
    pathlib.Path("expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def read_expected():
    return json.loads(pathlib.Path("expected.json").read_text())


def difference(a, b):
    """The largest difference between two nested lists."""
    if isinstance(a, list):
        if len(a) != len(b):
            return float("inf")
        return max((difference(x, y) for x, y in zip(a, b)), default=0.0)
    return abs(a - b)


def strip(node):
    """Removes inferred shapes, and attributes that came after TensorFlow 1.15: Tensorscope does not make them."""
    for name in ("_output_shapes", *LATER["*"], *LATER.get(node.op, [])):
        node.attr.pop(name, None)


def report(check, ok, detail):
    print(json.dumps({"check": check, "ok": bool(ok), "detail": detail}), flush=True)


def compare(check, a, b, tolerance):
    largest = difference(a, b)
    report(check, largest <= tolerance, f"largest difference {largest:.1e}")


def continues(check, session, expected):
    compare(f"{check}: trains on with the same losses", train(session, range(SAVED, STEPS)), expected["losses"][SAVED:], 1e-4)
    compare(f"{check}: ends with the same scores", scores(session), expected["endScores"], 1e-3)


def check(folder):
    os.chdir(folder)
    expected = read_expected()
    prefix = tf.train.latest_checkpoint(".")
    report("the state file names the checkpoint", prefix == f"./model.ckpt-{SAVED}", str(prefix))
    with tf.Graph().as_default() as graph, tf.Session() as session:
        build("vocabulary.txt")
        own = sorted((v.op.name, v.shape.as_list()) for v in tf.global_variables())
        stored = sorted(tf.train.list_variables(prefix))
        report("the checkpoint has names and shapes of its own graph", own == stored, f"{len(stored)} variables")
        saver = tf.train.Saver()
        own_nodes = {n.name: n for n in graph.as_graph_def().node}
        own_collections = tf.train.export_meta_graph().collection_def
        saver.restore(session, prefix)
        compare("the checkpoint in its own graph: same scores", scores(session), expected["savedScores"], 1e-5)
        continues("the checkpoint in its own graph", session, expected)
    meta = meta_graph_pb2.MetaGraphDef()
    meta.ParseFromString(pathlib.Path(prefix + ".meta").read_bytes())
    differing = []
    for node in meta.graph_def.node:
        mine = own_nodes.pop(node.name, None)
        strip(node)
        if mine:
            strip(mine)
        if mine is None or mine.op != node.op or mine.device != node.device or mine.input != node.input or mine.attr != node.attr:
            differing.append(node.name)
    differing += own_nodes
    report(
        "the MetaGraph has the nodes that it makes itself",
        not differing,
        f"{len(meta.graph_def.node)} nodes" + "".join(f", {name} differs" for name in differing[:3]),
    )
    keys = own_collections.keys() | meta.collection_def.keys()
    differing = sorted(key for key in keys if own_collections.get(key) != meta.collection_def.get(key))
    report(
        "the MetaGraph has the collections that it makes itself",
        not differing,
        f"{len(keys)} collections" + "".join(f", {key} differs" for key in differing),
    )
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(prefix + ".meta").restore(session, prefix)
        compare("the MetaGraph: same scores", scores(session), expected["savedScores"], 1e-5)
        continues("the MetaGraph", session, expected)
    for name in ("saved_model", "saved_model_text"):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            model = tf.saved_model.load(session, ["serve"], name)
            signature = model.signature_def["serving_default"]
            assert signature.inputs["images"].name == "images:0"
            got = scores(session, signature.outputs["scores"].name)
            compare(f"{name}: its signature gives the same scores", got, expected["savedScores"], 1e-5)
            path = session.run("found_vocabulary:0").decode()
            text = pathlib.Path(path).read_text()
            report(f"{name}: its main op finds the asset", text == VOCABULARY, path)
            continues(name, session, expected)


if __name__ == "__main__":
    if sys.argv[-1] == "resource":
        tf.enable_resource_variables()
    if sys.argv[1:] == ["fixtures"]:
        write(pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "proof", ["saved_model"])
    else:
        {"write": write, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]).absolute())
