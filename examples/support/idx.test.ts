// The IDX reader: what it accepts, and what its errors say.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { builtinDigits } from "./digits.ts";
import { readIdxFolder } from "./idx.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "idx-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const digits = builtinDigits(3, 7);

function idx(magic: number, sizes: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 * (1 + sizes.length) + data.length);
  const view = new DataView(bytes.buffer);
  [magic, ...sizes].forEach((value, i) => {
    view.setUint32(4 * i, value);
  });
  bytes.set(data, 4 * (1 + sizes.length));
  return bytes;
}
const images = idx(0x803, [3, 28, 28], digits.images);
const labels = idx(0x801, [3], digits.labels);
const put = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes);

describe("a folder of IDX files", () => {
  test("is read plain", () => {
    put("t10k-images-idx3-ubyte", images);
    put("t10k-labels-idx1-ubyte", labels);
    expect(readIdxFolder(folder)).toEqual(digits);
  });

  test("is read gzipped, and with a dot in the names", () => {
    put("train-images.idx3-ubyte.gz", gzipSync(images));
    put("train-labels.idx1-ubyte.gz", gzipSync(labels));
    expect(readIdxFolder(folder)).toEqual(digits);
  });

  test("gives the training digits where it has both sets", () => {
    const one = builtinDigits(1, 9);
    put("t10k-images-idx3-ubyte", images);
    put("t10k-labels-idx1-ubyte", labels);
    put("train-images-idx3-ubyte", idx(0x803, [1, 28, 28], one.images));
    put("train-labels-idx1-ubyte", idx(0x801, [1], one.labels));
    expect(readIdxFolder(folder)).toEqual(one);
  });
});

describe("a folder that cannot be used", () => {
  test("is named when it does not exist or is a file", () => {
    expect(() => readIdxFolder(join(folder, "no"))).toThrow(
      `${join(folder, "no")}: no such folder`,
    );
    put("file", images);
    expect(() => readIdxFolder(join(folder, "file"))).toThrow("file is not a folder");
  });

  test("is told what was looked for and what was found", () => {
    put("t10k-images-idx3-ubyte.gz", gzipSync(images));
    put("notes.txt", new Uint8Array());
    expect(() => readIdxFolder(folder)).toThrow(
      /no pair of digit images and labels\.\n {2}looked for: train-images-idx3-ubyte, .*t10k-labels-idx1-ubyte\.gz, .*\n {2}found: {6}notes\.txt, t10k-images-idx3-ubyte\.gz/,
    );
  });

  const refuses = (imageBytes: Uint8Array, labelBytes: Uint8Array, message: string) => {
    put("t10k-images-idx3-ubyte", imageBytes);
    put("t10k-labels-idx1-ubyte", labelBytes);
    expect(() => readIdxFolder(folder)).toThrow(message);
  };

  test("because of another magic number", () => {
    refuses(
      idx(0x801, [3, 28, 28], digits.images),
      labels,
      "t10k-images-idx3-ubyte: offset 0: expected the magic number 0x00000803 (images), found 0x00000801",
    );
  });

  test("because the images end early", () => {
    refuses(
      images.subarray(0, 1000),
      labels,
      "t10k-images-idx3-ubyte: offset 1000: truncated: expected 2368 bytes for sizes 3x28x28, found 1000",
    );
  });

  test("because the header ends early", () => {
    refuses(
      images.subarray(0, 9),
      labels,
      "t10k-images-idx3-ubyte: offset 9: truncated: expected a header of 16 bytes, found 9",
    );
  });

  test("because there are bytes too many", () => {
    refuses(
      images,
      idx(0x801, [3], new Uint8Array(5)),
      "t10k-labels-idx1-ubyte: offset 11: too long: expected 11 bytes for sizes 3, found 13",
    );
  });

  test("because the images have another size", () => {
    refuses(
      idx(0x803, [3, 2, 2], new Uint8Array(12)),
      labels,
      "t10k-images-idx3-ubyte: offset 8: expected images of 28x28 pixels, found 2x2",
    );
  });

  test("because there are fewer labels than images", () => {
    refuses(
      images,
      idx(0x801, [2], new Uint8Array(2)),
      "t10k-labels-idx1-ubyte: offset 4: expected 3 labels, as many as ",
    );
  });

  test("because a label is no digit", () => {
    refuses(
      images,
      idx(0x801, [3], Uint8Array.of(1, 12, 3)),
      "t10k-labels-idx1-ubyte: offset 9: expected a label from 0 to 9, found 12",
    );
  });

  test("because a gzip file is cut", () => {
    put("t10k-labels-idx1-ubyte", labels);
    put("t10k-images-idx3-ubyte.gz", gzipSync(images).subarray(0, 200));
    expect(() => readIdxFolder(folder)).toThrow(
      "t10k-images-idx3-ubyte.gz: cannot be unzipped (unexpected end of file); 200 bytes on disk",
    );
  });
});
