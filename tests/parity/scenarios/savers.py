"""Savers: the nodes they make, what they refuse, what a restore gives (reference section 23)."""

import os
import tempfile

from context import scenario, tf


def folder():
    return tempfile.mkdtemp()


def show(s, saver):
    d = saver.saver_def
    s.print([d.filename_tensor_name, d.save_tensor_name, d.restore_op_name, d.max_to_keep, d.sharded, d.version])


@scenario("reference variables")
def _(s):
    with tf.variable_scope("layer"):
        w = tf.get_variable("w", [2, 3], initializer=tf.ones_initializer())
        b = tf.get_variable("b", [3], initializer=tf.zeros_initializer())
    step = tf.train.create_global_step()
    saver = tf.train.Saver()
    again = tf.train.Saver([b, w], name="pair")
    third = tf.train.Saver({"weights": w})
    for each in [saver, again, third]:
        show(s, each)
    s.run(tf.global_variables_initializer())
    path = os.path.join(folder(), "model")
    saver.save(s.session, path, write_meta_graph=False)
    s.values({"w": w, "b": b, "step": step}, after=[w.assign([[1.0, 2.0, 3.0]] * 2), step.assign(7)])
    saver.restore(s.session, path)
    s.values({"w": w, "b": b, "step": step})


@scenario("resource variables")
def _(s):
    w = tf.get_variable("w", [2], initializer=tf.ones_initializer(), use_resource=True)
    b = tf.get_variable("b", [], initializer=tf.zeros_initializer(), use_resource=True)
    saver = tf.train.Saver()
    tf.train.Saver({"x/w": w, "y/b": b}, reshape=True)
    show(s, saver)
    s.run(tf.global_variables_initializer())
    path = os.path.join(folder(), "model")
    saver.save(s.session, path, write_meta_graph=False)
    s.values({"w": w, "b": b}, after=[w.assign([5.0, 6.0]).op])
    saver.restore(s.session, path)
    s.values({"w": w, "b": b})


@scenario("both kinds, with slots")
def _(s):
    w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    r = tf.get_variable("r", [2], initializer=tf.ones_initializer(), use_resource=True)
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(w * r))
    show(s, tf.train.Saver())


@scenario("partitioned variables")
def _(s):
    p = tf.fixed_size_partitioner(2)
    v = tf.get_variable("v", [3, 2], initializer=tf.ones_initializer(), partitioner=p)
    r = tf.get_variable("r", [4], initializer=tf.zeros_initializer(), partitioner=p, use_resource=True)
    saver = tf.train.Saver()
    tf.train.Saver({"whole": v, "parts": list(r)}, reshape=True)
    tf.train.Saver([v])
    show(s, saver)
    s.run(tf.global_variables_initializer())
    path = os.path.join(folder(), "model")
    saver.save(s.session, path, write_meta_graph=False)
    for part in list(v):
        s.run(part.assign(part + 1.0))
    for part in list(r):
        s.run(part.assign(part + 1.0).op)
    s.values({"v": list(v), "r": list(r)})
    saver.restore(s.session, path)
    s.values({"v": list(v), "r": list(r)})


@scenario("names, filenames, order")
def _(s):
    w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    B = tf.get_variable("B", [2], initializer=tf.ones_initializer())
    with tf.name_scope("inside"):
        tf.train.Saver([w, B], filename="some/model")
    tf.train.Saver({"z": B, "a": w}, name="named", restore_sequentially=True, max_to_keep=None)
    tf.train.Saver({"t": w._ref(), "u": B}, reshape=True)
    with tf.control_dependencies([w.op]):
        tf.train.Saver([w])
    with tf.device("/device:CPU:1"):
        tf.train.Saver([w])


@scenario("a shape that is not known")
def _(s):
    x = tf.placeholder_with_default([1.0, 2.0], [None])
    v = tf.Variable(x, validate_shape=False, name="v")
    tf.train.Saver([v], reshape=True)
    tf.train.Saver([v])


