// Checks our event files with real TensorBoard: its reader gives the values that were written, and its graph page
// shows the scopes. Run after a build: `node tests/formats/tensorboard.mjs [--keep FILE.png]`.
//
// Needs Python with TensorBoard (PYTHON names it, python3 by default) and, for the picture, Chromium (CHROMIUM). What
// is missing is said, and the check that needs it left out.
import { deepStrictEqual } from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decode as decodePng } from "fast-png";
import * as tf from "tensorscope";
import { openBrowser } from "./browser.mjs";

const python = process.env.PYTHON ?? "python3";
const chromium = process.env.CHROMIUM ?? "chromium";
const folder = mkdtempSync(join(tmpdir(), "tensorscope-tensorboard-"));

/** Steps of a small training, with every kind of summary. Returns what TensorBoard should say. */
async function writeSummaries(logdir) {
  const graph = new tf.Graph();
  const { x, all, writer } = graph.asDefault(() => {
    const x = tf.placeholder(tf.float32, [4], { name: "x" });
    const product = x.mul(tf.getVariable("w", [4], { initializer: tf.onesInitializer() }));
    tf.nameScope("train", () => tf.summary.scalar("loss", tf.reduceSum(product), { family: "f" }));
    tf.summary.histogram("products", product);
    tf.summary.image("picture", tf.reshape(product, [1, 2, 2, 1]));
    tf.summary.audio("sound", tf.reshape(product, [1, 4]), 8000, { maxOutputs: 1 });
    tf.summary.text("words", tf.constant(["one", "two"]));
    tf.globalVariablesInitializer();
    const all = tf.summary.mergeAll();
    return { x, all, writer: new tf.summary.FileWriter(logdir, graph) };
  });
  const sess = new tf.Session("", { graph });
  await sess.run("init");
  for (let step = 0; step < 3; step++) {
    const feeds = [[x, [-1, 0, 0.5, step]]];
    writer.addSummary(await sess.run(all, feeds), step * 10);
  }
  writer.addSessionLog(tf.SessionLog({ status: tf.SessionLog.STOP, msg: "done" }), 30);
  writer.addRunMetadata(tf.RunMetadata({ stepStats: {} }), "step 1", 1);
  writer.close();
  return graph.getOperations().map((op) => op.name);
}

function checkSummaries(run, nodes) {
  const { tags, scalars, histograms, images, audio, tensors, plugins, graph, metaGraph } = run;
  deepStrictEqual(run.fileVersion, 2);
  deepStrictEqual(scalars, {
    "f/train/f/loss": [
      [0, -0.5],
      [10, 0.5],
      [20, 1.5],
    ],
  });
  const [, , last] = histograms.products;
  deepStrictEqual(last.slice(0, 6), [20, -1, 2, 4, 1.5, 5.25]);
  deepStrictEqual(last[7], [0, 1, 0, 1, 0, 1, 0, 1, 0]);
  const [[, width, height, png]] = images["picture/image/0"];
  const { data } = decodePng(Buffer.from(png, "base64"));
  deepStrictEqual([width, height, [...data]], [2, 2, [1, 128, 191, 128]]);
  const [, [step, rate, frames, type, wav]] = audio["sound/audio"];
  const samples = Array.from({ length: 4 }, (_, i) =>
    Buffer.from(wav, "base64").readInt16LE(44 + 2 * i),
  );
  deepStrictEqual([step, rate, frames, type], [10, 8000, 4, "audio/wav"]);
  deepStrictEqual(samples, [-32768, 0, 16384, 32767]);
  deepStrictEqual(plugins, { words: "text" });
  deepStrictEqual(tensors.words[2], [20, [2], ["one", "two"]]);
  deepStrictEqual(tags.run_metadata, ["step 1"]);
  deepStrictEqual(run.runMetadata["step 1"], "0a00");
  deepStrictEqual(
    graph.map(([name]) => name),
    nodes,
  );
  for (const [name, , , attrs] of graph) {
    if (!name.endsWith("init")) deepStrictEqual(attrs.includes("_output_shapes"), true, name);
  }
  deepStrictEqual(metaGraph.nodes, nodes);
  deepStrictEqual(metaGraph.collections, ["summaries", "trainable_variables", "variables"]);
  deepStrictEqual(metaGraph.ops.includes("HistogramSummary"), true);
}

