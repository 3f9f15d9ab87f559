// Damaged checkpoints, archives and tensors: readers say what is wrong, and never fail in another way.
// TENSORSCOPE_FUZZ=100000 tries so many of each kind; TENSORSCOPE_SEED repeats a run.
import { readdirSync, readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { TensorscopeError } from "../core/errors.ts";
import { BundleReader } from "./bundle.ts";
import { MemoryFileSystem } from "./files.ts";
import { inflate } from "./inflate.ts";
import { readNpy, readNpz } from "./npz.ts";
import { openCheckpoint } from "./open.ts";
import { readSafetensors } from "./safetensors.ts";
import { decompressSnappy } from "./snappy.ts";
import { getCheckpointState } from "./state-file.ts";
import { TableReader, TableWriter } from "./table.ts";

const count = Number(process.env.TENSORSCOPE_FUZZ ?? 300);
const seed = Number(process.env.TENSORSCOPE_SEED ?? Date.now() % 1_000_000);
const root = new URL("../../tests/formats/fixtures/", import.meta.url);

function fixture(folder: string): Map<string, Uint8Array> {
  const at = new URL(`${folder}/`, root);
  const names = readdirSync(at).filter((name) => !/^big\.(index|data)|\.meta$/.test(name));
  return new Map(names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, at)))]));
}

/** mulberry32. */
function randomNumbers(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = (below: number) => number;

/** Flips, overwrites, repeats, drops and cuts bytes. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const data = Array.from(bytes);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(data.length + 1);
    switch (random(7)) {
      case 0:
        data[at] = (data[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        data[at] = [0, 1, 127, 128, 255][random(5)] as number;
        break;
      case 2:
        data.splice(at, 1 + random(8));
        break;
      case 3:
        data.splice(at, 0, ...data.slice(at, at + 1 + random(8)));
        break;
      case 4:
        data.splice(at);
        break;
      case 5:
        data.splice(at, 9, 255, 255, 255, 255, 255, 255, 255, 255, 127);
        break;
      default:
        data.splice(at, 0, random(256));
    }
  }
  return Uint8Array.from(data);
}

/** A table with damaged entries, but checksums that are right. */
function mutateTable(bytes: Uint8Array, random: Random): Uint8Array {
  const files = new MemoryFileSystem([["table", bytes]]);
  using table = new TableReader(files.open("table"));
  const entries = [...table.entries()];
  const parts: Uint8Array[] = [];
  const writer = new TableWriter({ write: (part) => parts.push(part.slice()) });
  const changed = random(entries.length);
  for (const [i, { key, value }] of entries.entries()) {
    writer.add(key, i === changed || random(8) === 0 ? mutate(value, random) : value);
  }
  writer.finish();
  return new Uint8Array(Buffer.concat(parts));
}

function readAll(files: MemoryFileSystem, prefix: string): void {
  using reader = openCheckpoint(prefix, { files });
  for (const name of reader.names()) {
    if (reader.info(name) === null) throw new Error(`${name} is listed, but not there`);
    let problem: unknown;
    try {
      reader.read(name);
    } catch (error) {
      problem = error;
    }
    if (problem !== undefined && !(problem instanceof TensorscopeError)) throw problem;
  }
}

const bundles: readonly (readonly [folder: string, prefix: string])[] = [
  ["ckpt_v2", "model.ckpt-1"],
  ["ckpt_misc", "sl"],
  ["ckpt_every", "every"],
  ["ckpt_two_shards", "m"],
];
const snappy = Uint8Array.from([20, 8, 97, 98, 99, 62, 3, 0, 0, 100]);
const plain = Uint8Array.from({ length: 400 }, (_, i) => (i * i) % 11);
const deflated = new Uint8Array(deflateRawSync(plain));

/** A damaged file for each reader. */
const targets: Readonly<Record<string, (random: Random) => void>> = {
  "indexes of checkpoints": (random) => {
    const [folder, prefix] = bundles[random(bundles.length)] as (typeof bundles)[number];
    const contents = fixtures.get(folder) as Map<string, Uint8Array>;
    const files = new MemoryFileSystem(contents);
    const index = contents.get(`${prefix}.index`) as Uint8Array;
    files.write(
      `${prefix}.index`,
      random(3) === 0 ? mutate(index, random) : mutateTable(index, random),
    );
    readAll(files, prefix);
  },
  "data of checkpoints": (random) => {
    const [folder, prefix] = bundles[random(bundles.length)] as (typeof bundles)[number];
    const contents = fixtures.get(folder) as Map<string, Uint8Array>;
    const files = new MemoryFileSystem(contents);
    const data = [...contents.keys()].filter((name) => name.startsWith(`${prefix}.data`));
    const name = data[random(data.length)] as string;
    files.write(name, mutate(contents.get(name) as Uint8Array, random));
    readAll(files, prefix);
  },
  "checkpoints of version 1": (random) => {
    const [folder, name] = [
      ["ckpt_v1", "model.ckpt"],
      ["ckpt_every", "v1"],
    ][random(2)] as [string, string];
    const bytes = fixtures.get(folder)?.get(name) as Uint8Array;
    const damaged = random(3) === 0 ? mutate(bytes, random) : mutateTable(bytes, random);
    readAll(new MemoryFileSystem([["v1", damaged]]), "v1");
  },
  "state files": (random) => {
    const text = fixtures.get("ckpt_v2")?.get("checkpoint") as Uint8Array;
    getCheckpointState("", { files: new MemoryFileSystem([["checkpoint", mutate(text, random)]]) });
  },
  npz: (random) => {
    const name = ["stored.npz", "deflated.npz"][random(2)] as string;
    readNpz(mutate(fixtures.get("arrays")?.get(name) as Uint8Array, random), name);
  },
  npy: (random) => {
    const name = ["fortran.npy", "big.npy", "unicode.npy"][random(3)] as string;
    readNpy(mutate(fixtures.get("arrays")?.get(name) as Uint8Array, random), name);
  },
  safetensors: (random) => {
    readSafetensors(
      mutate(fixtures.get("arrays")?.get("arrays.safetensors") as Uint8Array, random),
    );
  },
  snappy: (random) => {
    decompressSnappy(mutate(snappy, random));
  },
  deflate: (random) => {
    inflate(mutate(deflated, random), random(2 * plain.length));
  },
};

const fixtures = new Map(
  ["ckpt_v1", "ckpt_v2", "ckpt_misc", "ckpt_every", "ckpt_two_shards", "arrays"].map((folder) => [
    folder,
    fixture(folder),
  ]),
);

test("the undamaged inputs are read", () => {
  expect(new TextDecoder().decode(decompressSnappy(snappy))).toBe("abcabcabcabcabcabcad");
  expect(inflate(deflated, plain.length)).toEqual(plain);
  using reader = new BundleReader("sl", { files: new MemoryFileSystem(fixtures.get("ckpt_misc")) });
  expect(reader.names()).toEqual(["x", "y"]);
});

test.each(Object.entries(targets))(
  `%s that are damaged are refused (seed ${seed})`,
  (_, read) => {
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      try {
        read(randomNumbers(seed + i));
      } catch (error) {
        if (!(error instanceof TensorscopeError))
          throw new Error(`TENSORSCOPE_SEED=${seed + i}`, { cause: error });
      }
      const took = performance.now() - started;
      if (took > 2000) throw new Error(`TENSORSCOPE_SEED=${seed + i}: took ${took} ms`);
    }
  },
  600_000,
);