@scenario("sharded by device")
def _(s):
    with tf.device("/device:CPU:0"):
        a = tf.get_variable("a", [2], initializer=tf.ones_initializer())
    with tf.device("/device:CPU:1"):
        b = tf.get_variable("b", [2], initializer=tf.ones_initializer())
        c = tf.get_variable("c", [2], initializer=tf.ones_initializer(), use_resource=True)
    d = tf.get_variable("d", [2], initializer=tf.ones_initializer())
    saver = tf.train.Saver(sharded=True)
    show(s, saver)
    s.run(tf.global_variables_initializer())
    at = folder()
    path = os.path.join(at, "model")
    saver.save(s.session, path, write_meta_graph=False)
    s.print(sorted(os.listdir(at)))
    s.values({"a": a, "b": b}, after=[a.assign([3.0, 4.0]), b.assign([3.0, 4.0])])
    saver.restore(s.session, path)
    s.values({"a": a, "b": b, "c": c, "d": d})


@scenario("a variable on another job")
def _(s):
    with tf.device("/job:ps/task:1"):
        tf.get_variable("a", [2], initializer=tf.ones_initializer())
        tf.get_variable("b", [2], initializer=tf.ones_initializer(), use_resource=True)
    tf.train.Saver()
    tf.train.Saver(sharded=True)


