// Draws docs/images/benchmarks.svg and the table of docs/performance.md from a file of results:
// `node bench/chart.mjs [bench/results/reference.json]`; with `--check`, only says whether both are up to date.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { best, describe, format, judge, peaks } from "./report.mjs";
import { peers, works } from "./works.mjs";

const root = join(import.meta.dirname, "..");
const isCheck = process.argv.includes("--check");
const file = process.argv.slice(2).find((word) => !word.startsWith("--"));
const results = JSON.parse(
  readFileSync(file ?? join(root, "bench/results/reference.json"), "utf8"),
);
const columns = ["native", "wasm", ...Object.keys(peers)].filter((system) =>
  Object.values(results.works).some(({ subjects }) => best(subjects, system)),
);
const label = (system) => peers[system] ?? `ours, ${system}`;
const ratio = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(0));

function markdown() {
  const lines = [describe(results).trim().split("\n").join("; "), ""];
  lines.push(
    `| work | ${columns.map(label).join(" | ")} |`,
    `| --- |${" --- |".repeat(columns.length)}`,
  );
  for (const [name, { subjects }] of Object.entries(results.works)) {
    const cells = columns.map((system) => {
      const growth = subjects.find((s) => s.system === system)?.growth;
      if (growth !== undefined) return `${(100 * growth).toFixed(2)} %`;
      return format(best(subjects, system)?.ms);
    });
    lines.push(`| ${works[name].title} | ${cells.join(" | ")} |`);
  }
  lines.push("", "| goal | engine | value | |", "| --- | --- | --- | --- |");
  for (const [name, measured] of Object.entries(results.works)) {
    for (const { engine, text, value, reached } of judge(name, measured)) {
      const outcome =
        reached === undefined ? "not measured" : reached ? "reached" : "**not reached**";
      lines.push(`| ${works[name].title}: ${text} | ${engine} | ${value} | ${outcome} |`);
    }
  }
  const { matmul } = results.works;
  if (matmul) {
    const rates = peaks(matmul.subjects).map((line) => `- ${line}`);
    lines.push("", `Rates of ${works.matmul.title}:`, "", ...rates);
  }
  const failures = Object.entries(results.works).flatMap(([name, { subjects }]) =>
    subjects
      .filter(({ error, system }) => error && system !== "machine")
      .map(
        ({ system, variant, error }) =>
          `- ${works[name].title}, ${label(system)} (${variant}): ${error}`,
      ),
  );
  if (failures.length > 0) lines.push("", "What failed:", "", ...failures);
  return lines.join("\n");
}

/** Bars of time relative to ours, on a logarithmic scale: left of the line is faster than ours, right of it slower. */
function svg() {
  const ours = columns.includes("native") ? "native" : "wasm";
  const others = columns.filter((system) => system !== ours);
  const rows = Object.entries(results.works)
    .map(([name, { subjects }]) => {
      const mine = best(subjects, ours)?.ms;
      const bars = others
        .map((system) => ({ system, ratio: best(subjects, system)?.ms / mine }))
        .filter(({ ratio }) => ratio > 0);
      return { title: works[name].title, mine, bars };
    })
    .filter(({ bars }) => bars.length > 0);
  const [left, width, bar, gap, top] = [520, 360, 13, 16, 56];
  const limit = 32;
  const x = (ratio) => {
    const clipped = Math.min(limit, Math.max(1 / limit, ratio));
    return left + (width * (Math.log2(clipped) / Math.log2(limit) + 1)) / 2;
  };
  const parts = [];
  let y = top;
  for (const { title, mine, bars } of rows) {
    const middle = y + (bars.length * bar) / 2;
    parts.push(`<text x="12" y="${middle}">${title}</text>`);
    parts.push(`<text x="12" y="${middle + 14}" class="dim">ours: ${format(mine)}</text>`);
    for (const { system, ratio: value } of bars) {
      const [from, to] = [x(1), x(value)].sort((a, b) => a - b);
      const text = `${label(system)} ${ratio(value)} ×`;
      const [at, anchor] = value >= 1 ? [to + 5, "start"] : [from - 5, "end"];
      parts.push(
        `<rect class="s${columns.indexOf(system)}" x="${from.toFixed(1)}" y="${y + 1}" width="${Math.max(1, to - from).toFixed(1)}" height="${bar - 3}"/>`,
        `<text class="small" x="${at.toFixed(1)}" y="${y + bar - 4}" text-anchor="${anchor}">${text}</text>`,
      );
      y += bar;
    }
    y += gap + Math.max(0, 2 - bars.length) * bar;
  }
  const lines = [1 / 32, 1 / 8, 1 / 2, 1, 2, 8, 32].map(
    (value) =>
      `<line class="${value === 1 ? "one" : "grid"}" x1="${x(value)}" x2="${x(value)}" y1="44" y2="${y - gap}"/>` +
      `<text class="small" x="${x(value)}" y="38" text-anchor="middle">${value < 1 ? `1/${1 / value}` : value} ×</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 ${y}" font-family="sans-serif" font-size="12">
<style>
text { fill: #1f2328; stroke: #ffffff; stroke-width: 3px; paint-order: stroke } .dim { fill: #59636e } .small { font-size: 10px } .page { fill: #ffffff }
.grid { stroke: #d1d9e0 } .one { stroke: #1f2328 }
.s0 { fill: #1f6feb } .s1 { fill: #8250df } .s2 { fill: #d1540b } .s3 { fill: #bf8700 } .s4 { fill: #1a7f37 } .s5 { fill: #0e7490 } .s6 { fill: #bf3989 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; stroke: #0d1117 } .dim { fill: #9198a1 } .page { fill: #0d1117 } .grid { stroke: #3d444d } .one { stroke: #e6edf3 } }
</style>
<rect class="page" width="1000" height="${y}"/>
<text x="12" y="20">Time for one step relative to ours (${ours}); right of the line is slower than ours; bars end at ${limit} ×</text>
${lines.join("\n")}
${parts.join("\n")}
</svg>
`;
}

const page = join(root, "docs/performance.md");
const text = readFileSync(page, "utf8");
const markers = /(<!-- results -->\n)[\s\S]*(\n<!-- end of results -->)/;
const outputs = {
  [page]: text.replace(markers, (_, start, end) => `${start}\n${markdown()}\n${end}`),
  [join(root, "docs/images/benchmarks.svg")]: svg(),
};
let stale = 0;
for (const [path, content] of Object.entries(outputs)) {
  if (!isCheck) writeFileSync(path, content);
  else if (!existsSync(path) || readFileSync(path, "utf8") !== content) {
    console.error(`${path} does not show the results; run node bench/chart.mjs`);
    stale++;
  }
}
process.exit(stale > 0 ? 1 : 0);
