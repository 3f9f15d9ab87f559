// Where the peers come from: a Python environment and npm packages in a folder that git ignores.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, ".peers");
const worker = (file) => join(import.meta.dirname, "workers", file);

const inPython = {
  torch: "torch_worker.py",
  tensorflow: "tensorflow_worker.py",
  jax: "jax_worker.py",
};
const inNode = { tfjs: "tfjs.mjs", jaxjs: "jaxjs.mjs" };
const pythonPackages = ["tensorflow-cpu", "torch==2.13.0", "jax"];
const npmPackages = [
  "@tensorflow/tfjs@4.22.0",
  "@tensorflow/tfjs-backend-wasm@4.22.0",
  "@jax-js/jax@0.1.25",
];

/** Commands that start the workers of the peers, all or those named; what cannot be had is in `missing`. */
export function peerCommands(names = [...Object.keys(inPython), ...Object.keys(inNode)]) {
  const found = [];
  const missing = [];
  const add = (workers, prepare) => {
    const wanted = names.filter((name) => Object.hasOwn(workers, name));
    if (wanted.length === 0) return;
    try {
      const program = prepare();
      for (const name of wanted) found.push({ name, command: [program, worker(workers[name])] });
    } catch (error) {
      for (const system of wanted) missing.push({ system, reason: error.message });
    }
  };
  add(inPython, python);
  add(inNode, node);
  for (const system of names) {
    if (Object.hasOwn(inPython, system) || Object.hasOwn(inNode, system)) continue;
    missing.push({ system, reason: "there is no such peer" });
  }
  return { found, missing };
}

/** TENSORSCOPE_PYTHON, or an environment made once. */
function python() {
  if (process.env.TENSORSCOPE_PYTHON) return process.env.TENSORSCOPE_PYTHON;
  const environment = join(folder, ".venv");
  const program = join(
    environment,
    process.platform === "win32" ? "Scripts/python.exe" : "bin/python",
  );
  const stamp = join(environment, "complete");
  if (!existsSync(stamp)) {
    console.log(`Installing ${pythonPackages.join(", ")} into bench/.peers/.venv ...`);
    command("python3", ["-m", "venv", environment]);
    command(program, ["-m", "pip", "install", "--quiet", ...pythonPackages]);
    writeFileSync(stamp, "");
  }
  return program;
}

function node() {
  if (
    !npmPackages.every((name) =>
      existsSync(join(folder, "node_modules", name.replace(/@[^@]*$/, ""))),
    )
  ) {
    console.log(`Installing ${npmPackages.join(", ")} into bench/.peers ...`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    const flags = `--prefix "${folder}" --no-audit --no-fund --loglevel=error`;
    command(`npm install ${flags} ${npmPackages.join(" ")}`, [], { shell: true });
  }
  return process.execPath;
}

function command(program, args, options = {}) {
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8", ...options });
  if (status === 0) return;
  throw new Error(`${program} failed: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
}
