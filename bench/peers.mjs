// Where the peers come from: each has a Python environment or npm packages of its own in bench/.peers, which git ignores.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peers as titles } from "./works.mjs";

const { platform, arch, env } = process;
const folder = join(import.meta.dirname, ".peers");
const worker = (file) => join(import.meta.dirname, "workers", file);

/** Builds for processors alone are far smaller. Apple and ARM have them under the plain names. */
const isPlain = platform === "darwin" || arch !== "x64";
const cpuBuilds = "--extra-index-url=https://download.pytorch.org/whl/cpu";

const inPython = {
  torch: {
    worker: "torch_worker.py",
    packages: ["torch==2.13.0", "numpy"],
    flags: platform === "linux" ? [cpuBuilds] : [],
  },
  tensorflow: {
    worker: "tensorflow_worker.py",
    packages: [isPlain ? "tensorflow" : "tensorflow-cpu"],
  },
  jax: { worker: "jax_worker.py", packages: ["jax"] },
};
const inNode = {
  tfjs: {
    worker: "tfjs.mjs",
    packages: ["@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0"],
  },
  jaxjs: { worker: "jaxjs.mjs", packages: ["@jax-js/jax@0.1.25"] },
};

/** Commands that start the workers of the peers, all or those named; what cannot be had is in `missing`. */
export function peerCommands(names = [...Object.keys(inPython), ...Object.keys(inNode)]) {
  const found = [];
  const missing = [];
  for (const name of names) {
    try {
      found.push({ name, command: commandOf(name) });
    } catch ({ message }) {
      console.log(`${titles[name] ?? name} is left out: ${message}`);
      missing.push({ system: name, reason: message });
    }
  }
  return { found, missing };
}

function commandOf(name) {
  if (Object.hasOwn(inNode, name)) {
    install(name, inNode[name], (place, packages) => {
      writeFileSync(join(place, "package.json"), '{ "private": true }\n');
      // One command string: npm is a script file on Windows and needs the shell there.
      const flags = "--no-audit --no-fund --loglevel=error --fetch-retries=1";
      run("npm install", `npm install ${flags} ${packages.join(" ")}`, [], {
        shell: true,
        cwd: place,
      });
    });
    return [process.execPath, worker(inNode[name].worker)];
  }
  if (!Object.hasOwn(inPython, name)) {
    throw new Error(`there is no such peer; there are ${Object.keys(titles).join(", ")}`);
  }
  const peer = inPython[name];
  if (env.TENSORSCOPE_PYTHON) return [env.TENSORSCOPE_PYTHON, worker(peer.worker)];
  const python = platform === "win32" ? "Scripts/python.exe" : "bin/python";
  const place = install(name, peer, (place, packages) => {
    run("python3 -m venv", platform === "win32" ? "python" : "python3", ["-m", "venv", place]);
    const quiet = ["--quiet", "--disable-pip-version-check", "--retries=1"];
    run("pip install", join(place, python), [
      "-m",
      "pip",
      "install",
      ...quiet,
      ...(peer.flags ?? []),
      ...packages,
    ]);
  });
  return [join(place, python), worker(peer.worker)];
}

/** Gives the folder of a peer; fills it first unless a file there says that this was done with these packages. */
function install(name, { packages }, fill) {
  const place = join(folder, name);
  const stamp = join(place, "complete");
  const wanted = packages.join(" ");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return place;
  console.log(`Installing ${titles[name]} (${wanted}) in bench/.peers/${name} ...`);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const started = performance.now();
  try {
    fill(place, packages);
  } catch (error) {
    rmSync(place, { recursive: true, force: true });
    throw error;
  }
  writeFileSync(stamp, wanted);
  console.log(`  done in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return place;
}

function run(what, program, args, options = {}) {
  const { status, error, stderr, stdout } = spawnSync(program, args, {
    encoding: "utf8",
    ...options,
  });
  if (status === 0) return;
  throw new Error(`${what} failed: ${error?.message ?? cause(stderr.trim() || stdout.trim())}`);
}

/** What a failed installation says about itself: its errors, and why it could not connect. */
function cause(output) {
  const lines = output.replaceAll(folder, "bench/.peers").split("\n");
  const connection = output.match(/Failed to establish a new connection: [^'"]*/)?.[0];
  const errors = lines
    .filter((line) => /^(npm )?error:? /i.test(line))
    .map((line) => line.replace(/^(npm )?error:? /i, ""));
  const telling = errors.find((line) => /reason:|no matching|no space/i.test(line)) ?? errors[0];
  const found = telling ? [telling] : lines.filter(Boolean).slice(0, 3);
  return [...found, ...(connection ? [connection] : [])].join("; ").slice(0, 500);
}
