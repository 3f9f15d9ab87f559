// Checks on single files: length, silence of the library, and no hole in the types.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codeFolders, filesIn, isTest, parseFiles, walk } from "./source.mjs";

const longest = 800;

/** No code file is longer than 800 lines; recorded data is no code, nor is what scripts make. */
export function checkLength(root) {
  return filesIn(root, codeFolders, [".ts", ".mjs", ".js", ".py"]).flatMap((file) => {
    if (file.includes("/gen/")) return [];
    const length = readFileSync(join(root, file), "utf8").replace(/\n$/, "").split("\n").length;
    return length > longest ? [`${file}: ${length} lines, more than ${longest}; split it`] : [];
  });
}

/**
 * The library prints nothing, save where the same or the previous line has `// console-boundary:`
 * and the reason. The command line writes to process.stdout.
 */
export function checkSilence(root) {
  return parseFiles(root, ["src"])
    .filter(({ file }) => !isTest(file))
    .flatMap((source) => {
      const problems = [];
      walk(source.program, (node) => {
        if (node.type !== "MemberExpression") return;
        const name = `${nameOf(node.object)}.${nameOf(node.property)}`;
        const prints =
          /^console\./.test(name) ||
          (/^process\.std(out|err)$/.test(name) && !source.file.startsWith("src/cli/"));
        if (prints && !isMarked(source, source.lineOf(node), "console-boundary:")) {
          problems.push(`${source.file}:${source.lineOf(node)}: the library prints with ${name}`);
        }
      });
      return problems;
    });
}

/**
 * No `any` and no comment that silences the compiler, save where the same or the previous line has
 * `any-boundary:` and the reason. Tests may expect compile errors.
 */
export function checkAny(root) {
  return parseFiles(root, codeFolders).flatMap((source) => {
    const found = source.comments
      .filter(({ value }) => /^\W*@ts-(ignore|nocheck|expect-error)/.test(value))
      .filter(({ value }) => !(isTest(source.file) && value.includes("@ts-expect-error")))
      .map((comment) => [source.lineOf(comment), comment.value.match(/@ts-[a-z-]+/)[0]]);
    walk(source.program, (node) => {
      if (node.type === "TSAnyKeyword") found.push([source.lineOf(node), "any"]);
    });
    return found
      .filter(([line]) => !isMarked(source, line, "any-boundary:"))
      .map(
        ([line, what]) =>
          `${source.file}:${line}: ${what}; if it must be, put above it ` +
          "// biome-ignore lint/suspicious/noExplicitAny: any-boundary: <reason>",
      );
  });
}

/** The last name of an expression: `console` of both `console` and `globalThis.console`. */
function nameOf(node) {
  return node.type === "MemberExpression" ? nameOf(node.property) : node.name;
}

function isMarked({ lines }, line, mark) {
  return [lines[line - 1], lines[line - 2]].some((text) => text?.includes(mark));
}
