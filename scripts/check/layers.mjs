// Checks that imports point down: a folder of src is a layer and knows only the layers below it.
import { isBuiltin } from "node:module";
import { codeFolders, isTest, parseFiles } from "./source.mjs";

/** Bottom to top. Files directly in src are the package's entry points, above all layers. */
const layers = [
  "core",
  "engines",
  "ops",
  "session",
  "gradients",
  "variables",
  "training",
  "formats",
  "viewer",
  "cli",
];

export function checkLayers(root) {
  const files = parseFiles(root, codeFolders);
  const library = files.filter(({ file }) => file.startsWith("src/") && !isTest(file));
  return [
    ...library.flatMap(unknownLayer),
    ...library.flatMap(upwardImports),
    ...files.flatMap(importedTests),
    ...nodeModules(library),
  ];
}

/** The layer's height, -1 for an unknown folder. */
function heightOf(file) {
  const [, folder, ...rest] = file.split("/");
  return rest.length === 0 ? layers.length : layers.indexOf(folder);
}

function unknownLayer({ file }) {
  if (heightOf(file) >= 0) return [];
  return [
    `${file}: ${file.split("/")[1]} is no layer; give it a place in scripts/check/layers.mjs`,
  ];
}

function upwardImports({ file, imports }) {
  return imports.flatMap(({ from, line }) => {
    if (from === "tensorscope") return [`${file}:${line}: the library imports itself by name`];
    if (!from.startsWith("src/")) {
      return /^(\.\.|tests|examples|bench|scripts)\//.test(from)
        ? [`${file}:${line}: the library imports ${from} from outside src`]
        : [];
    }
    if (heightOf(from) <= heightOf(file)) return [];
    return [`${file}:${line}: imports ${from} from a higher layer; imports point down only`];
  });
}

function importedTests({ file, imports }) {
  return imports
    .filter(({ from }) => isTest(from))
    .map(({ from, line }) => `${file}:${line}: imports the test file ${from}`);
}

/** Node modules that loading src/index.ts would load: the core must load in a browser. */
function nodeModules(library) {
  const byName = new Map(library.map((source) => [source.file, source]));
  const reached = new Set(["src/index.ts"]);
  const problems = [];
  for (const file of reached) {
    for (const { from, line, runsAtLoad } of byName.get(file)?.imports ?? []) {
      if (!runsAtLoad) continue;
      if (byName.has(from)) reached.add(from);
      else if (isBuiltin(from)) {
        problems.push(`${file}:${line}: src/index.ts would load the Node module ${from}`);
      }
    }
  }
  return problems;
}
