// Runs `tensorscope inspect` on every folder of the corpus, prints a table of what is in it and how long it took, and
// fails where a folder cannot be read or takes 2 seconds or more. The corpus is the folder that is given, or
// TENSORSCOPE_CORPUS, or ../shared/corpus. Needs a build.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const corpus = process.argv[2] ?? process.env.TENSORSCOPE_CORPUS ?? join(root, "../shared/corpus");
const program = join(root, "dist/cli.js");
const slowest = 2000; // ms

if (!existsSync(corpus)) {
  console.error(
    `The corpus is absent: there is no folder ${corpus}. Name it with TENSORSCOPE_CORPUS.`,
  );
  process.exit(1);
}
if (!existsSync(program)) {
  console.error("There is no dist/cli.js: npm run build.");
  process.exit(1);
}

const folders = readdirSync(corpus, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const rows = folders.map(({ name }) => inspect(name));
const widths = rows[0].cells.map((_, i) => Math.max(...rows.map(({ cells }) => cells[i].length)));
for (const { cells } of rows) {
  console.log(
    cells
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd(),
  );
}
const failed = rows.filter(({ ok }) => !ok).length;
console.log(
  `${rows.length - failed} of ${rows.length} folders were read in under ${slowest / 1000} s each`,
);
process.exit(failed > 0 ? 1 : 0);

function inspect(name) {
  const start = performance.now();
  const folder = join(corpus, name);
  const run = spawnSync(process.execPath, [program, "inspect", folder], { encoding: "utf8" });
  const time = performance.now() - start;
  const ok = run.status === 0 && time < slowest;
  const text = run.status === 0 ? contents(folder) : run.stderr.trim().split("\n")[0];
  return { ok, cells: [ok ? "ok" : "FAIL", `${time.toFixed(0)} ms`.padStart(7), name, text] };
}

/** What the JSON form says of the folder, in a line. */
function contents(folder) {
  const options = { encoding: "utf8", maxBuffer: 1 << 28 };
  const run = spawnSync(process.execPath, [program, "inspect", folder, "--json"], options);
  return JSON.parse(run.stdout)
    .items.map(({ kind, summary }) => `${kind}: ${summary}`)
    .join("; ");
}
