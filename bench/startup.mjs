// Measures what comes before training: importing the built package, and building 10,000 operations.
// Run with `npm run bench`; prints medians of several runs, each import in a process of its own.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import * as tf from "tensorscope";

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const importOnce = () => {
  const script =
    'const t = performance.now(); await import("tensorscope"); console.log(performance.now() - t);';
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return Number(run.stdout);
};

/** Builds 10,000 element-wise operations, with the stack of each captured. */
const buildOnce = (count) => {
  const graph = new tf.Graph();
  const started = performance.now();
  graph.asDefault(() => {
    let x = tf.placeholder(tf.float32, [null, 10]);
    for (let i = 1; i < count; i++) x = i % 2 ? tf.tanh(x) : tf.multiply(x, x);
  });
  if (graph.getOperations().length !== count)
    throw new Error("another number of operations was built");
  return performance.now() - started;
};

const rounds = 9;
const imports = Array.from({ length: rounds }, importOnce);
buildOnce(1000);
const builds = Array.from({ length: rounds }, () => buildOnce(10_000));

console.log(`import of the package    ${median(imports).toFixed(1)} ms   (goal: under 100)`);
console.log(`building 10,000 ops      ${median(builds).toFixed(1)} ms   (goal: under 250)`);
