// Finds and parses the repository's source files for the checks.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { parseSync } from "vite";

/** The folders that hold our code. */
export const codeFolders = ["src", "examples", "tests", "bench", "scripts"];

export const isTest = (file) => /\.test\.\w+$/.test(file);

/** Files under root's folders with one of the extensions, as sorted paths with forward slashes. */
export function filesIn(root, folders, extensions) {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && extensions.some((end) => entry.name.endsWith(end)))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")),
    )
    .filter((file) => !/(^|\/)(node_modules|\.venv|\.peers)\//.test(file))
    .sort();
}

/** The parsed TypeScript files of the folders: syntax tree, comments, imports. */
export function parseFiles(root, folders) {
  return filesIn(root, folders, [".ts"]).map((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const { program, comments } = parseSync(file, text);
    const lines = text.split("\n");
    const lineOf = (node) => text.slice(0, node.start).split("\n").length;
    return { file, program, comments, lines, lineOf, imports: importsOf(file, program, lineOf) };
  });
}

/** Calls visit with every node of a syntax tree. */
export function walk(tree, visit) {
  if (Array.isArray(tree)) for (const node of tree) walk(node, visit);
  else if (typeof tree === "object" && tree !== null) {
    if (typeof tree.type === "string") visit(tree);
    for (const child of Object.values(tree)) walk(child, visit);
  }
}

/**
 * What a file imports or re-exports, as `{ from, line, runsAtLoad }`: `from` is a path inside the
 * repository for relative imports; type imports and `import()` do not run at load.
 */
function importsOf(file, program, lineOf) {
  const imports = [];
  walk(program, (node) => {
    const from = /^(Import|Export|TSImport)/.test(node.type) ? node.source?.value : undefined;
    if (typeof from !== "string") return;
    imports.push({
      from: from.startsWith(".") ? posix.join(posix.dirname(file), from) : from,
      line: lineOf(node),
      runsAtLoad:
        node.type.endsWith("Declaration") && (node.importKind ?? node.exportKind) !== "type",
    });
  });
  return imports;
}
