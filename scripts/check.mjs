// Runs the repository's checks, or those named on the command line, with one line for each.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checkCycles } from "./check/cycles.mjs";
import { checkDocs } from "./check/docs.mjs";
import { checkLayers } from "./check/layers.mjs";
import { checkAny, checkLength, checkSilence } from "./check/text.mjs";

const root = join(import.meta.dirname, "..");

/** Each check returns its problems as texts; none means that it passed. */
const checks = {
  types: () =>
    command("node_modules/typescript/bin/tsc", "-p", "tsconfig.json", "--pretty", "false"),
  lint: () =>
    command("node_modules/@biomejs/biome/bin/biome", "ci", "--error-on-warnings", "--colors=off"),
  layers: checkLayers,
  cycles: checkCycles,
  length: checkLength,
  silence: checkSilence,
  any: checkAny,
  build: () => command("scripts/setup.mjs"),
  docs: () =>
    checks.build().length > 0 ? ["there is no build to run the code with"] : checkDocs(root),
};

function command(script, ...args) {
  const options = { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 };
  const run = spawnSync(process.execPath, [script, ...args], options);
  return run.status === 0 ? [] : [`${run.stdout}${run.stderr}`.trim()];
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(checks);
const unknown = names.find((name) => !Object.hasOwn(checks, name));
if (unknown) {
  console.error(`There is no check "${unknown}"; there are ${Object.keys(checks).join(", ")}.`);
  process.exit(2);
}
let failed = 0;
for (const name of names) {
  const start = performance.now();
  const problems = await checks[name](root);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (problems.length > 0) failed++;
  console.log(`${problems.length > 0 ? "FAIL" : "ok  "} ${name.padEnd(8)} ${seconds} s`);
  for (const problem of problems) console.log(`     ${problem.replaceAll("\n", "\n     ")}`);
}
console.log(`${names.length - failed} checks passed, ${failed} checks failed`);
process.exit(failed > 0 ? 1 : 0);
