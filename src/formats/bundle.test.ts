// Checkpoints of version 2 and 1 against files that TensorFlow 2.21 wrote.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { asDType, type DTypeName, type Scalar } from "../core/dtypes.ts";
import { fromScalars, NDArray } from "../core/ndarray.ts";
import { type BundleEntry, BundleReader } from "./bundle.ts";
import { BundleWriter, mergeBundles } from "./bundle-writer.ts";
import type { TensorInfo } from "./checkpoint.ts";
import { type FileSystem, MemoryFileSystem } from "./files.ts";
import { openCheckpoint } from "./open.ts";
import {
  formatSlice,
  nameOfSliceKey,
  parseShapeAndSlice,
  sliceKey,
  type TensorSlice,
} from "./slice.ts";
import { V1Writer } from "./v1-writer.ts";

const root = new URL("../../tests/formats/fixtures/", import.meta.url);

/** The files of a fixture folder, in memory. */
function fixture(folder: string): MemoryFileSystem {
  const at = new URL(`${folder}/`, root);
  return new MemoryFileSystem(
    readdirSync(at).map((name) => [name, readFileSync(new URL(name, at))] as const),
  );
}

/** Writes what a checkpoint holds again, in the order in which it lies in the data file. */
function rewrite(files: FileSystem, from: string, to: string, shard?: number): void {
  using source = new BundleReader(from, { files });
  const parts = source.names().flatMap((name) => {
    const entry = source.info(name) as BundleEntry;
    const slices: readonly (TensorSlice | null)[] = entry.slices ?? [null];
    return slices.map((slice) => ({ entry, slice }));
  });
  const writer = new BundleWriter(to, { files });
  // Savers write in order of names. Otherwise tensors stored whole know their place.
  if (parts.every(({ slice }) => !slice))
    parts.sort((a, b) => a.entry.offset - b.entry.offset || a.entry.size - b.entry.size);
  for (const { entry, slice } of parts) {
    if (shard !== undefined && entry.shard !== shard) continue;
    if (slice) writer.addSlice(entry.name, entry.shape, slice, source.readSlice(entry.name, slice));
    else writer.add(entry.name, source.read(entry.name));
  }
  writer.finish();
}

test.each([
  ["ckpt_v2", "model.ckpt-1"],
  ["ckpt_v2", "model.ckpt-2"],
  ["ckpt_misc", "sl"],
  ["ckpt_misc", "misc"],
  ["ckpt_misc", "big"],
])("%s/%s is written again byte for byte", (folder, prefix) => {
  const files = fixture(folder);
  rewrite(files, prefix, "again");
  for (const suffix of [".index", ".data-00000-of-00001"]) {
    expect(Buffer.compare(files.read(`again${suffix}`), files.read(prefix + suffix))).toBe(0);
  }
  expect(files.list("").filter((name) => /tempstate|previous/.test(name))).toEqual([]);
});

test("two shards are merged byte for byte, and the parts' folder goes away", () => {
  const files = fixture("ckpt_two_shards");
  files.makeFolder("m_temp");
  rewrite(files, "m", "m_temp/part-0", 0);
  rewrite(files, "m", "m_temp/part-1", 1);
  mergeBundles(["m_temp/part-0", "m_temp/part-1"], "again", { files });
  for (const suffix of [".index", ".data-00000-of-00002", ".data-00001-of-00002"]) {
    expect(Buffer.compare(files.read(`again${suffix}`), files.read(`m${suffix}`))).toBe(0);
  }
  expect(files.stat("m_temp")).toBe(null);
});

test("tensors of every kind have their values", () => {
  using reader = new BundleReader("model.ckpt-2", { files: fixture("ckpt_v2") });
  const shown = reader.names().map((name) => {
    const info = reader.info(name);
    const slices = info?.slices?.map(formatSlice).join(" ");
    return `${name} ${asDType(info?.type ?? 0).name} [${info?.shape}]${slices ? ` ${slices}` : ""}`;
  });
  expect(shown).toMatchSnapshot();
  expect(reader.names().map((name) => `${name} ${reader.read(name)}`)).toMatchSnapshot();
});

test("version 1 has the same tensors under the same names", () => {
  using reader = openCheckpoint("model.ckpt", { files: fixture("ckpt_v1") });
  expect(reader.version).toBe("V1");
  expect(
    reader.names().map((name) => `${name} [${reader.info(name)?.shape}] ${reader.read(name)}`),
  ).toMatchSnapshot();
});

