// Arrays in TensorProto: the bytes that TensorFlow's Python writes, and everything that may be read.
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { asDType } from "../core/dtypes.ts";
import { fromScalars, NDArray, noteGivenElements } from "../core/ndarray.ts";
import { decode, encode, TensorProtoSchema } from "./proto/index.ts";
import { arrayFromTensor, makeTensorProto, tensorFromArray } from "./tensor.ts";

const hexOf = (array: NDArray): string =>
  Buffer.from(encode(TensorProtoSchema, tensorFromArray(array))).toString("hex");
const arrayOf = (hex: string): NDArray =>
  arrayFromTensor(decode(TensorProtoSchema, new Uint8Array(Buffer.from(hex, "hex"))));

const float32 = asDType("float32");
const golden: readonly [name: string, array: NDArray, hex: string][] = [
  ["a float scalar", fromScalars([1.5], [], float32), "080112002a040000c03f"],
  ["floats", fromScalars([1, 2], [2], float32), "08011204120208022208" + "0000803f00000040"],
  [
    "floats filled with one",
    noteGivenElements(fromScalars([3, 3, 3, 3], [2, 2], float32), 1),
    "0801120812020802120208022a0400004040",
  ],
  ["no floats", fromScalars([], [0, 3], float32), "08011206120012020803"],
  ["int32 -1", fromScalars([-1], [], asDType("int32")), "080312003a0affffffffffffffffff01"],
  [
    "int64",
    fromScalars([1n, -1n], [2], asDType("int64")),
    "08091204120208022210" + "0100000000000000ffffffffffffffff",
  ],
  ["bools", fromScalars([true, false], [2], asDType("bool")), "080a1204120208025a020100"],
  ["strings", fromScalars(["ab", ""], [2], asDType("string")), "0807120412020802420261624200"],
  ["half", fromScalars([1.5], [], asDType("float16")), "081312006a02807c"],
  [
    "complex64",
    new NDArray(Float32Array.of(1, 2), [], asDType("complex64")),
    "080812004a080000803f00000040",
  ],
];

test.each(golden)("%s are stored as Python stores them", (_, array, hex) => {
  expect(hexOf(array)).toBe(hex);
  const back = arrayOf(hex);
  expect(back.shape).toEqual(array.shape);
  expect(back.dtype).toBe(array.dtype);
  expect([...back.data]).toEqual([...array.data]);
});

describe("reading", () => {
  const read = (init: Record<string, unknown>, size: number) =>
    arrayFromTensor(
      create(TensorProtoSchema, { tensorShape: { dim: [{ size: BigInt(size) }] }, ...init }),
      { file: "graph.pb", field: "c.value" },
    );

  test("repeats the last element where some are missing", () => {
    expect([...read({ dtype: 3, intVal: [1, 2] }, 4).data]).toEqual([1, 2, 2, 2]);
    expect([...read({ dtype: 8, scomplexVal: [1, 2] }, 2).data]).toEqual([1, 2, 1, 2]);
    expect([...read({ dtype: 7, stringVal: [new Uint8Array([65])] }, 2).data]).toEqual(["A", "A"]);
  });
  test("takes zeros and empty strings where all are missing", () => {
    expect([...read({ dtype: 1 }, 2).data]).toEqual([0, 0]);
    expect([...read({ dtype: 7 }, 2).data]).toEqual(["", ""]);
  });
  test("wraps elements of narrow types", () => {
    expect([...read({ dtype: 4, intVal: [255, 300] }, 2).data]).toEqual([255, 44]);
    expect([...read({ dtype: 14, halfVal: [0x3f80] }, 1).data]).toEqual([0x3f80]);
  });
  test("takes quantized elements", () => {
    const array = read({ dtype: 12, tensorContent: Uint8Array.of(7, 250) }, 2);
    expect(array.dtype.name).toBe("quint8");
    expect([...array.data]).toEqual([7, 250]);
  });
  test("takes strings from raw content: lengths, then bytes", () => {
    const content = Uint8Array.of(1, 2, 65, 66, 67);
    expect([...read({ dtype: 7, tensorContent: content }, 2).data]).toEqual(["A", "BC"]);
  });
  test("refuses content that does not fill the shape", () => {
    expect(() => read({ dtype: 1, tensorContent: new Uint8Array(7) }, 2)).toThrow(
      "graph.pb: 7 bytes for 2 elements of float32, which take 8 (in c.value.tensor_content)",
    );
  });
  test("refuses more elements than the shape has", () => {
    expect(() => read({ dtype: 1, floatVal: [1, 2, 3] }, 2)).toThrow(
      "graph.pb: 3 elements where the shape has 2 (in c.value.float_val)",
    );
  });
  test("refuses shapes that would take more memory than there is", () => {
    expect(() => read({ dtype: 1, floatVal: [1] }, 1e12)).toThrow(
      "1000000000000 elements of which only 1 are stored",
    );
    expect(() => read({ dtype: 1 }, -1)).toThrow("an array with a dimension of -1");
  });
  test("refuses handles", () => {
    expect(() => read({ dtype: 20 }, 1)).toThrow("an array of resource cannot be read here");
  });
});

test("makeTensorProto takes values, and repeats the last of them", () => {
  const proto = makeTensorProto([1, 2], { dtype: "int32", shape: [2, 2] });
  expect(proto.intVal).toEqual([1, 2]);
  expect(arrayFromTensor(proto).toArray()).toEqual([
    [1, 2],
    [2, 2],
  ]);
});
