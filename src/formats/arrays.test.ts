// .npy, .npz and safetensors against files that NumPy and safetensors wrote.
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { NDArray } from "../core/ndarray.ts";
import { inflate } from "./inflate.ts";
import { readNpy, readNpz, writeNpy, writeNpz } from "./npz.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import { readZip } from "./zip.ts";

const root = new URL("../../tests/formats/fixtures/arrays/", import.meta.url);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, root)));
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const values = {
  float32: [
    [1.5, -2.25, 0],
    [Number.POSITIVE_INFINITY, Math.fround(3e-40), 7],
  ],
  float64: [Math.PI, -0],
  float16: [1.5, -65504],
  int8: [-128, 127],
  int16: [-32768],
  int32: -7,
  int64: [2n ** 62n + 1n, -1n],
  uint8: [[255], [0]],
  uint16: [65535],
  uint32: [2 ** 32 - 1],
  uint64: [2n ** 64n - 1n],
  bool: [true, false, true],
  "empty/of none": [],
};

test("a stored .npz has NumPy's values, and each array is written again byte for byte", () => {
  const bytes = fixture("stored.npz");
  const arrays = readNpz(bytes, "stored.npz");
  expect(
    Object.fromEntries([...arrays].map(([name, array]) => [name, array.toArray()])),
  ).toMatchObject({
    ...values,
    bytes: ["ab", "", "xyz"],
  });
  expect([...((arrays.get("complex128") as NDArray).data as Float64Array)]).toEqual([
    1, -2, 0, 3.5,
  ]);
  expect(arrays.get("empty/of none")?.shape).toEqual([0, 3]);
  const files = readZip(bytes);
  for (const [name, array] of arrays) {
    expect(same(writeNpy(array), files.get(`${name}.npy`) as Uint8Array), name).toBe(true);
  }
});

test("a deflated .npz is read with zlib and without", () => {
  const bytes = fixture("deflated.npz");
  const many = (): unknown => readNpz(bytes).get("many")?.toArray();
  const expected = Array.from({ length: 5000 }, (_, i) => i % 17);
  expect(many()).toEqual(expected);
  vi.stubGlobal("process", undefined);
  try {
    expect(many()).toEqual(expected);
  } finally {
    vi.unstubAllGlobals();
  }
});

test("Fortran order, big-endian numbers, code points and bfloat16 are read", () => {
  const fortran = readNpy(fixture("fortran.npy"));
  expect([...fortran.values()]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  expect(readNpy(fixture("big.npy")).toArray()).toEqual([0, 1, 2, 3, 4]);
  expect(readNpy(fixture("unicode.npy")).toArray()).toEqual([["é", "ab"]]);
  const half = readNpy(fixture("bfloat16.npy"));
  expect([half.dtype.name, half.toArray()]).toEqual(["bfloat16", [1.5, -2]]);
});

test("what .npy cannot hold or we cannot read is told", () => {
  expect(() => readNpy(fixture("objects.npy"), "objects.npy")).toThrow(
    "objects.npy: elements of NumPy's type '|O' cannot be read.\nObject arrays are pickled Python objects",
  );
  const cut = fixture("fortran.npy").subarray(0, 200);
  expect(() => readNpy(cut, "cut.npy")).toThrow(
    "cut.npy: 72 bytes are no 24 elements of 4 bytes (at byte 128, in elements)",
  );
  expect(() => readNpy(fixture("stored.npz"))).toThrow("not a .npy file (at byte 0, in magic)");
  expect(() => writeNpy(new NDArray(["a\0"], [1], "string"))).toThrow(
    "NumPy drops zeros at the end",
  );
});

test("archives come back as they went in, deflated ones too", () => {
  const arrays = readNpz(fixture("stored.npz"));
  for (const compress of [false, true]) {
    const bytes = writeNpz(arrays, { compress });
    expect([...readNpz(bytes)].map(([name, array]) => [name, array.toArray()])).toEqual(
      [...arrays].map(([name, array]) => [name, array.toArray()]),
    );
    expect(same(bytes, writeNpz(arrays, { compress }))).toBe(true);
  }
});

test("a damaged archive is told", () => {
  const bytes = fixture("stored.npz");
  expect(() => readZip(bytes.subarray(0, 500), "cut.npz")).toThrow(
    "cut.npz: not a zip archive: its directory is missing",
  );
  const flipped = bytes.slice();
  const at = Buffer.from(flipped).indexOf("'descr'");
  flipped[at + 100] = 1;
  expect(() => readZip(flipped, "flipped.npz")).toThrow("flipped.npz: checksum is ");
  expect(() => inflate(Uint8Array.of(7), 10)).toThrow("a block of an unknown kind");
  expect(() => inflate(Uint8Array.of(3, 0), 1e9)).toThrow("2 bytes cannot give 1000000000");
});

test("safetensors has the values, and is written again byte for byte", () => {
  const bytes = fixture("arrays.safetensors");
  const { tensors, metadata } = readSafetensors(bytes);
  expect(Object.fromEntries([...tensors].map(([name, array]) => [name, array.toArray()]))).toEqual(
    values,
  );
  expect([...metadata]).toEqual([["made by", "numpy"]]);
  const again = writeSafetensors(tensors, { metadata: Object.fromEntries(metadata) });
  expect(Buffer.from(again).toString("latin1")).toBe(Buffer.from(bytes).toString("latin1"));
});

test("a safetensors header that lies is refused", () => {
  const file = (header: string, data: number): Uint8Array => {
    const text = new TextEncoder().encode(header);
    const bytes = new Uint8Array(8 + text.length + data);
    bytes[0] = text.length;
    bytes.set(text, 8);
    return bytes;
  };
  const read = (header: string, data: number) => () => readSafetensors(file(header, data), "x");
  expect(read("[]", 0)).toThrow("x: the header is no JSON object (at byte 8, in header)");
  expect(read('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4)).toThrow(
    "x: 4 bytes for shape [2] of F32 (at byte 8, in tensor a)",
  );
  expect(read('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', 8)).toThrow(
    "lies at 4 to 8; 0 was expected, of 8",
  );
  expect(read('{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}}', 4)).toThrow(
    "tensor a is of type X9, which cannot be read",
  );
  expect(read("{}", 4)).toThrow("4 bytes belong to no tensor (at byte 10)");
});
