// Damaged files end commands with an error that is told, never with a mistake of ours.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fixtures, run } from "../../tests/formats/commands.ts";
import { MemoryFileSystem } from "../formats/files.ts";

const rounds = Number(process.env.TENSORSCOPE_FUZZ ?? 400);
const seed = Number(process.env.TENSORSCOPE_SEED ?? 1);

/** Files by the names under which commands take them. */
const sources: Readonly<Record<string, readonly string[]>> = {
  "m.meta": ["ckpt_v2/model.ckpt-1.meta"],
  "saved_model.pb": ["saved_model/saved_model.pb"],
  "v1.ckpt": ["ckpt_v1/model.ckpt"],
  "run.tfevents": ["events/events.out.tfevents.1795206864.vm.sfx"],
  checkpoint: ["ckpt_v2/checkpoint"],
  "m.index": ["ckpt_v2/model.ckpt-1.index"],
  "m.data-00000-of-00001": ["ckpt_v2/model.ckpt-1.data-00000-of-00001"],
};

function randomFrom(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function damaged(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const copy = bytes.slice();
  const way = random(4);
  if (way === 0) return copy.subarray(0, random(copy.length));
  const times = way === 1 ? 1 : 1 + random(20);
  for (let i = 0; i < times; i++) copy[random(copy.length)] = random(256);
  if (way === 3) {
    const at = random(copy.length);
    copy.copyWithin(at, random(copy.length), copy.length);
  }
  return copy;
}

test(`${rounds} damaged files, with seed ${seed}`, async () => {
  const random = randomFrom(seed);
  const originals = Object.entries(sources).map(
    ([name, [path]]) => [name, new Uint8Array(readFileSync(`${fixtures}/${path}`))] as const,
  );
  for (let round = 0; round < rounds; round++) {
    const files = new MemoryFileSystem();
    const victim = random(originals.length);
    for (const [i, [name, bytes]] of originals.entries()) {
      files.write(name, i === victim ? damaged(bytes, random) : bytes);
    }
    const name = originals[victim]?.[0] as string;
    const commands = [
      ["inspect", name, "--values"],
      ["inspect", "."],
      ["ops", name],
      ["diff", name, "m"],
      ["convert", name, "out.pbtxt"],
      ["convert", name, "out.npz"],
      ["convert", "m.meta", "frozen.pb", "--freeze", "m", "--outputs", "loss"],
    ];
    const args = commands[random(commands.length)] as string[];
    const { exitCode, error } = await run(args, files);
    expect(error, `seed ${seed}, round ${round}: ${args.join(" ")}`).not.toContain("mistake");
    expect([0, 1]).toContain(exitCode);
  }
});
