// Tests of sessions: what can be fetched and fed, whose values these are, and what goes wrong.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as tf from "../index.ts";

beforeEach(() => tf.resetDefaultGraph());
afterEach(() => expect(tf.getDefaultSession()).toBeNull());

const values = (array: tf.NDArray): unknown => array.toArray();

describe("fetches", () => {
  test("keep their structure", async () => {
    const a = tf.constant(1, { name: "a" });
    const b = tf.constant([2, 3], { name: "b" });
    const op = tf.noOp();
    using sess = tf.session();
    const result = await sess.run({ x: a, list: [b, op, [a]], names: ["a:0", "b"] });
    expect(values(result.x)).toBe(1);
    expect(values(result.list[0])).toEqual([2, 3]);
    expect(result.list[1]).toBeNull();
    expect(values(result.list[2][0])).toBe(1);
    expect(values(result.names[0])).toBe(1);
    expect(result.names[1]).toBeNull();
    expect(await sess.run([])).toEqual([]);
    const map = await sess.run(new Map([["k", a]]));
    expect(map.get("k")?.item()).toBe(1);
  });

  test("of the same tensor are computed once", () => {
    const x = tf.randomUniform([2]);
    const [a, b] = new tf.Session().runSync([x, x]);
    expect(values(a)).toEqual(values(b));
  });

  test("are the caller's own", () => {
    const x = tf.constant([1, 2]);
    const sess = new tf.Session();
    sess.runSync(x).data[0] = 9;
    expect(values(sess.runSync(x))).toEqual([1, 2]);
  });

  test("that are none are named", () => {
    tf.constant(1);
    const sess = new tf.Session();
    expect(() => sess.runSync(null)).toThrow(
      'Argument `fetch` = None has invalid type "NoneType". Cannot be None',
    );
    expect(() => sess.runSync([3])).toThrow(
      'Argument `fetch` = 3 has invalid type "int" must be a string or Tensor. (Can not convert a int into a Tensor or Operation.)',
    );
    expect(() => sess.runSync("nothing:0")).toThrow(
      "Argument `fetch` = nothing:0 cannot be interpreted as a Tensor.",
    );
    const foreign = new tf.Graph().asDefault(() => tf.constant(1));
    expect(() => sess.runSync(foreign)).toThrow("is not an element of this graph.");
  });
});