test("any slice of a tensor stored in slices can be read", () => {
  const files = new MemoryFileSystem();
  const writer = new BundleWriter("p", { files });
  const whole = [4, 3] as const;
  const rows = (from: number): ReturnType<typeof fromScalars> =>
    fromScalars(
      [0, 1, 2, 3, 4, 5].map((i) => from * 3 + i),
      [2, 3],
      asDType("float32"),
    );
  for (const from of [0, 2]) {
    writer.addSlice(
      "x",
      whole,
      [
        { start: from, length: 2 },
        { start: 0, length: 3 },
      ],
      rows(from),
    );
  }
  writer.finish();
  using reader = new BundleReader("p", { files });
  expect(reader.read("x").toArray()).toEqual([
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
    [9, 10, 11],
  ]);
  const cut = reader.readSlice("x", [
    { start: 1, length: 2 },
    { start: 1, length: 2 },
  ]);
  expect(cut.toArray()).toEqual([
    [4, 5],
    [7, 8],
  ]);
});

test("a damaged byte in a tensor is told by name, file and place", () => {
  const files = fixture("ckpt_v2");
  const path = "model.ckpt-1.data-00000-of-00001";
  const bytes = files.read(path);
  bytes[3] = (bytes[3] as number) ^ 1;
  files.write(path, bytes);
  using reader = new BundleReader("model.ckpt-1", { files });
  const first = reader
    .names()
    .find((name) => reader.info(name)?.offset === 0 && !reader.info(name)?.slices) as string;
  expect(() => reader.read(first)).toThrow(`model.ckpt-1.data-00000-of-00001: checksum is `);
  expect(() => reader.read(first)).toThrow(`(at byte 0, in tensor ${first})`);
});

test("a truncated or foreign index is refused", () => {
  const files = fixture("ckpt_v2");
  const index = files.read("model.ckpt-1.index");
  files.write("cut.index", index.subarray(0, 500));
  expect(() => new BundleReader("cut", { files })).toThrow(
    "cut.index: not a table: the magic number is missing",
  );
  files.write("tiny.index", index.subarray(0, 5));
  expect(() => new BundleReader("tiny", { files })).toThrow(
    "tiny.index: 5 bytes are too few for a table",
  );
  const flipped = index.slice();
  flipped[40] = (flipped[40] as number) ^ 4;
  files.write("flipped.index", flipped);
  expect(() => new BundleReader("flipped", { files }).names()).toThrow(
    "flipped.index: checksum is 0x",
  );
});

test("listing a large checkpoint reads none of its data", () => {
  const files = fixture("ckpt_misc");
  files.remove("big.data-00000-of-00001");
  using reader = new BundleReader("big", { files });
  expect(reader.names().length).toBe(9000);
});

test("slice keys are ordered codes, and give the name back", () => {
  const hex = (key: Uint8Array): string => Buffer.from(key).toString("hex");
  const at = (start: number): string => hex(sliceKey("", [{ start, length: null }])).slice(10, -2);
  expect(
    [0, 1, 2, 63, 64, 100, 200, 8191, 8192, 2 ** 20 - 1, 2 ** 20, 2 ** 31, 2 ** 40].map(at),
  ).toEqual([
    "80",
    "81",
    "82",
    "bf",
    "c040",
    "c064",
    "c0c8",
    "dfff",
    "e02000",
    "efffff",
    "f0100000",
    "f880000000",
    "fd0000000000",
  ]);
  const key = sliceKey("part", [
    { start: 2, length: 2 },
    { start: 0, length: 2 },
  ]);
  expect(hex(key)).toBe("007061727400010102828280" + "82");
  expect(nameOfSliceKey(key)).toBe("part");
  expect(nameOfSliceKey(sliceKey("a\0b", []))).toBe("a\0b");
});

test("slices in text are checked", () => {
  expect(parseShapeAndSlice("")).toBe(null);
  expect(parseShapeAndSlice("10 4 0,5:-")).toEqual({
    shape: [10, 4],
    slice: [
      { start: 0, length: 5 },
      { start: 0, length: null },
    ],
  });
  expect(() => parseShapeAndSlice("10 4 0,5")).toThrow("the shape has 2 dimensions, the slice 1");
  expect(() => parseShapeAndSlice("10 8,5")).toThrow("dimension 0 has 10 elements");
  expect(() => parseShapeAndSlice("ten 0,5")).toThrow("'ten' is no dimension");
});

