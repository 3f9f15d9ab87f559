// Damaged files: every reader gives what it can read or an error of the library, soon and without much memory.
// TENSORSCOPE_FUZZ sets the number of inputs (100000 for the full run), TENSORSCOPE_SEED repeats a run.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { TensorscopeError } from "../../src/core/errors.ts";
import { FormatError } from "../../src/formats/errors.ts";
import { summaryIterator } from "../../src/formats/events.ts";
import { MemoryFileSystem } from "../../src/formats/files.ts";
import { importGraphDef } from "../../src/formats/import-graph.ts";
import { importMetaGraph } from "../../src/formats/meta-graph.ts";
import { readNpy, readNpz } from "../../src/formats/npz.ts";
import { openCheckpoint } from "../../src/formats/open.ts";
import {
  decode,
  GraphDefSchema,
  MetaGraphDefSchema,
  SavedModelSchema,
} from "../../src/formats/proto/index.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { getCheckpointState } from "../../src/formats/state-file.ts";
import { arrayFromTensor } from "../../src/formats/tensor.ts";
import { fromText, toText } from "../../src/formats/text.ts";
import * as tf from "../../src/index.ts";

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));
const count = Number(process.env.TENSORSCOPE_FUZZ ?? 4000);
const seed = Number(process.env.TENSORSCOPE_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Numbers from 0 to below `limit`; mulberry32. */
function generator(start: number): (limit: number) => number {
  let state = start >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(`${fixtures}/${path}`));

interface Target {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Reads damaged bytes in place of `bytes`, all that is in them. */
  readonly read: (bytes: Uint8Array) => void;
}

/** A file of a folder in memory, the others as they are. */
function inFolder(folder: string, file: string, open: (files: MemoryFileSystem) => void): Target {
  const others = readdirSync(`${fixtures}/${folder}`, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, read(`${folder}/${entry.name}`)] as const);
  return {
    name: `${folder}/${file}`,
    bytes: read(`${folder}/${file}`),
    read: (bytes) => {
      open(new MemoryFileSystem([...others.filter(([name]) => name !== file), [file, bytes]]));
    },
  };
}

const readCheckpoint = (prefix: string) => (files: MemoryFileSystem) => {
  using checkpoint = openCheckpoint(prefix, { files });
  for (const name of checkpoint.names()) checkpoint.read(name);
};

const metaBytes = read("ckpt_two_shards/m.meta");
const metaText = new TextEncoder().encode(
  toText(MetaGraphDefSchema, decode(MetaGraphDefSchema, metaBytes)),
);

const targets: readonly Target[] = [
  {
    name: "MetaGraphDef",
    bytes: read("ckpt_v2/model.ckpt-1.meta"),
    read: (bytes) => {
      const meta = decode(MetaGraphDefSchema, bytes, { file: "meta" });
      for (const node of meta.graphDef?.node ?? []) {
        const value = node.attr.value?.value;
        if (value?.case === "tensor")
          arrayFromTensor(value.value, { file: "meta", field: node.name });
      }
    },
  },
  {
    name: "imported MetaGraphDef",
    bytes: metaBytes,
    read: (bytes) => {
      const meta = decode(MetaGraphDefSchema, bytes, { file: "m.meta" });
      new tf.Graph().asDefault(() => void importMetaGraph(meta));
    },
  },
  {
    name: "imported GraphDef",
    bytes: metaBytes,
    read: (bytes) => {
      const graph = decode(MetaGraphDefSchema, bytes, { file: "meta" }).graphDef;
      if (graph) new tf.Graph().asDefault(() => importGraphDef(graph));
    },
  },
  {
    name: "SavedModel",
    bytes: read("saved_model/saved_model.pb"),
    read: (bytes) => void decode(SavedModelSchema, bytes, { file: "saved_model.pb" }),
  },
  {
    name: "GraphDef where another message is",
    bytes: metaBytes,
    read: (bytes) => void decode(GraphDefSchema, bytes, { file: "graph.pb" }),
  },
  {
    name: "text",
    bytes: metaText,
    read: (bytes) => {
      const text = new TextDecoder().decode(bytes);
      toText(MetaGraphDefSchema, fromText(MetaGraphDefSchema, text, { file: "graph.pbtxt" }));
    },
  },
  inFolder("ckpt_v2", "model.ckpt-1.index", readCheckpoint("model.ckpt-1")),
  inFolder("ckpt_v2", "model.ckpt-1.data-00000-of-00001", readCheckpoint("model.ckpt-1")),
  inFolder("ckpt_two_shards", "m.index", readCheckpoint("m")),
  inFolder("ckpt_misc", "sl.index", readCheckpoint("sl")),
  inFolder("ckpt_misc", "misc.index", readCheckpoint("misc")),
  inFolder("ckpt_v1", "model.ckpt", readCheckpoint("model.ckpt")),
  inFolder("ckpt_v2", "checkpoint", (files) => void getCheckpointState(".", { files })),
  inFolder("events", "events.out.tfevents.1795206864.vm.sfx", (files) => {
    for (const _ of summaryIterator("events.out.tfevents.1795206864.vm.sfx", { files }));
  }),
  ...[
    "arrays.safetensors",
    "bfloat16.npy",
    "fortran.npy",
    "unicode.npy",
    "stored.npz",
    "deflated.npz",
  ].map(
    (file): Target => ({
      name: file,
      bytes: read(`arrays/${file}`),
      read: (bytes) => {
        if (file.endsWith(".npy")) readNpy(bytes, file);
        else if (file.endsWith(".npz")) readNpz(bytes, file);
        else readSafetensors(bytes, file);
      },
    }),
  ),
];

