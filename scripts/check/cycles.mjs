// Checks that the files of src import each other without cycles. Type imports vanish when compiled and do not count.
import { isTest, parseFiles } from "./source.mjs";

// The gradients of op families call each other, so cycles inside src/ops are allowed; there a
// file's top level must not depend on which of the files is loaded first.
const mayCycle = (cycle) => cycle.every(({ file }) => file.startsWith("src/ops/"));

const loaded = (source) => source.imports.filter(({ runsAtLoad }) => runsAtLoad);

export function checkCycles(root) {
  const files = parseFiles(root, ["src"]).filter(({ file }) => !isTest(file));
  return cyclesOf(files).flatMap((cycle) =>
    mayCycle(cycle)
      ? cycle.flatMap(orderDependent)
      : [`import cycle: ${shortestLoop(cycle).join(" -> ")}`],
  );
}

/** The strongly connected components with a cycle in them (Tarjan 1972). */
function cyclesOf(files) {
  const byName = new Map(files.map((source) => [source.file, source]));
  const index = new Map();
  const low = new Map();
  const stack = [];
  const cycles = [];
  const visit = (source) => {
    index.set(source, index.size);
    low.set(source, index.get(source));
    stack.push(source);
    const targets = loaded(source)
      .map(({ from }) => byName.get(from))
      .filter(Boolean);
    for (const target of targets) {
      if (!index.has(target)) visit(target);
      else if (!stack.includes(target)) continue;
      low.set(source, Math.min(low.get(source), low.get(target)));
    }
    if (low.get(source) !== index.get(source)) return;
    const component = stack.splice(stack.indexOf(source));
    if (component.length > 1 || targets.includes(source)) cycles.push(component);
  };
  for (const source of files) if (!index.has(source)) visit(source);
  return cycles;
}

/** A shortest way from the component's first file back to it. */
function shortestLoop(component) {
  const byName = new Map(component.map((source) => [source.file, source]));
  const start = component[0].file;
  const paths = [[start]];
  const seen = new Set();
  for (const path of paths) {
    for (const { from } of loaded(byName.get(path.at(-1)))) {
      if (from === start) return [...path, start];
      if (!byName.has(from) || seen.has(from)) continue;
      seen.add(from);
      paths.push([...path, from]);
    }
  }
}

function orderDependent({ file, program, lineOf }) {
  return program.body
    .filter((statement) => !isDeclaration(statement))
    .map(
      (statement) =>
        `${file}:${lineOf(statement)}: in an import cycle, so its top level may hold only imports, ` +
        "exports, functions, classes that extend nothing, types, constants and define…(…) or install…(…) calls",
    );
}

function isDeclaration(statement) {
  switch (statement.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration":
    case "TSModuleDeclaration":
      return true;
    case "ExportNamedDeclaration":
      return statement.declaration === null || isDeclaration(statement.declaration);
    case "ClassDeclaration":
      return statement.superClass === null;
    case "VariableDeclaration":
      return statement.kind === "const";
    case "ExpressionStatement": {
      const { type, callee } = statement.expression;
      return type === "CallExpression" && /^(define|install)[A-Z]/.test(callee.name ?? "");
    }
    default:
      return false;
  }
}
