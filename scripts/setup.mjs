// Makes a fresh clone ready to run: installs the packages and builds dist/, each only when needed.
// `--rebuild` builds in any case, `--no-build` in none. Uses nothing but Node.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Tensorscope needs Node 20.19 or later; this is Node ${process.versions.node}.`);
}
process.chdir(join(import.meta.dirname, ".."));
const flags = process.argv.slice(2);
if (packagesAreStale()) install();
if (!flags.includes("--no-build")) {
  const stamp = sourceHash();
  if (flags.includes("--rebuild") || readText("dist/.stamp") !== stamp) build(stamp);
}

/** Compares what is installed with the lock file; npm writes the former to a hidden lock file. */
function packagesAreStale() {
  const wanted = JSON.parse(readText("package-lock.json")).packages;
  const installed = JSON.parse(readText("node_modules/.package-lock.json") ?? "{}").packages ?? {};
  return Object.entries(wanted).some(
    ([path, { version, optional }]) =>
      path !== "" && !optional && installed[path]?.version !== version,
  );
}

function install() {
  console.log("Installing the packages of package-lock.json (npm ci) ...");
  // No package needs its install script: those that bring native code bring it ready to run.
  const flags = "--include=dev --ignore-scripts --no-audit --no-fund --loglevel=error";
  // One command string: npm is a script file on Windows and needs the shell there.
  const { status } = spawnSync(`npm ci ${flags}`, { shell: true, stdio: ["ignore", 2, 2] });
  if (status !== 0) fail("npm ci failed: the packages could not be installed.");
}

function build(stamp) {
  console.log("Building dist ...");
  // Built aside and swapped in, so that a failed build leaves no half-new dist.
  const folder = `.dist-${process.pid}`;
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", folder];
  for (const command of [tsc, ["scripts/bundle.mjs", folder]]) {
    const { status } = spawnSync(process.execPath, command, { stdio: ["ignore", 2, 2] });
    if (status === 0) continue;
    rmSync(folder, { recursive: true, force: true });
    fail("The build failed: see the errors above.");
  }
  writeFileSync(join(folder, ".stamp"), stamp);
  rmSync("dist", { recursive: true, force: true });
  renameSync(folder, "dist");
}

/** One hash over all that decides what dist contains. */
function sourceHash() {
  const sources = ["src", "examples"].filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((file) => join(folder, file))
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts")),
  );
  const settings = [
    "package-lock.json",
    "tsconfig.json",
    "tsconfig.build.json",
    "scripts/bundle.mjs",
  ];
  const hash = createHash("sha256");
  for (const file of [...sources.sort(), ...settings]) hash.update(`${file}\0${readText(file)}\0`);
  return hash.digest("hex");
}

function readText(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