type Random = (limit: number) => number;

/** Bytes that are likely to matter: ends of ranges, lengths, tags of groups. */
const edges = [0, 1, 0x7f, 0x80, 0xff, 0x0b, 0x0c, 0x22];

function damage(source: Uint8Array, random: Random): Uint8Array {
  let bytes: Uint8Array = source.slice();
  const rounds = 1 + random(4);
  for (let round = 0; round < rounds && bytes.length > 0; round++) {
    const at = random(bytes.length);
    const length = 1 + random(Math.min(64, bytes.length - at));
    switch (random(8)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << random(8));
        break;
      case 1:
        bytes[at] = edges[random(edges.length)] as number;
        break;
      case 2:
        bytes[at] = random(256);
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      case 4:
        bytes = concat(bytes.subarray(0, at), bytes.subarray(at + length));
        break;
      case 5:
        bytes = concat(bytes.subarray(0, at + length), bytes.subarray(at));
        break;
      case 6:
        // A number of ten bytes where a small one was.
        bytes.fill(0xff, at, at + Math.min(9, length));
        break;
      default:
        bytes = concat(
          bytes.subarray(0, at),
          Uint8Array.from({ length }, () => random(256)),
          bytes.subarray(at),
        );
    }
  }
  return bytes;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Readers of files know their names, those of messages do not; all know the byte or the field. */
function saysWhere({ file, field, offset }: FormatError, { name }: Target): boolean {
  const knowsFile = file !== undefined || name.startsWith("imported");
  return knowsFile && (field !== undefined || offset !== undefined);
}

/** What went wrong with an input, undefined when nothing did. */
function tryOne(target: Target, bytes: Uint8Array): string | undefined {
  const start = performance.now();
  const before = process.memoryUsage().arrayBuffers;
  let problem: string | undefined;
  try {
    target.read(bytes);
  } catch (error) {
    if (!(error instanceof TensorscopeError)) problem = `throws ${(error as Error)?.stack}`;
    else if (error instanceof FormatError && !saysWhere(error, target)) {
      problem = `does not say where: ${error.message}`;
    }
  }
  const seconds = (performance.now() - start) / 1000;
  const grown = process.memoryUsage().arrayBuffers - before;
  if (seconds > 5) problem ??= `takes ${seconds.toFixed(1)} s`;
  if (grown > 64e6 + 20 * bytes.length) problem ??= `takes ${(grown / 1e6).toFixed(0)} MB`;
  return problem;
}

test(`${count} damaged files are read or refused with an error of the library`, {
  timeout: 3_600_000,
}, () => {
  console.log(`fuzz: ${count} inputs, TENSORSCOPE_SEED=${seed}`);
  const outcome = new Map(targets.map(({ name }) => [name, 0]));
  const problems: string[] = [];
  for (let i = 0; i < count; i++) {
    const random = generator(seed + i);
    const target = targets[i % targets.length] as Target;
    const bytes = damage(target.bytes, random);
    outcome.set(target.name, (outcome.get(target.name) ?? 0) + 1);
    const problem = tryOne(target, bytes);
    if (problem !== undefined)
      problems.push(`${target.name}, TENSORSCOPE_SEED=${seed} input ${i}: ${problem}`);
    if (problems.length > 20) break;
  }
  expect(problems).toEqual([]);
  expect(outcome.size).toBe(targets.length);
});
