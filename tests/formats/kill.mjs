// Kills processes while they save, and checks that what they leave is whole: the state file names a checkpoint that loads,
// which is at least as new as the last one whose saving had ended, and no other checkpoint is damaged either.
//
// Usage: node tests/formats/kill.mjs [kills] [seed]
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const script = fileURLToPath(import.meta.url);

/** How checkpoints are saved: each step under a path of its own, all under one, in parts, with random streams. */
const modes = {
  steps: { saver: { maxToKeep: 3 }, byStep: true },
  same: { saver: {}, byStep: false },
  sharded: { saver: { sharded: true, maxToKeep: 2 }, byStep: true },
  "sharded, same": { saver: { sharded: true }, byStep: false },
  "random, same": { saver: { saveRandomState: true }, byStep: false },
};

const size = 20_000;

/** Variables that all have the number of the step, and the node that counts. */
function model(tf) {
  const w = tf.device("/device:CPU:0", () =>
    tf.getVariable("w", [size], { initializer: tf.zerosInitializer(), dtype: tf.float64 }),
  );
  const v = tf.device("/device:CPU:1", () =>
    tf.getVariable("v", [size], { initializer: tf.zerosInitializer() }),
  );
  const step = tf.train.createGlobalStep();
  const next = tf.group(
    w.assignAdd(tf.ones([size], { dtype: tf.float64 })),
    v.assignAdd(tf.ones([size])),
    step.assignAdd(tf.constant(1, { dtype: tf.int64 })),
  );
  return { step, next };
}

/** Goes on where the last process was, and saves after every step until it is killed. */
async function save(library, folder, mode) {
  const tf = await import(pathToFileURL(library).href);
  const { saver: options, byStep } = modes[mode];
  const { step, next } = model(tf);
  const init = tf.globalVariablesInitializer();
  const saver = new tf.train.Saver(null, options);
  const session = new tf.Session();
  await session.run(init);
  const latest = tf.train.latestCheckpoint(folder);
  if (latest !== null) {
    await saver.restore(session, latest);
    saver.recoverLastCheckpoints(tf.train.getCheckpointState(folder).allModelCheckpointPaths);
  }
  process.stdout.write("ready\n");
  for (;;) {
    await session.run(next);
    await saver.save(session, join(folder, "model"), byStep ? { globalStep: step } : {});
    process.stdout.write(`${(await session.run(step)).item()}\n`);
  }
}

/** The step that a checkpoint holds. Throws when it is not whole. */
function stepOf(tf, path) {
  const reader = tf.train.NewCheckpointReader(path);
  try {
    const step = Number(reader.getTensor("global_step").item());
    for (const name of ["w", "v"]) {
      const { data } = reader.getTensor(name);
      if (data.length !== size || !data.every((value) => value === step)) {
        throw new Error(`${path}: ${name} is not that of step ${step}`);
      }
    }
    return step;
  } finally {
    reader.close();
  }
}

/** Starts a process, kills it after `delay` milliseconds of saving, and gives the last step it told of. */
function killWhileSaving(library, folder, mode, delay) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, "save", library, folder, mode], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    let timer;
    child.stdout.on("data", (text) => {
      output += text;
      timer ??= setTimeout(() => child.kill("SIGKILL"), delay);
    });
    child.stderr.on("data", (text) => {
      errors += text;
    });
    child.on("error", reject);
    child.on("close", (_, signal) => {
      clearTimeout(timer);
      const lines = output.split("\n").slice(0, -1);
      const steps = lines.map(Number).filter((step) => !Number.isNaN(step));
      if (signal === "SIGKILL") resolve(steps.at(-1) ?? 0);
      else reject(new Error(`the saving process ended by itself: ${errors}`));
    });
  });
}

/** mulberry32: the same delays for the same seed. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Kills so many processes, in turn in every way of saving. Returns what was seen; throws at the first damage. */
export async function killSavers(library, kills, seed) {
  const tf = await import(pathToFileURL(library).href);
  const random = randomNumbers(seed);
  const names = Object.keys(modes);
  const folders = names.map(() => mkdtempSync(join(tmpdir(), "kill-")));
  const seen = { kills: 0, halfway: 0, checkpoints: 0, steps: 0 };
  try {
    const reached = names.map(() => 0);
    for (let kill = 0; kill < kills; kill++) {
      const turn = kill % names.length;
      const folder = folders[turn];
      const told = await killWhileSaving(library, folder, names[turn], random() * 200);
      seen.kills += 1;
      const left = readdirSync(folder);
      if (left.some((name) => /tempstate|previous|_temp/.test(name))) seen.halfway += 1;
      const latest = tf.train.latestCheckpoint(folder);
      const state = tf.train.getCheckpointState(folder);
      if (state !== null && latest !== state.modelCheckpointPath) {
        throw new Error(
          `kill ${kill}: the state file names a checkpoint that is not there: ${left}`,
        );
      }
      const step = latest === null ? 0 : stepOf(tf, latest);
      const least = Math.max(told, reached[turn]);
      if (step < least) {
        throw new Error(`kill ${kill} (${names[turn]}): step ${step} is left of ${least}`);
      }
      reached[turn] = step;
      for (const name of left.filter((each) => each.endsWith(".index"))) {
        stepOf(tf, join(folder, name.slice(0, -".index".length)));
        seen.checkpoints += 1;
      }
    }
    seen.steps = reached.reduce((sum, step) => sum + step, 0);
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
  return seen;
}

const [, main, first, ...rest] = process.argv;
if (main === script && first === "save") await save(...rest);
else if (main === script) {
  const { bundleLibrary } = await import("./library.mjs");
  const kills = Number(first ?? 300);
  const seed = Number(rest[0] ?? Date.now() % 1_000_000);
  console.log(`${kills} kills, seed ${seed}`);
  const { library, remove } = await bundleLibrary();
  try {
    console.log(await killSavers(library, kills, seed));
  } finally {
    remove();
  }
}