/** The program at the end of the documents: one function with both kinds of scope. */
function writeScopes(logdir) {
  const scoping = (fn, scope1, scope2, vals) =>
    fn(scope1, () => {
      const a = new tf.Variable(vals[0], { dtype: tf.int32, name: "a" });
      const b = tf.getVariable("b", { dtype: tf.int32, initializer: vals[1] });
      const c = tf.constant(vals[2], { dtype: tf.int32, name: "c" });
      return fn(scope2, () => tf.add(a.mul(b), c, { name: "res" }));
    });
  new tf.Graph().asDefault((graph) => {
    scoping(tf.variableScope, "scope_vars", "res", [1, 2, 3]);
    scoping(tf.nameScope, "scope_name", "res", [1, 2, 3]);
    new tf.summary.FileWriter(logdir, graph).close();
  });
}

function checkScopes({ graph }) {
  const names = new Set(graph.map(([name]) => name));
  for (const name of ["scope_vars/a", "scope_vars/b", "scope_name/a", "scope_name/res/res", "b"]) {
    deepStrictEqual(names.has(name), true, name);
  }
  deepStrictEqual(names.has("scope_name/b"), false);
}

function read(logdir) {
  const script = join(import.meta.dirname, "read_events.py");
  const run = spawnSync(python, [script, logdir], { encoding: "utf8", maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout.trim().split("\n").at(-1));
}

function isMissing(command, ...args) {
  const { status } = spawnSync(command, args, { encoding: "utf8" });
  return status !== 0;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** In the page: sends an event to the first element that passes a test, in shadow trees as well; whether there is one. */
const sendTo = `(type, test) => {
  const find = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (test(element)) return element;
      const inside = element.shadowRoot && find(element.shadowRoot);
      if (inside) return inside;
    }
  };
  const found = find(document);
  found?.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true }));
  return Boolean(found);
}`;
const node = (name) => `(e) => e.matches("g.node[data-name='${name}'] rect")`;
const background = '(e) => e.matches("svg#svg")';
const fit = '(e) => e.children.length === 0 && e.textContent.trim() === "Fit to screen"';

/** Starts TensorBoard, opens both scopes of the graph, and takes a picture of the page. */
async function screenshot(logdir, file) {
  const port = await freePort();
  const args = ["-m", "tensorboard.main", "--logdir", logdir, "--port", String(port)];
  const server = spawn(python, [...args, "--host", "127.0.0.1", "--load_fast=false"], {
    stdio: "ignore",
  });
  const page = `http://127.0.0.1:${port}/`;
  try {
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`${page}data/plugin/graphs/info`).catch(() => null);
      if (answer?.ok && (await answer.text()).includes("run_graph")) break;
      if (tries > 60) throw new Error("TensorBoard does not answer");
      await sleep(500);
    }
    const profile = join(folder, "chromium");
    const browser = await openBrowser(chromium, { profile, width: 1000, height: 620 });
    try {
      await browser.open(`${page}#graphs`);
      const steps = [
        ["dblclick", node("scope_vars")],
        ["dblclick", node("scope_name")],
        ["click", background], // so that nothing is selected
        ["click", fit],
      ];
      for (const [event, test] of steps) {
        await browser.waitFor(`(${sendTo})("${event}", ${test})`);
        await sleep(1500); // the boxes move to their places
      }
      await browser.screenshot(file);
    } finally {
      await browser.close();
    }
  } finally {
    server.kill();
  }
}

/** Whether a picture has more in it than a background. */
function isDrawn(file) {
  const { data, channels } = decodePng(readFileSync(file));
  const colours = new Set();
  for (let i = 0; i < data.length; i += channels) {
    colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  }
  return colours.size > 100;
}

try {
  const summaries = join(folder, "summaries");
  const scopes = join(folder, "scopes");
  const nodes = await writeSummaries(summaries);
  writeScopes(scopes);
  if (isMissing(python, "-c", "import tensorboard")) {
    console.log(`left out: ${python} has no tensorboard (pip install tensorboard; PYTHON=...)`);
  } else {
    checkSummaries(read(summaries), nodes);
    checkScopes(read(scopes));
    console.log("ok: TensorBoard's reader gives what was written");
    if (isMissing(chromium, "--version")) {
      console.log(
        `left out: the picture of the graph page, since ${chromium} is missing (CHROMIUM=...)`,
      );
    } else {
      const file = join(folder, "graph.png");
      await screenshot(scopes, file);
      if (!isDrawn(file)) throw new Error("the graph page is empty");
      const { keep } = Object.fromEntries(
        process.argv.slice(2).map((arg, i, all) => [arg.replace("--", ""), all[i + 1]]),
      );
      if (keep) copyFileSync(file, keep);
      console.log(`ok: TensorBoard draws the graph${keep ? `: ${keep}` : ""}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
