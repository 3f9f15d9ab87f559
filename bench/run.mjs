// `npm run bench`: measures every work on our engines, with `--peers` also on other libraries, side by side in one run.
// docs/performance.md says how; `--help` lists the options.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { peerCommands } from "./peers.mjs";
import { describe, goals, table } from "./report.mjs";
import { Worker } from "./worker.mjs";
import { numbersFor, works } from "./works.mjs";

const help = `Measures training steps and other works on the engines of this package.

  npm run bench -- [options]

  --peers            also PyTorch, TensorFlow and JAX (in Python), TensorFlow.js and jax-js (from npm)
  --only WORK,...    some works: ${Object.keys(works).join(", ")}
  --engine NAME,...  engines (default: native,wasm)
  --peer NAME,...    some peers: torch, tensorflow, jax, tfjs, jaxjs
  --rounds N         rounds of all systems in turn (default: 5)
  --seconds N        how long a system is measured in a round (default: 0.3)
  --threads N        threads of every system (default: 2)
  --cpus LIST        processors to stay on, where taskset exists (default: the last N)
  --long             100,000 steps for the memory of a long run instead of 10,000
  --add              keeps the other works of the file where results are written
  --save FILE        where results are written (default: bench/results/latest.json)`;

const options = given({
  peers: { type: "boolean" },
  only: { type: "string" },
  engine: { type: "string", default: "native,wasm" },
  peer: { type: "string" },
  rounds: { type: "string", default: "5" },
  seconds: { type: "string", default: "0.3" },
  threads: { type: "string", default: "2" },
  cpus: { type: "string" },
  long: { type: "boolean" },
  add: { type: "boolean" },
  save: { type: "string", default: join(import.meta.dirname, "results/latest.json") },
  help: { type: "boolean" },
});
if (options.help) {
  console.log(help);
  process.exit(0);
}
const [rounds, seconds, threads] = [options.rounds, options.seconds, options.threads].map(Number);
for (const [name, value] of Object.entries({ rounds, seconds, threads })) {
  if (value > 0) continue;
  console.error(`--${name} must be a positive number, not '${options[name]}'.`);
  process.exit(2);
}
const wanted = options.only?.split(",") ?? Object.keys(works);
const unknown = wanted.find((name) => !Object.hasOwn(works, name));
if (unknown !== undefined) {
  console.error(`There is no work '${unknown}'; there are ${Object.keys(works).join(", ")}.`);
  process.exit(2);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const here = (file) => join(import.meta.dirname, file);
const pinning = Worker.pinning(threads, options.cpus);
const ours = options.engine.split(",").map((engine) => ({
  name: engine,
  command: [process.execPath, here("workers/ours.mjs")],
  env: { TENSORSCOPE_ENGINE: engine },
}));
const machine = { name: "machine", command: [process.execPath, here("workers/machine.mjs")] };
const commands = [...ours, machine];
const problems = [];
if (options.peers || options.peer) {
  const { found, missing } = peerCommands(options.peer?.split(","));
  commands.push(...found);
  problems.push(...missing);
}
const systems = [];
for (const command of commands) {
  const worker = new Worker(command, { pinning, threads });
  const about = await worker.ask({ do: "hello" }, 120);
  if (about.error || about.unavailable) {
    problems.push({ system: command.name, reason: about.error ?? about.unavailable });
    worker.stop();
    continue;
  }
  systems.push({ name: command.name, worker, about });
}

const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpus()[0]?.model ?? "unknown",
    processors: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release()}`,
    node: process.versions.node,
    threads,
    processorsUsed: pinning ?? null,
  },
  versions: Object.fromEntries(
    systems.filter(({ about }) => about.version).map(({ name, about }) => [name, about.version]),
  ),
  rounds,
  seconds,
  problems,
  works: options.add ? JSON.parse(readFileSync(options.save, "utf8")).works : {},
};
console.log(describe(results));
mkdirSync(dirname(options.save), { recursive: true });

const folder = mkdtempSync(join(tmpdir(), "tensorscope-bench-"));
try {
  for (const name of wanted) {
    const measured = works[name].fresh ? await runFresh(name) : await runWork(name);
    results.works[name] = measured;
    console.log(table({ ...results, works: { [name]: measured } }));
    writeFileSync(options.save, `${JSON.stringify(results, null, 1)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  for (const { worker } of systems) worker.stop();
}
console.log(goals(results));
console.log(`Results: ${options.save}`);