/** The values of ckpt_every/every, in the order in which record_checkpoints.py stores them. */
const every: readonly (readonly [
  name: string,
  dtype: DTypeName,
  shape: readonly number[],
  values: readonly Scalar[],
])[] = [
  ["float32", "float32", [2, 2], [1.5, -2, Number.POSITIVE_INFINITY, 3e-40]],
  ["float64", "float64", [1], [Math.PI]],
  ["float16", "float16", [2], [1.5, -65504]],
  ["bfloat16", "bfloat16", [2], [1.5, -2]],
  ["int8", "int8", [2], [-128, 127]],
  ["int16", "int16", [1], [-32768]],
  ["int32", "int32", [], [7]],
  ["int64", "int64", [2], [2n ** 62n + 1n, -1n]],
  ["uint8", "uint8", [1], [255]],
  ["uint16", "uint16", [1], [65535]],
  ["uint32", "uint32", [1], [2 ** 32 - 1]],
  ["uint64", "uint64", [1], [2n ** 64n - 1n]],
  ["bool", "bool", [2], [true, false]],
  ["empty", "float32", [0, 3], []],
  ["scope/ünïcode", "float32", [], [1]],
  ["text", "string", [2, 2], ["ab", "", "xyz", "é"]],
  ["text/bytes", "string", [2], [Uint8Array.of(255, 0, 128), "z".repeat(300)]],
  ["text/scalar", "string", [], ["one"]],
];
const complexes = [
  ["complex64", new NDArray(Float32Array.of(1, 2), [1], "complex64")],
  ["complex128", new NDArray(Float64Array.of(1, -2, 0, 3.5), [1, 2], "complex128")],
] as const;
const whole = fromScalars(
  Array.from({ length: 24 }, (_, i) => i),
  [4, 6],
  asDType("float32"),
);

test("every type, and slices in any order, are written byte for byte as TensorFlow does", () => {
  const files = fixture("ckpt_every");
  const writer = new BundleWriter("ours", { files });
  for (const [name, dtype, shape, values] of every) {
    writer.add(name, fromScalars(values, shape, asDType(dtype)));
    if (name === "bool") for (const [key, array] of complexes) writer.add(key, array);
  }
  using reader = new BundleReader("every", { files });
  for (const slice of reader.info("cut")?.slices ?? []) {
    writer.addSlice("cut", [4, 6], slice, reader.readSlice("cut", slice));
  }
  writer.finish();
  for (const suffix of [".index", ".data-00000-of-00001"]) {
    expect(Buffer.compare(files.read(`ours${suffix}`), files.read(`every${suffix}`))).toBe(0);
  }
  for (const [name, dtype, shape, values] of every) {
    const read = reader.read(name);
    const rounded = fromScalars(values, shape, asDType(dtype));
    expect([name, read.dtype.name, read.shape, [...read.values()]]).toEqual([
      name,
      dtype,
      shape,
      [...rounded.values()],
    ]);
  }
  expect(reader.read("cut").toArray()).toEqual(whole.toArray());
});

test("quantized numbers and 8-bit floats are read as their bits, and written again byte for byte", () => {
  const files = fixture("ckpt_every");
  using reader = new BundleReader("quantized", { files });
  const read = (name: string) => [reader.read(name).dtype.name, reader.read(name).toArray()];
  expect(read("qint8")).toEqual(["qint8", [-3, 4]]);
  expect(read("quint8")).toEqual(["quint8", [3, 4]]);
  expect(read("qint32")).toEqual(["qint32", [-5]]);
  expect(read("float8")).toEqual(["float8_e5m2", [0x3c, 0xc0]]);
  rewrite(files, "quantized", "ours");
  for (const suffix of [".index", ".data-00000-of-00001"]) {
    expect(Buffer.compare(files.read(`ours${suffix}`), files.read(`quantized${suffix}`))).toBe(0);
  }
});

test("version 1 stores every type of its savers, and slices", () => {
  using reader = openCheckpoint("v1", { files: fixture("ckpt_every") });
  expect(reader.version).toBe("V1");
  const read = (name: string) => reader.read(name).toArray();
  expect(
    reader
      .names()
      .filter((name) => /int|float(16|64)/.test(name))
      .map(read),
  ).toEqual(
    ["float16", "float64", "int16", "int32", "int64", "int8", "uint8"].map((name) =>
      name === "int64" ? [1n, 2n] : [1, 2],
    ),
  );
  expect(read("float32")).toEqual([
    [1.5, -2],
    [Number.POSITIVE_INFINITY, Math.fround(3e-40)],
  ]);
  expect(read("bool")).toEqual([true, false]);
  expect(read("text")).toEqual(["ab", ""]);
  expect([...(reader.read("complex64").data as Float32Array)]).toEqual([1, 0, 2, 0]);
  expect([...(reader.read("complex128").data as Float64Array)]).toEqual([1, 0, 2, 0]);
  expect(reader.info("cut")?.slices?.map(formatSlice)).toEqual(["0,4:0,3", "0,4:3,3"]);
  expect(read("cut")).toEqual(whole.toArray());
});

test.each([
  ["ckpt_v1", "model.ckpt"],
  ["ckpt_every", "v1"],
])("%s/%s of version 1 is written again byte for byte", (folder, path) => {
  const files = fixture(folder);
  using reader = openCheckpoint(path, { files });
  const writer = new V1Writer("again", { files });
  for (const name of reader.names()) {
    const { slices, shape } = reader.info(name) as TensorInfo;
    if (!slices) writer.add(name, reader.read(name));
    for (const slice of slices ?? []) {
      writer.addSlice(name, shape, slice, reader.readSlice(name, slice));
    }
  }
  writer.finish();
  expect(Buffer.compare(files.read("again"), files.read(path))).toBe(0);
});