describe("feeds", () => {
  test("come as pairs, as a map, by name, and in lists", () => {
    const x = tf.placeholder(tf.float32, [null], { name: "x" });
    const y = tf.placeholder(tf.float32, [null], { name: "y" });
    const sum = tf.add(x, y);
    const sess = new tf.Session();
    for (const feeds of [
      [
        [x, [1, 2]],
        [y, new Float32Array([3, 4])],
      ] as const,
      new Map<unknown, unknown>([
        [x, [1, 2]],
        ["y:0", [3, 4]],
      ]),
      { "x:0": [1, 2], "y:0": [3, 4] },
      [
        [
          [x, y],
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ] as const,
    ]) {
      expect(values(sess.runSync(sum, feeds))).toEqual([4, 6]);
    }
  });

  test("may replace any tensor, and cut the graph there", () => {
    const x = tf.placeholder(tf.float32, []);
    const y = tf.multiply(x, 2);
    const sess = new tf.Session();
    expect(values(sess.runSync(tf.add(y, 1), [[y, 10]]))).toBe(11);
    expect(values(sess.runSync(y, [[y, 7]]))).toBe(7);
  });

  test("that do not fit say what was expected", () => {
    const x = tf.placeholder(tf.float32, [3], { name: "x" });
    const i = tf.placeholder(tf.int32, [], { name: "i" });
    const sess = new tf.Session();
    expect(() => sess.runSync(x, [[x, [1, 2]]])).toThrow(
      "Cannot feed value of shape (2,) for Tensor x:0, which has shape (3,)",
    );
    expect(() => sess.runSync(x, [["y:0", 1]])).toThrow(
      "Cannot interpret feed_dict key as Tensor: The name 'y:0' refers to a Tensor which does not exist.",
    );
    expect(() => sess.runSync(x, [[x, tf.constant(1)]])).toThrow(
      "The value of a feed cannot be a tf.Tensor object.",
    );
    expect(() => sess.runSync(i, [[i, 1e12]])).toThrow(
      "is not compatible with Tensor type <dtype: 'int32'>",
    );
    expect(() => sess.runSync(x, [[x, ["a", "b", "c"]]])).toThrow(
      "While converting the value fed for x:0.",
    );
  });

  test("a placeholder without one is named, with the line that made it", () => {
    const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
    const y = tf.add(x, 1);
    expect(() => new tf.Session().runSync(y)).toThrow(
      /You must feed a value for placeholder tensor 'x' with dtype float and shape \[\?,3\]\n\t \[\[\{\{node x\}\}\]\]\n'x' \(Placeholder\) was made at session\.test\.ts:\d+\./,
    );
    expect(() => new tf.Session().runSync(y)).toThrow(tf.errors.InvalidArgumentError);
  });
});

describe("variables", () => {
  test("have values of their own in every session", () => {
    const v = new tf.Variable(1, { name: "v" });
    const [one, two] = [new tf.Session(), new tf.Session()];
    for (const sess of [one, two]) sess.runSync(tf.globalVariablesInitializer());
    one.runSync(v.assignAdd(5));
    expect(values(one.runSync(v))).toBe(6);
    expect(values(two.runSync(v))).toBe(1);
  });

  test("that were not initialized are named", () => {
    const v = tf.getVariable("v", [2]);
    const sess = new tf.Session();
    expect(() => sess.runSync(tf.add(v, 1))).toThrow("Attempting to use uninitialized value v");
    expect(() => sess.runSync(v)).toThrow(tf.errors.FailedPreconditionError);
    const r = tf.getVariable("r", [2], { useResource: true });
    expect(() => sess.runSync(r)).toThrow("r");
    try {
      sess.runSync(tf.add(v, 1));
    } catch (error) {
      expect(error).toMatchObject({ errorCode: 9, op: { name: "v/read" } });
    }
  });

  test("read after a write that they wait for show it, even through an earlier read", () => {
    const v = new tf.Variable([1, 2], { name: "v" });
    const read = v.value();
    const later = tf.controlDependencies([v.assign([5, 6])], () => tf.identity(read));
    const sess = new tf.Session();
    sess.runSync(tf.globalVariablesInitializer());
    expect(values(sess.runSync(later))).toEqual([5, 6]);
  });

  test("of unknown shape take that of what is assigned", () => {
    const p = tf.placeholder(tf.float32);
    const v = new tf.Variable(p, { validateShape: false, name: "v" });
    const total = tf.reduceSum(v);
    const sess = new tf.Session();
    sess.runSync(v.initializer, [[p, [1, 2, 3]]]);
    expect(values(sess.runSync(total))).toBe(6);
    sess.runSync(tf.assign(v, [[1, 1, 1, 1]], { validateShape: false }));
    expect(values(sess.runSync(total))).toBe(4);
    expect(sess.runSync(v).shape).toEqual([1, 4]);
  });

  test("keep a new shape between runs when an assignment was allowed to change it", () => {
    const v = new tf.Variable([1, 2], { name: "v" });
    const sess = new tf.Session();
    sess.runSync(tf.globalVariablesInitializer());
    sess.runSync(tf.assign(v, [7, 8, 9], { validateShape: false }));
    expect(values(sess.runSync(v))).toEqual([7, 8, 9]);
    expect(values(sess.runSync(tf.multiply(v, 2)))).toEqual([14, 16, 18]);
  });
});

describe("shapes and values found at run time", () => {
  test("a program is compiled for each fed shape", () => {
    const x = tf.placeholder(tf.float32, [null, null]);
    const y = tf.reshape(tf.transpose(x), [-1]);
    const sess = new tf.Session();
    expect(values(sess.runSync(y, [[x, [[1, 2, 3]]]]))).toEqual([1, 2, 3]);
    expect(
      values(
        sess.runSync(y, [
          [
            x,
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ]),
      ),
    ).toEqual([1, 3, 2, 4]);
  });

  test("a shape may be fed", () => {
    const shape = tf.placeholder(tf.int32, [null]);
    const y = tf.fill(shape, 7);
    const sess = new tf.Session();
    expect(sess.runSync(y, [[shape, [2, 1]]]).shape).toEqual([2, 1]);
    expect(sess.runSync(y, [[shape, [3]]]).shape).toEqual([3]);
  });

  test("results of unknown size go on", () => {
    const x = tf.placeholder(tf.float32, [null]);
    const positive = tf.booleanMask(x, tf.greater(x, 0));
    const sess = new tf.Session();
    const total = [tf.reduceSum(positive), tf.size(positive)] as const;
    expect(sess.runSync(total, [[x, [1, -2, 3]]]).map(values)).toEqual([4, 2]);
    expect(sess.runSync(total, [[x, [-1]]]).map(values)).toEqual([0, 0]);
  });

  test("only the branch taken runs", () => {
    const p = tf.placeholder(tf.bool, []);
    const v = new tf.Variable(0, { name: "v" });
    const y = tf.cond(
      p,
      () => v.assignAdd(1),
      () => tf.constant(-1),
    );
    const sess = new tf.Session();
    sess.runSync(tf.globalVariablesInitializer());
    expect(values(sess.runSync(y, [[p, false]]) as tf.NDArray)).toBe(-1);
    expect(values(sess.runSync(y, [[p, true]]) as tf.NDArray)).toBe(1);
    expect(values(sess.runSync(v))).toBe(1);
  });
});

describe("life of a session", () => {
  test("runs in a row let timers through", async () => {
    const x = tf.constant(1);
    const sess = new tf.Session();
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 0);
    for (const end = performance.now() + 2000; !fired && performance.now() < end; )
      await sess.run(x);
    expect(fired).toBe(true);
  });

  test("closed ones and empty graphs are refused", () => {
    const sess = new tf.Session();
    expect(() => sess.runSync([])).toThrow(
      "The Session graph is empty. Add operations to the graph before calling run().",
    );
    sess.close();
    expect(() => sess.runSync([])).toThrow("Attempted to use a closed Session.");
  });

  test("using makes it and its graph the default, then closes it", async () => {
    const g = new tf.Graph();
    const c = g.asDefault(() => tf.constant(3));
    let kept: tf.Session;
    {
      using sess = tf.session({ graph: g });
      kept = sess;
      expect(tf.getDefaultGraph()).toBe(g);
      expect((await c.eval()).item()).toBe(3);
      expect(() => sess.enter()).toThrow("Session context managers are not re-entrant.");
    }
    expect(() => kept.runSync(c)).toThrow("Attempted to use a closed Session.");
  });

  test("eval and run say which session is missing or wrong", async () => {
    const c = tf.constant(1);
    await expect(c.eval()).rejects.toThrow(
      "Cannot evaluate tensor using `eval()`: No default session is registered. Use `with sess.as_default()` or pass an explicit session to `eval(session=sess)`",
    );
    await expect(c.op.run()).rejects.toThrow("Cannot execute operation using `run()`");
    const other = new tf.Session("", { graph: new tf.Graph() });
    expect(() => c.evalSync({ session: other })).toThrow(
      "Cannot use the given session to evaluate tensor: the tensor's graph is different from the session's graph.",
    );
    other.asDefault(() =>
      expect(() => c.op.runSync()).toThrow("Cannot use the default session to execute operation"),
    );
    expect(c.evalSync({ session: new tf.Session() }).item()).toBe(1);
  });

  test("engines are listed with the reason why one cannot be used", () => {
    const [native, ...others] = tf.engines();
    expect(native?.name).toBe("native");
    if (native?.available) {
      expect(native.note).toMatch(/^matrix products and convolutions by oneDNN [23]\.\d+\.\d+/);
      expect(native.reason).toBeNull();
    } else {
      expect(native?.reason).toMatch(/koffi|oneDNN|TENSORSCOPE_STRICT/);
      expect(native?.note).toBeNull();
    }
    expect(others).toEqual([
      { name: "wasm", available: true, reason: null, note: null },
      { name: "javascript", available: true, reason: null, note: null },
      { name: "reference", available: true, reason: null, note: null },
    ]);
  });

  test("wrong arguments are refused", () => {
    expect(() => new tf.Session({} as never)).toThrow(
      'Argument `target` must be a string, but got "Object".',
    );
    expect(() => new tf.Session("", { graph: 3 as never })).toThrow(
      "Argument `graph` must be a tf.Graph",
    );
    tf.constant(1);
    expect(() => new tf.Session("", { config: { engine: "warp" } }).runSync("Const:0")).toThrow(
      "Unknown engine 'warp'.\nEngines here: native, wasm, javascript, reference.",
    );
  });

  test("a callable takes its feeds in order", () => {
    const x = tf.placeholder(tf.float32, []);
    const call = new tf.Session().makeCallable(tf.multiply(x, 3), [x]);
    expect(call(4).item()).toBe(12);
    expect(() => call()).toThrow("Expected 1 feed values, got 0.");
  });

  test("a callable resolves names once, and fails as run does", () => {
    const x = tf.placeholder(tf.float32, [2], { name: "x" });
    const y = tf.placeholder(tf.float32, [2], { name: "y" });
    tf.add(x, y, { name: "sum" });
    const sess = new tf.Session();
    const call = sess.makeCallable({ total: "sum:0" }, [["x:0", y]]);
    const lists = sess.makeCallable("sum:0", ["x:0", "y:0"]);
    for (let i = 0; i < 3; i++) {
      expect(
        values(
          call([
            [1, i],
            [2, 3],
          ]).total,
        ),
      ).toEqual([3, i + 3]);
      expect(values(lists([1, i], new Float32Array([1, 1])))).toEqual([2, i + 1]);
      // Calls stay right when the graph grows.
      tf.constant(i);
    }
    expect(() => lists([1, 2, 3], [1, 2])).toThrow(
      "Cannot feed value of shape (3,) for Tensor x:0, which has shape (2,)",
    );
    expect(() => lists([1, 2], tf.constant([1, 2]))).toThrow(
      "The value of a feed cannot be a tf.Tensor object.",
    );
    expect(() => sess.makeCallable("sum:0", ["z:0"])(1)).toThrow(
      "Cannot interpret feed_dict key as Tensor: The name 'z:0' refers to a Tensor which does not exist.",
    );
    // Without feeds, fetches are checked at once.
    expect(() => sess.makeCallable("nothing:0")).toThrow(
      "Argument `fetch` = nothing:0 cannot be interpreted as a Tensor.",
    );
    expect(() => sess.makeCallable("sum:0", x as never)).toThrow(
      "Argument `feed_list` must be a list or tuple. Received: feed_list=Tensor(",
    );
    sess.close();
    expect(() => lists([1, 2], [1, 2])).toThrow("Attempted to use a closed Session.");
    expect(() => sess.makeCallable("sum:0")).toThrow("Attempted to use a closed Session.");
  });

  test("each fetch is an array of its own, fed or computed, also when asked for twice", () => {
    const x = tf.placeholder(tf.float32, [2]);
    const y = tf.multiply(x, 2);
    const c = tf.constant([1, 2]);
    const sess = new tf.Session();
    const fed = new tf.NDArray(new Float32Array([1, 2]), [2], "float32");
    const arrays = sess.runSync([x, x, y, y, c, c], [[x, fed]]);
    expect(new Set([fed, ...arrays].map(({ data }) => data)).size).toBe(7);
    for (const { data } of arrays) (data as Float32Array).fill(0);
    expect(values(fed)).toEqual([1, 2]);
    expect(values(sess.runSync(c))).toEqual([1, 2]);
  });
});

describe("the compiler", () => {
  test("explains its passes, and fuses element-wise chains into one loop", () => {
    const x = tf.placeholder(tf.float32, [null, 4]);
    const y = tf.tanh(tf.add(tf.multiply(x, 1), 2));
    const session = new tf.Session("", { config: { optimize: true } });
    const stages = session.explain(y, [[x, [[1, 2, 3, 4]]]]);
    expect(stages.map((stage) => stage.name)).toEqual([
      "lower",
      "simplify",
      "share",
      "sweep",
      "narrow",
      "fuse",
      "join",
      "layout",
      "sweep",
      "epilogue",
      "group",
    ]);
    expect(stages.at(0)?.program.steps).toHaveLength(3);
    expect(stages.at(-1)?.program.steps).toHaveLength(1);
  });

  test("what two nodes compute alike is computed once", () => {
    const x = tf.placeholder(tf.float32, [4]);
    const y = tf.add(tf.exp(x), tf.exp(x));
    const session = new tf.Session("", { config: { optimize: true } });
    const stages = session.explain(y, [[x, [1, 2, 3, 4]]]);
    expect(stages.find(({ name }) => name === "sweep")?.program.steps).toHaveLength(2);
  });

  test("complex numbers are refused where they would be computed", () => {
    const z = tf.placeholder(tf.complex64, [1], { name: "z" });
    const array = new tf.NDArray(Float32Array.of(1, 2), [1], tf.complex64);
    const sess = new tf.Session();
    for (const y of [tf.multiply(z, z, { name: "y" }), tf.reduceSum(z, { name: "y" })]) {
      expect(() => sess.runSync(y, [[z, array]])).toThrow(
        /Op type not registered '\w+': node 'y(_1)?' cannot run because loops over complex numbers are not there yet\./,
      );
    }
    expect(Array.from(sess.runSync(tf.identity(z), [[z, array]]).data as Float32Array)).toEqual([
      1, 2,
    ]);
  });

  test("errors while running name the node", () => {
    const x = tf.placeholder(tf.int32, [], { name: "x" });
    const y = tf.floordiv(tf.constant(1, { dtype: tf.int32 }), x, { name: "ratio" });
    expect(() => new tf.Session().runSync(y, [[x, 0]])).toThrow(
      /Integer division by zero\n\t \[\[\{\{node ratio\}\}\]\]/,
    );
    const a = tf.placeholder(tf.float32);
    const b = tf.add(a, [1, 2], { name: "sum" });
    expect(() => new tf.Session().runSync(b, [[a, [1, 2, 3]]])).toThrow(
      /Incompatible shapes: \[3\] vs\. \[2\]\n\t \[\[\{\{node sum\}\}\]\]/,
    );
  });
});