/** What the command line says; leaves with a message where it says something else. */
function given(options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error.message.split("\n", 1)[0]} See npm run bench -- --help.`);
    process.exit(2);
  }
}

/** Writes the arrays of a work where all systems read them; gives their shapes. */
function writeArrays(arrays = {}) {
  const shapes = {};
  for (const [i, [name, array]] of Object.entries(arrays).entries()) {
    writeFileSync(join(folder, `${name}.f32`), new Uint8Array(numbersFor(array, i).buffer));
    shapes[name] = array.shape;
  }
  return shapes;
}

/** Prepares every variant of every system, compares what they compute, and measures them in turn. */
async function runWork(name) {
  const { arrays, least = 2 } = works[name];
  const shapes = writeArrays(arrays);
  const subjects = [];
  for (const { name: system, worker } of systems) {
    const { variants = [], error } = await worker.ask({ do: "variants", work: name }, 120);
    if (error) subjects.push({ system, variant: "", error });
    for (const variant of variants) {
      const answer = await worker.ask({ do: "prepare", work: name, variant, folder, shapes }, 180);
      subjects.push({ system, variant, worker, times: [], ...answer });
    }
  }
  compare(name, subjects);
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      if (subject.error) continue;
      const request = { do: "measure", variant: subject.variant, seconds, least };
      const { samples, error } = await subject.worker.ask(request, 180);
      if (error) subject.error = error;
      else subject.times.push({ middle: median(samples), best: Math.min(...samples) });
    }
  }
  for (const { worker } of systems) await worker.ask({ do: "release" }, 60);
  const measured = subjects.map(
    ({ system, variant, times, error, id: _, worker: __, ...facts }) => {
      if (error) return { system, variant, error };
      const middles = times.map(({ middle }) => middle);
      const range = {
        ms: median(middles),
        least: Math.min(...middles),
        most: Math.max(...middles),
      };
      return { system, variant, ...range, best: Math.min(...times.map((t) => t.best)), ...facts };
    },
  );
  return { subjects: measured };
}

/** All systems must compute the same; the first that agrees with the recorded values is right where some are recorded. */
function compare(name, subjects) {
  const good = subjects.filter(({ error, checks }) => !error && checks?.length > 0);
  const reference =
    good.find(({ system }) => system === "torch" || system === "tensorflow")?.checks ??
    recorded(name) ??
    good[0]?.checks;
  const { tolerance = 1e-4 } = works[name];
  for (const subject of good) {
    const at = subject.checks.findIndex((value, i) => {
      const allowed = tolerance * Math.abs(reference[i]) + 1e-6;
      return !(Math.abs(value - reference[i]) <= allowed);
    });
    if (at < 0 && subject.checks.length === reference.length) continue;
    subject.error = `computes something else: value ${at} is ${subject.checks[at]}, not ${reference[at]}`;
  }
}

/** What PyTorch or TensorFlow computed in the run that is committed. */
function recorded(name) {
  try {
    const { works } = JSON.parse(readFileSync(here("results/reference.json"), "utf8"));
    return works[name]?.subjects.find(
      ({ system, checks }) => (system === "torch" || system === "tensorflow") && checks,
    )?.checks;
  } catch {
    return undefined;
  }
}

/** Works that begin with a new process. */
async function runFresh(name) {
  const shapes = writeArrays(works[name].arrays);
  const steps = options.long ? 100_000 : 10_000;
  const once = name === "memory";
  const { flags = [] } = works[name];
  const subjects = [];
  for (const command of ours.filter(({ name }) => systems.some((system) => system.name === name))) {
    const samples = [];
    let answer;
    for (let round = 0; round < (once ? 1 : Math.min(3, rounds)); round++) {
      const [node, ...rest] = command.command;
      const flagged = { ...command, command: [node, ...flags, ...rest] };
      const worker = new Worker(flagged, { pinning, threads });
      const request = {
        do: "prepare",
        work: name,
        variant: "",
        folder,
        shapes,
        options: { steps },
      };
      answer = await worker.ask(request, 3600);
      worker.stop();
      samples.push(...(answer.samples ?? []));
    }
    const { id, samples: _, ...facts } = answer;
    const ms = samples.length > 0 ? { ms: median(samples) } : {};
    subjects.push({ system: command.name, variant: "", ...ms, ...facts });
  }
  return { subjects };
}
