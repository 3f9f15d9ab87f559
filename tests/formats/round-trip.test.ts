// Every graph that TensorFlow wrote is read, written, imported and exported without loss.
import { describe, expect, test } from "vitest";
import { graphDefOf } from "../../src/formats/graph-def.ts";
import { importGraphDef } from "../../src/formats/import-graph.ts";
import { exportMetaGraph, importMetaGraph } from "../../src/formats/meta-graph.ts";
import {
  type CollectionDef,
  CondContextDefSchema,
  decode,
  encode,
  encodeSorted,
  type GraphDef,
  GraphDefSchema,
  NodeDefSchema,
  VariableDefSchema,
  WhileContextDefSchema,
} from "../../src/formats/proto/index.ts";
import { fromText, toText } from "../../src/formats/text.ts";
import * as tf from "../../src/index.ts";
import {
  type Artifact,
  corpus,
  corpusAbsent,
  corpusArtifacts,
  fixtureArtifacts,
  graphsOf,
} from "./artifacts.ts";

const all: readonly Artifact[] = [...fixtureArtifacts, ...corpusArtifacts];

test.skipIf(corpus !== null)(`without strangers' files: ${corpusAbsent}`, () => {
  expect(corpusArtifacts).toEqual([]);
});

/** The nodes of a graph as texts, one by one. */
function nodesOf(graph: GraphDef): string[] {
  return graph.node.map((node) => toText(NodeDefSchema, node));
}

/** What a collection holds, independent of the order in maps; what newer versions add to variables is left out. */
function contentOf(key: string, def: CollectionDef | undefined): unknown {
  const kind = def?.kind;
  if (kind?.case !== "bytesList") return kind?.value?.value;
  const { value } = kind.value;
  if (key === "cond_context") {
    return value.map((bytes) => toText(CondContextDefSchema, decode(CondContextDefSchema, bytes)));
  }
  if (key === "while_context") {
    return value.map((bytes) =>
      toText(WhileContextDefSchema, decode(WhileContextDefSchema, bytes)),
    );
  }
  if (!/variables$|^global_step$/.test(key)) return value;
  return value.map((bytes) => {
    const variable = decode(VariableDefSchema, bytes);
    variable.trainable = true;
    return toText(VariableDefSchema, variable);
  });
}

function hasNumberKeys({ library }: GraphDef): boolean {
  return library?.function.some(({ argAttr }) => Object.keys(argAttr).length > 1) ?? false;
}

describe.each(all)("$name", (artifact) => {
  test("gives the same bytes when it is decoded and encoded", () => {
    const { schema, message } = artifact.read();
    const bytes = encode(schema, message);
    expect(bytes.length).toBe(artifact.bytes().length);
    // Objects cannot keep the order of keys that are numbers, as those of arg_attr are.
    if (graphsOf(artifact).some(({ graph }) => hasNumberKeys(graph))) {
      expect(decode(schema, bytes)).toEqual(message);
    } else expect(Buffer.compare(bytes, artifact.bytes())).toBe(0);
  });

  test("gives the same message when it is printed and parsed", () => {
    const { schema, message } = artifact.read();
    const back = fromText(schema, toText(schema, message));
    expect(Buffer.compare(encodeSorted(schema, back), encodeSorted(schema, message))).toBe(0);
  });

  test("gives the same GraphDef when it is imported and exported", () => {
    for (const { graph, meta } of graphsOf(artifact)) {
      const live = new tf.Graph();
      live.asDefault(() => {
        importGraphDef(graph, { name: "", producerOpList: meta?.metaInfoDef?.strippedOpList });
      });
      // The shapes of outputs are written only on request.
      const wanted = decode(GraphDefSchema, encodeSorted(GraphDefSchema, graph));
      for (const node of wanted.node) delete node.attr._output_shapes;
      const exported = graphDefOf(live);
      expect(nodesOf(exported)).toEqual(nodesOf(wanted));
      expect(exported.library).toEqual(wanted.library);
      const { producer = 0, minConsumer = 0, badConsumers = [] } = wanted.versions ?? {};
      expect(exported.versions).toMatchObject({ producer, minConsumer, badConsumers });
    }
  });

  const metas = () => graphsOf(artifact).flatMap(({ meta }) => (meta ? [meta] : []));
  test("keeps graph and collections when its MetaGraphDef is imported and exported", () => {
    for (const meta of metas()) {
      const exported = new tf.Graph().asDefault(() => {
        importMetaGraph(meta);
        return exportMetaGraph();
      });
      const graph = encodeSorted(GraphDefSchema, exported.graphDef as GraphDef);
      expect(Buffer.compare(graph, encodeSorted(GraphDefSchema, meta.graphDef as GraphDef))).toBe(
        0,
      );
      const keys = Object.keys(meta.collectionDef).sort();
      expect(Object.keys(exported.collectionDef).sort()).toEqual(keys);
      for (const key of keys) {
        const [mine, theirs] = [exported, meta].map((one) =>
          contentOf(key, one.collectionDef[key]),
        );
        expect(mine, key).toEqual(theirs);
      }
    }
  });
});
