// The worker for this package: every work as a graph, on the engine that TENSORSCOPE_ENGINE names.
import { spawnSync } from "node:child_process";
import * as tf from "tensorscope";
import { serve } from "./lines.mjs";
import { models } from "./models.mjs";

const engine = process.env.TENSORSCOPE_ENGINE ?? "wasm";
const found = tf.engines().find(({ name }) => name === engine);

const array = ({ data, shape }) => new tf.NDArray(data, shape, "float32");

/** A variable that holds the array, without a constant of its size in the graph. */
function filled(session, given) {
  const variable = tf.getVariable(`v${tf.globalVariables().length}`, given.shape, {
    initializer: tf.zerosInitializer(),
  });
  return { variable, fill: () => fill(session, variable, given) };
}

function fill(session, variable, given) {
  const value = tf.placeholder(tf.float32, given.shape);
  session.runSync(variable.assign(value).op, [[value, array(given)]]);
}

/** A session with the variables and placeholders that a model asks for, and what it made of them. */
function build(model, read) {
  const graph = new tf.Graph();
  const session = new tf.Session("", { graph });
  return graph.asDefault(() => {
    const fills = [];
    const feeds = [];
    const variable = (name) => {
      const { variable, fill } = filled(session, read(name));
      fills.push(fill);
      return variable;
    };
    const input = (name) => {
      const given = read(name);
      const tensor = tf.placeholder(tf.float32, given.shape, { name });
      feeds.push([tensor, array(given)]);
      return tensor;
    };
    const made = model({ variable, input });
    session.runSync(tf.globalVariablesInitializer());
    for (const fill of fills) fill();
    return { session, feeds, graph, ...made };
  });
}

/** A model that trains: its losses in the first three steps are compared, with the noise it takes fed. */
function training(model) {
  return (read) => {
    const { session, feeds, train, losses, noise } = build(model, read);
    const checkFeeds = noise ? [...feeds, [noise, array(read("noise"))]] : feeds;
    const checks = [];
    for (let i = 0; i < 3; i++) {
      const values = session.runSync({ losses, train }, checkFeeds).losses;
      checks.push(...values.map((value) => value.item()));
    }
    const step = () => session.runSync(train, feeds);
    return { checks, step, close: () => session.close() };
  };
}

/** A model that computes: its fetches have to hold; `checks` of it are compared. */
function computing(model) {
  return (read) => {
    const { session, feeds, fetches, checks } = build(model, read);
    const values = session.runSync(checks ?? fetches, feeds);
    const step = () => session.runSync(fetches, feeds);
    return {
      checks: checks ? values.map((value) => value.item()) : [],
      step,
      close: () => session.close(),
    };
  };
}

function smallest(asynchronous) {
  return (read) => {
    const graph = new tf.Graph();
    const session = new tf.Session("", { graph });
    const x = graph.asDefault(() => tf.placeholder(tf.float32, []));
    const y = graph.asDefault(() => x.add(1));
    const feeds = [[x, array(read("x"))]];
    return {
      checks: [session.runSync(y, feeds).item()],
      step: asynchronous ? () => session.run(y, feeds) : () => session.runSync(y, feeds),
      close: () => session.close(),
    };
  };
}

/** First run less second run of the CNN's training program: compiling, and all that is made once. */
function compile(read) {
  const { session, feeds, train } = build(models.cnn, read);
  const run = () => {
    const start = performance.now();
    session.runSync(train, feeds);
    return performance.now() - start;
  };
  const first = run();
  const samples = [first - run()];
  const passes = session
    .explain(train, feeds)
    .map(({ name, milliseconds }) => [name, milliseconds]);
  session.close();
  return { samples, passes };
}

/** Resident memory over many steps: its middle values around some of them. */
function memory(read, { steps }) {
  const { session, feeds, train } = build(models.mlp, read);
  const resident = [];
  for (let step = 1; step <= steps; step++) {
    session.runSync(train, feeds);
    if (step % 10 === 0) resident.push(process.memoryUsage.rss());
  }
  const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  const around = (step) => middle(resident.slice(step / 10 - 5, step / 10 + 5)) / 2 ** 20;
  const marks = [1, 2, 5, 10, 20, 50, 100].map((k) => 1000 * k).filter((step) => step <= steps);
  const series = Object.fromEntries(marks.map((step) => [step, around(step)]));
  const megabytes = [series[1000], series[steps]];
  session.close();
  return { growth: megabytes[1] / megabytes[0] - 1, megabytes, steps, series };
}

function importTime() {
  const script =
    'const t = performance.now(); await import("tensorscope"); console.log(performance.now() - t);';
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return { samples: [Number(run.stdout)] };
}

/** Element-wise operations, with the stack of each captured. */
function buildTime() {
  const build = (count) => {
    const graph = new tf.Graph();
    const started = performance.now();
    graph.asDefault(() => {
      let x = tf.placeholder(tf.float32, [null, 10]);
      for (let i = 1; i < count; i++) x = i % 2 ? tf.tanh(x) : tf.multiply(x, x);
    });
    return performance.now() - started;
  };
  build(1000);
  return { samples: [build(10_000)] };
}

const works = Object.fromEntries(
  Object.entries(models).map(([name, model]) => {
    const kind = model.trains ? training : computing;
    return [name, { "": kind(model) }];
  }),
);
works.smallest = { runSync: smallest(false), run: smallest(true) };
works.compile = { "": compile };
works.memory = { "": memory };
works.import = { "": importTime };
works.build = { "": buildTime };

const reason = found ? found.reason : `there is no engine '${engine}' in this version`;
await serve({ library: "tensorscope", engine, unavailable: reason }, works);
