// `npm run proof`: TensorFlow and Tensorscope each train a network, and read and go on with what the other wrote.
// `--record` also writes the table to tests/formats/recordings/proof.txt. Needs a Python with TensorFlow 2.21: `pip install tensorflow-cpu==2.21`; TENSORSCOPE_PYTHON says which Python.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runnerImport } from "vite";

const here = import.meta.dirname;
const python = process.env.TENSORSCOPE_PYTHON ?? "python3";
const quiet = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };

function runPython(...args) {
  const options = { encoding: "utf8", env: quiet, maxBuffer: 1 << 26 };
  const { status, stdout, stderr, error } = spawnSync(python, args, options);
  return { ok: status === 0, stdout: stdout ?? "", problem: error?.message ?? stderr ?? "" };
}

const version = runPython("-c", "import tensorflow; print(tensorflow.__version__)");
if (!version.ok) {
  console.error(
    `The proof needs TensorFlow, and '${python}' cannot import it; nothing was checked.\n` +
      "Install it (pip install tensorflow-cpu==2.21), or set TENSORSCOPE_PYTHON to a Python that has it.",
  );
  process.exit(2);
}

const theirs = `TensorFlow ${version.stdout.trim()}`;
const folder = mkdtempSync(join(tmpdir(), "tensorscope-proof-"));
const table = [];
let made = 0;
let failures = 0;
try {
  const { module: ours } = await runnerImport(join(here, "ours.ts"), {
    configFile: false,
    logLevel: "error",
    oxc: { target: "es2022" },
    resolve: {
      alias: [{ find: /^tensorscope$/, replacement: join(here, "../../../src/index.ts") }],
    },
  });
  for (const kind of ["reference", "resource"]) {
    const theirFolder = join(folder, `tensorflow-${kind}`);
    const ourFolder = join(folder, `tensorscope-${kind}`);
    const written = runPython(join(here, "proof.py"), "write", theirFolder, kind);
    if (!written.ok) throw new Error(`TensorFlow's side failed:\n${written.problem}`);
    const checks = await ours.check(theirFolder, kind);
    show(`Tensorscope reads what ${theirs} wrote, with ${kind} variables`, checks);
    await ours.writeTo(ourFolder, kind);
    const readers = [
      runPython(join(here, "proof.py"), "check", ourFolder, kind),
      runPython(join(here, "proof2.py"), "check", ourFolder),
    ];
    const lines = readers.flatMap(({ stdout }) => stdout.split("\n"));
    const theirChecks = lines
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
    show(`${theirs} reads what Tensorscope wrote, with ${kind} variables`, theirChecks);
    const broken = readers.find(({ ok }) => !ok);
    if (broken) throw new Error(`TensorFlow's side failed:\n${broken.problem}`);
  }
  const objects = join(folder, "objects");
  const written = runPython(join(here, "proof2.py"), "write", objects);
  if (!written.ok) throw new Error(`TensorFlow's side failed:\n${written.problem}`);
  show(
    `Tensorscope reads what ${theirs} saved as TensorFlow 2 does`,
    await ours.checkObjects(objects),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
print(failures === 0 ? `All ${made} checks hold.` : `${failures} of ${made} checks failed.`);
if (process.argv.includes("--record")) {
  writeFileSync(join(here, "../recordings/proof.txt"), `${table.join("\n")}\n`);
}
process.exit(failures === 0 ? 0 : 1);

function show(title, checks) {
  print(`${title}:`);
  const width = Math.max(...checks.map(({ check }) => check.length));
  for (const { check, ok, detail } of checks) {
    made += 1;
    if (!ok) failures += 1;
    print(`  ${ok ? "holds " : "FAILED"}  ${check.padEnd(width)}  ${detail}`);
  }
  print("");
}

function print(line) {
  table.push(line);
  console.log(line);
}
