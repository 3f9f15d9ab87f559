// Checkpoints by strangers, written by TensorFlow 0.x to 2.x, where the corpus is present.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { BundleReader } from "../../src/formats/bundle.ts";
import { BundleWriter } from "../../src/formats/bundle-writer.ts";
import { dataPath } from "../../src/formats/commit.ts";
import { MemoryFileSystem, NodeFileSystem } from "../../src/formats/files.ts";
import { openCheckpoint } from "../../src/formats/open.ts";
import { TableReader, TableWriter } from "../../src/formats/table.ts";
import { corpus, corpusAbsent } from "./artifacts.ts";

const indexes =
  corpus === null
    ? []
    : readdirSync(corpus, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".index"))
        .sort();

test.skipIf(corpus !== null)(`without strangers' checkpoints: ${corpusAbsent}`, () => {
  expect(indexes).toEqual([]);
});

/** Written by a version of TensorFlow that compressed indexes with snappy: read, but never written so. */
const compressed: ReadonlySet<string> = new Set(["096-serving-half-plus-two-cpu/variables.index"]);

/** Data files of more bytes are not read in tests. */
const largest = 50_000_000;

describe.skipIf(corpus === null)("checkpoints of strangers", () => {
  test.each(indexes)("%s is listed, and its index is written again byte for byte", (name) => {
    const path = join(corpus as string, name);
    const prefix = path.slice(0, -".index".length);
    const files = new NodeFileSystem();
    using reader = openCheckpoint(prefix, { files });
    expect(reader.names().length).toBeGreaterThan(0);
    if (compressed.has(name)) return;
    using table = new TableReader(files.open(path));
    const parts: Uint8Array[] = [];
    const writer = new TableWriter({ write: (part) => parts.push(part.slice()) });
    for (const { key, value } of table.entries()) writer.add(key, value);
    writer.finish();
    expect(Buffer.compare(Buffer.concat(parts), readFileSync(path))).toBe(0);
  });

  test("those that have their data are read whole, and written again byte for byte", () => {
    const done: string[] = [];
    for (const name of indexes) {
      const prefix = join(corpus as string, name.slice(0, -".index".length));
      const data = dataPath(prefix, 0, 1);
      if (!existsSync(data) || readFileSync(data).length > largest) continue;
      const memory = new MemoryFileSystem();
      using reader = new BundleReader(prefix);
      const writer = new BundleWriter("again", { files: memory });
      const entries = reader.names().flatMap((each) => reader.info(each) ?? []);
      entries.sort((a, b) => a.offset - b.offset || a.size - b.size);
      for (const { name: each } of entries) writer.add(each, reader.read(each));
      writer.finish();
      const index = readFileSync(`${prefix}.index`);
      const same = Buffer.compare(memory.read("again.index"), index) === 0;
      expect(same, name).toBe(!compressed.has(name));
      expect(Buffer.compare(memory.read(dataPath("again", 0, 1)), readFileSync(data)), name).toBe(
        0,
      );
      done.push(relative(corpus as string, prefix));
    }
    expect(done.length).toBeGreaterThan(0);
  });
});
