// Checks the code in the documentation: every ```ts block of README.md and docs/ is type-checked
// and run against the built package. What may follow the language name:
//   ```ts no-run       only type-checked
//   ```ts continued    continues the program of the ts block before it
//   ```text output     exactly what the ts block before it prints
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { filesIn } from "./source.mjs";

const tsc = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");
const runTimeout = 120_000; // ms

export async function checkDocs(root) {
  const documents = [
    ...["README.md"].filter((file) => existsSync(join(root, file))),
    ...filesIn(root, ["docs"], [".md"]),
  ];
  const problems = [];
  const programs = documents.flatMap((file) =>
    programsOf(file, readFileSync(join(root, file), "utf8"), problems),
  );
  if (programs.length === 0) return problems;
  const folder = mkdtempSync(join(root, ".snippets-"));
  try {
    problems.push(...(await compile(folder, programs)));
    const runnable = programs.filter(({ run, broken }) => run && !broken);
    const worker = async () => {
      for (let next = runnable.shift(); next; next = runnable.shift()) {
        problems.push(...(await runProgram(folder, next)));
      }
    };
    await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return problems;
}

/** The programs of a document; a program's code stands on the same lines as in the document. */
function programsOf(file, text, problems) {
  const programs = [];
  let current; // the program of the block before, if that is a ts block
  for (const { info, line, lines } of blocksOf(text)) {
    const [language, ...flags] = info.split(/\s+/);
    const complain = (what) => problems.push(`${file}:${line}: ${what}`);
    if (language === "ts" || language === "typescript") {
      const unknown = flags.find((flag) => flag !== "no-run" && flag !== "continued");
      if (unknown) complain(`unknown word "${unknown}" after ${language}`);
      if (flags.includes("continued")) {
        current = programs.at(-1);
        if (!current) complain("there is no ts block to continue");
      } else {
        const name = `${file.replaceAll(/\W/g, "-")}-${line}`;
        current = { file, line, name, lines: [], run: !flags.includes("no-run") };
        programs.push(current);
      }
      while (current && current.lines.length < line) current.lines.push("");
      current?.lines.push(...lines);
    } else if (info === "text output") {
      if (current?.run) current.output = `${current.output ?? ""}${lines.join("\n")}\n`;
      else complain("the output of no program: the block before it is not a ts block that runs");
      current = undefined;
    } else current = undefined;
  }
  return programs;
}

/** The fenced blocks of a Markdown text; `line` is the number of the opening fence. */
function blocksOf(text) {
  const blocks = [];
  let open;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, indent, fence, info] = line.match(/^([ >]*)(`{3,}|~{3,})\s*(.*?)\s*$/) ?? [];
    if (!open && fence) {
      open = { fence, indent, info, line: index + 1, lines: [] };
    } else if (open && fence?.startsWith(open.fence) && info === "") {
      blocks.push(open);
      open = undefined;
    } else if (open) {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trim());
    }
  }
  return blocks;
}

/** Type-checks and emits all programs at once; marks those with type errors as broken. */
async function compile(folder, programs) {
  const settings = {
    extends: "../tsconfig.json",
    compilerOptions: { noEmit: false, rewriteRelativeImportExtensions: true, sourceMap: true },
    include: ["*.ts"],
    exclude: [],
  };
  // No paths: a program finds "tensorscope" as users do, through the package's exports.
  Object.assign(settings.compilerOptions, { rootDir: ".", outDir: ".", paths: {} });
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  for (const { name, lines } of programs) {
    writeFileSync(join(folder, `${name}.ts`), `${lines.join("\n")}\n`);
  }
  const { status, stdout } = await execute([tsc, "-p", folder, "--pretty", "false"], folder);
  if (status === 0) return [];
  return stdout
    .trim()
    .split("\n")
    .map((message) => {
      const [, path, line, rest] = message.match(/^(\S+)\.ts\((\d+),\d+\): (.*)$/) ?? [];
      const program = programs.find(({ name }) => path !== undefined && name === basename(path));
      if (!program) return message;
      program.broken = true;
      return `${program.file}:${line}: ${rest}`;
    });
}

async function runProgram(folder, { file, line, name, output }) {
  const directory = join(folder, "run", name);
  mkdirSync(directory, { recursive: true });
  const run = await execute(["--enable-source-maps", join(folder, `${name}.js`)], directory);
  if (run.status !== 0) return [`${file}:${line}: the program failed:\n${run.stderr.trim()}`];
  const printed = run.stdout.trimEnd();
  if (output === undefined || printed === output.trimEnd()) return [];
  return [`${file}:${line}: the program printed\n${printed}\nand not\n${output.trimEnd()}`];
}

/** Runs Node with the arguments in a folder; never throws. */
function execute(args, cwd) {
  const env = { ...process.env, NO_COLOR: "1" };
  delete env.FORCE_COLOR;
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: runTimeout, maxBuffer: 1 << 26 };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const late = error?.killed ? `stopped after ${runTimeout / 1000} s\n` : "";
      resolve({ status: error ? 1 : 0, stdout, stderr: late + stderr });
    });
  });
}