@scenario("version 1")
def _(s):
    w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    p = tf.get_variable("p", [4], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
    with tf.device("/device:CPU:1"):
        b = tf.get_variable("b", [2], initializer=tf.ones_initializer())
    saver = tf.train.Saver(write_version=1)
    sharded = tf.train.Saver(sharded=True, write_version=1)
    show(s, saver)
    show(s, sharded)
    s.run(tf.global_variables_initializer())
    at = folder()
    path = os.path.join(at, "whole")
    s.print(saver.save(s.session, path, write_meta_graph=False).replace(at, "FOLDER"))
    parts = sharded.save(s.session, os.path.join(at, "parts"), global_step=1, write_meta_graph=False)
    s.print(parts.replace(at, "FOLDER"))
    s.print(sorted(os.listdir(at)))
    s.print(open(os.path.join(at, "checkpoint")).read().replace(at, "FOLDER"))
    change = [w.assign([3.0, 4.0]), b.assign([3.0, 4.0]), list(p)[0].assign([3.0, 4.0])]
    s.values({"w": w, "b": b, "p": list(p)}, after=change)
    saver.restore(s.session, path)
    s.values({"w": w, "b": b, "p": list(p)}, after=change)
    sharded.restore(s.session, parts)
    s.values({"w": w, "b": b, "p": list(p)})
    for _ in range(6):
        sharded.save(s.session, os.path.join(at, "parts"), global_step=_ + 2, write_meta_graph=True)
    s.print(sorted(os.listdir(at)))


@scenario("a saver of nothing")
def _(s):
    saver = tf.train.Saver(allow_empty=True)
    s.print(saver.save(s.session if s.session else tf.Session(), os.path.join(folder(), "model"), write_meta_graph=False))
    s.print(saver.restore(None, "nowhere"))
    s.error("empty", lambda: tf.train.Saver())
    s.error("defer", lambda: tf.train.Saver([tf.Variable(1.0)], defer_build=True))
    saver = tf.train.Saver(defer_build=True)
    s.error("not built", lambda: saver.save(tf.Session(), "model"))
    saver.build()
    saver.build()
    show(s, saver)


@scenario("what may not be saved")
def _(s):
    w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    p = tf.get_variable("p", [4], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
    q = tf.get_variable("q", [4], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
    t = tf.constant(1.0)
    s.error("twice", lambda: tf.train.Saver([w, w]))
    s.error("two names", lambda: tf.train.Saver({"a": w, "b": w}))
    s.error("a tensor", lambda: tf.train.Saver([t]))
    s.error("a tensor by name", lambda: tf.train.Saver({"t": t}))
    s.error("no list", lambda: tf.train.Saver("w"))
    s.error("partitioned twice", lambda: tf.train.Saver([p, p]))
    s.error("not a slice", lambda: tf.train.Saver({"p": [list(p)[0], w]}))
    s.error("slices of two", lambda: tf.train.Saver({"p": [list(p)[0], list(q)[0]]}))


@scenario("saving and restoring that is refused")
def _(s):
    w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    saver = tf.train.Saver()
    s.error("uninitialized", lambda: saver.save(tf.Session(), os.path.join(folder(), "m"), write_meta_graph=False))
    s.run(w.initializer)
    s.error("latest", lambda: saver.save(s.session, "m", latest_filename="a/b"))
    s.error("collides", lambda: saver.save(s.session, "checkpoint"))
    s.error("session", lambda: saver.save(3, "m"))
    s.error("folder", lambda: saver.save(s.session, "no/such/folder/m", write_meta_graph=False))
    s.error("none", lambda: saver.restore(s.session, None))
    s.error("nothing there", lambda: saver.restore(s.session, "no/such/m"))
    path = os.path.join(folder(), "m")
    s.print(saver.save(s.session, path, write_meta_graph=False) == path)
    other = tf.train.Saver({"v": w})
    s.error("missing", lambda: other.restore(s.session, path))
    x = tf.get_variable("x", [3], initializer=tf.ones_initializer())
    shape = tf.train.Saver({"w": x})
    s.error("shape", lambda: shape.restore(s.session, path))
    i = tf.get_variable("i", [2], dtype=tf.int32, initializer=tf.ones_initializer())
    dtype = tf.train.Saver({"w": i})
    s.error("dtype", lambda: dtype.restore(s.session, path))
    s.error("raw save", lambda: s.run(saver.saver_def.save_tensor_name, {"save/Const:0": "no/such/folder/m"}))
    s.error("raw restore", lambda: s.run(saver.saver_def.restore_op_name, {"save/Const:0": "no/such/folder/m"}))


@scenario("reshape restores another shape of as many elements")
def _(s):
    w = tf.get_variable("w", [2, 3], initializer=tf.constant_initializer([1.0, 2, 3, 4, 5, 6]))
    f = tf.get_variable("f", [6], initializer=tf.zeros_initializer())
    saver = tf.train.Saver([w])
    flat = tf.train.Saver({"w": f}, reshape=True)
    s.run(tf.global_variables_initializer())
    path = os.path.join(folder(), "m")
    saver.save(s.session, path, write_meta_graph=False)
    flat.restore(s.session, path)
    s.values({"f": f})


@scenario("initial values from a checkpoint")
def _(s):
    at = folder()
    path = os.path.join(at, "m")
    with tf.Graph().as_default(), tf.Session() as other:
        with tf.variable_scope("old"):
            tf.get_variable("w", [2], initializer=tf.constant_initializer([3.0, 4.0]))
            tf.get_variable("b", [4], initializer=tf.constant_initializer([1.0, 2.0, 3.0, 4.0]))
        tf.get_variable("root", [], initializer=tf.constant_initializer(9.0))
        other.run(tf.global_variables_initializer())
        tf.train.Saver().save(other, path, write_meta_graph=False)
    with tf.variable_scope("new"):
        w = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
        b = tf.get_variable("b", [4], initializer=tf.zeros_initializer(), partitioner=tf.fixed_size_partitioner(2))
    x = tf.get_variable("x", [2], initializer=tf.zeros_initializer(), use_resource=True)
    root = tf.get_variable("root", [], initializer=tf.zeros_initializer())
    y = tf.get_variable("y", [2], initializer=tf.zeros_initializer())
    os.chdir(at)
    tf.train.init_from_checkpoint("m", {"old/": "new/"})
    tf.train.init_from_checkpoint("m", {"old/w": x, "root": "root"})
    tf.train.init_from_checkpoint("m", [("old/w", "y")])
    s.values(
        {"w": w, "b": list(b), "x": x, "root": root, "y": y}, after=[tf.global_variables_initializer()]
    )
    s.error("missing tensor", lambda: tf.train.init_from_checkpoint("m", {"none": "root"}))
    s.error("shape", lambda: tf.train.init_from_checkpoint("m", {"old/b": "y"}))
    s.error("scope", lambda: tf.train.init_from_checkpoint("m", {"old/w": "nothing"}))
    s.error("missing in scope", lambda: tf.train.init_from_checkpoint("m", {"new/": "new/"}))
    s.print([[name, list(shape)] for name, shape in tf.train.list_variables("m")])
    s.print(tf.train.load_variable("m", "root:0").item())
    reader = tf.train.NewCheckpointReader("m")
    s.print([reader.has_tensor("old/w"), reader.has_tensor("new/w")])
    s.print(str(reader.get_variable_to_dtype_map()["old/w"]))
    s.error("reader", lambda: reader.get_tensor("none"))
    s.error("no checkpoint", lambda: tf.train.NewCheckpointReader("none"))
    s.error("no state", lambda: tf.train.list_variables(folder_named("empty")))


@scenario("warm starts")
def _(s):
    at = folder()
    with tf.Graph().as_default(), tf.Session() as other:
        tf.get_variable("w", [2], initializer=tf.constant_initializer([3.0, 4.0]))
        tf.get_variable("p", [4], initializer=tf.constant_initializer([1.0, 2.0, 3.0, 4.0]))
        tf.get_variable("old/mean", [2], initializer=tf.constant_initializer(7.0))
        other.run(tf.global_variables_initializer())
        tf.train.Saver().save(other, os.path.join(at, "m"), write_meta_graph=False)
    os.chdir(at)
    w = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
    p = tf.get_variable("p", [4], initializer=tf.zeros_initializer(), partitioner=tf.fixed_size_partitioner(2))
    mean = tf.get_variable("mean", [2], initializer=tf.zeros_initializer(), trainable=False)
    tf.train.warm_start("m")
    s.values({"w": w, "p": list(p), "mean": mean}, after=[tf.global_variables_initializer()])
    tf.train.warm_start("m", vars_to_warm_start=["mean"], var_name_to_prev_var_name={"mean": "old/mean"})
    tf.train.warm_start("m", vars_to_warm_start=[w])
    s.values({"w": w, "p": list(p), "mean": mean}, after=[tf.global_variables_initializer()])
    s.error("unused", lambda: tf.train.warm_start("m", "w", var_name_to_prev_var_name={"x": "y"}))


def folder_named(name):
    os.makedirs(name, exist_ok=True)
    return name


@scenario("the state file")
def _(s):
    v = tf.get_variable("v", [], initializer=tf.zeros_initializer())
    step = tf.train.create_global_step()
    s.run(tf.global_variables_initializer())
    os.chdir(folder())
    os.makedirs("d")

    def state():
        s.print(open("d/checkpoint").read())

    saver = tf.train.Saver(max_to_keep=2)
    for k in [1, 2, 3]:
        s.print(saver.save(s.session, "d/m", global_step=k, write_meta_graph=False))
    state()
    s.print(sorted(os.listdir("d")))
    s.print(saver.last_checkpoints)
    saver.save(s.session, "d/m", global_step=2, write_meta_graph=False)
    state()
    saver.save(s.session, "d/m", global_step=step, write_meta_graph=False, write_state=False)
    s.print(sorted(os.listdir("d")))
    s.print(tf.train.latest_checkpoint("d"))
    found = tf.train.get_checkpoint_state("d")
    s.print([found.model_checkpoint_path, list(found.all_model_checkpoint_paths)])
    padded = tf.train.Saver(pad_step_number=True, max_to_keep=0)
    s.print(padded.save(s.session, "d/p", global_step=12, write_meta_graph=False, latest_filename="other"))
    s.print(open("d/other").read())
    s.print(padded.last_checkpoints)
    s.print([tf.train.checkpoint_exists("d/m-3"), tf.train.checkpoint_exists("d/m-9")])
    s.print(tf.train.latest_checkpoint("elsewhere"))
    s.print(tf.train.get_checkpoint_state("elsewhere"))
    tf.train.update_checkpoint_state("d", "d/m-3", ["d/m-2"])
    state()
    tf.train.update_checkpoint_state("d", "/abs/m \"quoted\"\n", ["d/m-2", "/abs/é"])
    state()
    saver.save(s.session, "n", write_meta_graph=False)
    s.print(open("checkpoint").read())
    s.error("own name", lambda: tf.train.update_checkpoint_state("", "checkpoint"))
    open("d/checkpoint", "w").write("all_model_checkpoint_paths: 'x'")
    s.error("no path", lambda: tf.train.get_checkpoint_state("d"))


@scenario("relative and absolute paths")
def _(s):
    v = tf.get_variable("v", [], initializer=tf.zeros_initializer())
    s.run(tf.global_variables_initializer())
    at = folder()

    def state(name):
        s.print(open(os.path.join(at, name)).read().replace(at, "FOLDER"))

    tf.train.Saver().save(s.session, os.path.join(at, "m"), write_meta_graph=False)
    state("checkpoint")
    saver = tf.train.Saver(save_relative_paths=True)
    saver.save(s.session, os.path.join(at, "m"), 1, "relative", write_meta_graph=False)
    saver.save(s.session, os.path.join(at, "m"), 2, "relative", write_meta_graph=False)
    state("relative")
    s.print(tf.train.latest_checkpoint(at, "relative").replace(at, "FOLDER"))
