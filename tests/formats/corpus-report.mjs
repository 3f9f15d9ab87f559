// Prints what becomes of every graph of the fixtures and the corpus: `node tests/formats/corpus-report.mjs`, after
// `npm run build`. TENSORSCOPE_CORPUS names the corpus (default ../shared/corpus). With `--ops` it lists op types that
// do not run here. Exits with 1 if a graph is not read, imported and written without loss.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as tf from "tensorscope";
import {
  decode,
  encode,
  encodeSorted,
  GraphDefSchema,
  MetaGraphDefSchema,
  NodeDefSchema,
  runsHere,
  SavedModelSchema,
} from "tensorscope/formats";

const root = join(import.meta.dirname, "../..");
const corpus = process.env.TENSORSCOPE_CORPUS ?? join(root, "../shared/corpus");
const showOps = process.argv.includes("--ops");

const schemas = [
  [/\.meta$/, MetaGraphDefSchema],
  [/^saved_model\.pb$/, SavedModelSchema],
  [/\.(pb|bytes)$/, GraphDefSchema],
];

/** Files with graphs in the subfolders of a folder. */
function artifactsIn(folder) {
  return readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isDirectory())
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => [name, file]))
    .flatMap(([name, file]) => {
      const schema = schemas.find(([pattern]) => pattern.test(file))?.[1];
      return schema ? [{ name: `${name}/${file}`, path: join(folder, name, file), schema }] : [];
    });
}

const sameBytes = (a, b) => Buffer.compare(a, b) === 0;

function withoutShapes(node) {
  const copy = decode(NodeDefSchema, encode(NodeDefSchema, node));
  delete copy.attr._output_shapes;
  return encodeSorted(NodeDefSchema, copy);
}

/** Imports a graph and counts the nodes that come out as they went in, in order. */
function roundTrip(graph, producerOpList) {
  const live = new tf.Graph();
  live.asDefault(() => {
    tf.importGraphDef(graph, { name: "", producerOpList });
  });
  const { node } = live.asGraphDef();
  const equal = graph.node.filter(
    (one, i) => node[i] && sameBytes(withoutShapes(one), encodeSorted(NodeDefSchema, node[i])),
  );
  return node.length === graph.node.length ? equal.length : -1;
}

/** Whether graph and collections come through as they were. */
function metaRoundTrip(meta) {
  const again = new tf.Graph().asDefault(() => {
    tf.train.importMetaGraph(meta);
    return tf.train.exportMetaGraph();
  });
  const keys = (message) => Object.keys(message.collectionDef).sort().join();
  return (
    keys(meta) === keys(again) &&
    sameBytes(
      encodeSorted(GraphDefSchema, meta.graphDef),
      encodeSorted(GraphDefSchema, again.graphDef),
    )
  );
}

const missing = new Map();
const rows = [];
let [bytesRead, seconds, failed] = [0, 0, 0];

function report({ name, path, schema }) {
  const bytes = new Uint8Array(readFileSync(path));
  const start = performance.now();
  const message = decode(schema, bytes, { file: name });
  seconds += (performance.now() - start) / 1000;
  bytesRead += bytes.length;
  const again = encode(schema, message);
  // Objects cannot keep the order of keys that are numbers: then only the order of map entries may differ.
  const isSorted = sameBytes(
    encodeSorted(schema, decode(schema, again)),
    encodeSorted(schema, message),
  );
  const isSame = sameBytes(again, bytes) || (again.length === bytes.length && isSorted);
  const metas =
    schema === SavedModelSchema
      ? message.metaGraphs
      : schema === MetaGraphDefSchema
        ? [message]
        : [];
  const graphs = metas.length > 0 ? metas.map((meta) => meta.graphDef) : [message];
  for (const [i, graph] of graphs.entries()) {
    const begin = performance.now();
    const equal = roundTrip(graph, metas[i]?.metaInfoDef?.strippedOpList);
    const duration = performance.now() - begin;
    const types = new Map();
    for (const { op } of graph.node) types.set(op, (types.get(op) ?? 0) + 1);
    const running = [...types].filter(([type]) => runsHere(type));
    for (const [type, count] of types) {
      if (!runsHere(type)) missing.set(type, (missing.get(type) ?? 0) + count);
    }
    const metaResult = metas[i] ? (metaRoundTrip(metas[i]) ? "yes" : "NO") : "-";
    const isWhole = isSame && equal === graph.node.length && metaResult !== "NO";
    if (!isWhole) failed += 1;
    rows.push({
      artifact: name,
      version: metas[i]?.metaInfoDef?.tensorflowVersion || "-",
      bytes: isSame ? "same" : "DIFFER",
      nodes: String(graph.node.length),
      equal: String(equal),
      meta: metaResult,
      types: String(types.size),
      run: `${running.length} (${percent(running.length, types.size)})`,
      "nodes run": percent(
        running.reduce((sum, [, count]) => sum + count, 0),
        graph.node.length,
      ),
      ms: duration.toFixed(0),
    });
  }
}

function percent(part, whole) {
  return whole === 0 ? "-" : `${Math.floor((100 * part) / whole)} %`;
}

function printTable(table) {
  const columns = Object.keys(table[0]);
  const widths = columns.map((key) => Math.max(key.length, ...table.map((row) => row[key].length)));
  const line = (cells) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  console.log(line(columns));
  for (const row of table) console.log(line(Object.values(row)));
}

const artifacts = artifactsIn(join(root, "tests/formats/fixtures"));
if (existsSync(corpus)) artifacts.push(...artifactsIn(corpus));
else console.log(`The corpus is absent: there is no folder ${corpus} (TENSORSCOPE_CORPUS).`);
for (const artifact of artifacts) {
  try {
    report(artifact);
  } catch (error) {
    failed += 1;
    console.log(`${artifact.name}: ${error.message}`);
  }
}
printTable(rows);
console.log(
  `\n${artifacts.length} files, ${rows.length} graphs, ${rows.length - failed} without loss; ` +
    `${(bytesRead / 1e6).toFixed(1)} MB decoded at ${(bytesRead / 1e6 / seconds).toFixed(0)} MB/s`,
);
console.log(`${missing.size} op types do not run here yet`);
if (showOps) {
  for (const [type, count] of [...missing].sort((a, b) => b[1] - a[1])) {
    console.log(`  ${type.padEnd(32)} ${count} nodes`);
  }
}
process.exit(failed > 0 ? 1 : 0);
