// Reads digits in the IDX format of the MNIST files (http://yann.lecun.com/exdb/mnist), gzip or plain.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "./command.ts";
import { type Digits, PIXELS, SIDE } from "./digits.ts";

const prefixes = ["train", "t10k"] as const;
const endings = ["", ".gz"] as const;

const imagesMagic = 0x00000803;
const labelsMagic = 0x00000801;

/**
 * Reads the images and labels of `train-*` if the folder has them, else of `t10k-*`. A `UserError`
 * says which file cannot be used, where in it the trouble is, and what was expected.
 */
export function readIdxFolder(folder: string): Digits {
  if (!existsSync(folder)) throw new UserError(`${folder}: no such folder`);
  if (!statSync(folder).isDirectory()) throw new UserError(`${folder} is not a folder`);
  for (const prefix of prefixes) {
    const imagesFile = find(folder, candidates(prefix, "images", 3));
    const labelsFile = find(folder, candidates(prefix, "labels", 1));
    if (imagesFile !== undefined && labelsFile !== undefined) return read(imagesFile, labelsFile);
  }
  const wanted = prefixes.flatMap((prefix) => [
    ...candidates(prefix, "images", 3),
    ...candidates(prefix, "labels", 1),
  ]);
  const found = readdirSync(folder).sort();
  const listed = found.length > 12 ? [...found.slice(0, 12), `${found.length - 12} more`] : found;
  throw new UserError(
    `${folder} has no pair of digit images and labels.\n` +
      `  looked for: ${wanted.join(", ")}\n` +
      `  found:      ${listed.length === 0 ? "nothing" : listed.join(", ")}`,
  );
}

/** The names in use: `train-images-idx3-ubyte` as published, `train-images.idx3-ubyte` as some tools unpack it. */
function candidates(prefix: string, what: "images" | "labels", rank: number): string[] {
  return ["-", "."].flatMap((dot) =>
    endings.map((ending) => `${prefix}-${what}${dot}idx${rank}-ubyte${ending}`),
  );
}

function find(folder: string, names: readonly string[]): string | undefined {
  return names.map((name) => join(folder, name)).find((path) => existsSync(path));
}

function read(imagesFile: string, labelsFile: string): Digits {
  const images = open(imagesFile, imagesMagic, "images", 3);
  const labels = open(labelsFile, labelsMagic, "labels", 1);
  const [count = 0, rows, columns] = images.sizes;
  if (count === 0) throw new UserError(`${imagesFile}: offset 4: it holds no images`);
  if (rows !== SIDE || columns !== SIDE) {
    throw new UserError(
      `${imagesFile}: offset 8: expected images of ${SIDE}x${SIDE} pixels, found ${rows}x${columns}`,
    );
  }
  if (labels.sizes[0] !== count) {
    throw new UserError(
      `${labelsFile}: offset 4: expected ${count} labels, as many as ${imagesFile} has images, ` +
        `found ${labels.sizes[0]}`,
    );
  }
  const wrong = labels.data.findIndex((label) => label > 9);
  if (wrong >= 0) {
    throw new UserError(
      `${labelsFile}: offset ${8 + wrong}: expected a label from 0 to 9, found ${labels.data[wrong]}`,
    );
  }
  return { images: images.data.subarray(0, count * PIXELS), labels: labels.data };
}

/** Checks the header (a magic number and `rank` sizes, big-endian 32 bits each) and the length. */
function open(file: string, magic: number, what: string, rank: number) {
  const bytes = unpack(file);
  const header = 4 * (1 + rank);
  if (bytes.length < header) {
    throw new UserError(
      `${file}: offset ${bytes.length}: truncated: expected a header of ${header} bytes, ` +
        `found ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = view.getUint32(0);
  if (found !== magic) {
    const hex = (value: number) => `0x${value.toString(16).padStart(8, "0")}`;
    throw new UserError(
      `${file}: offset 0: expected the magic number ${hex(magic)} (${what}), found ${hex(found)}`,
    );
  }
  const sizes = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = header + sizes.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    const problem = bytes.length < expected ? "truncated" : "too long";
    throw new UserError(
      `${file}: offset ${Math.min(bytes.length, expected)}: ${problem}: expected ${expected} bytes ` +
        `for sizes ${sizes.join("x")}, found ${bytes.length}`,
    );
  }
  return { sizes, data: new Uint8Array(bytes.subarray(header)) };
}

/** The file's bytes, unzipped if it starts as a gzip file does, whatever its name. */
function unpack(file: string): Uint8Array {
  const bytes = readFileSync(file);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file}: cannot be unzipped (${reason}); ${bytes.length} bytes on disk`);
  }
}
