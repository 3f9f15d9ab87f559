// Runs every example, shortened, and looks at what it prints and writes.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import * as tf from "tensorscope";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { builtinDigits } from "./support/digits.ts";

let folder = "";
let printed = "";
const argv = process.argv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "examples-"));
  printed = "";
  const keep = (...values: unknown[]) => {
    printed += `${values.join(" ")}\n`;
  };
  vi.spyOn(console, "log").mockImplementation(keep);
  vi.spyOn(console, "error").mockImplementation(keep);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  // So that each run has its own default graph.
  vi.resetModules();
});
afterEach(() => {
  vi.restoreAllMocks();
  process.argv = argv;
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

async function run(name: string, ...args: string[]): Promise<void> {
  process.argv = ["node", name, ...args];
  await import(new URL(`./${name}.ts`, import.meta.url).href);
}

describe("the numbered examples", () => {
  test("01-softmax prints loss and accuracy", async () => {
    await run("01-softmax", "--steps", "60");
    expect(printed).toMatch(/^step 50: loss \d\.\d{3}, unseen digits right: \d+\.\d %\nstep 60: /);
    const [percent] = printed.match(/[\d.]+(?= %\n$)/) ?? [];
    expect(Number(percent)).toBeGreaterThan(60);
  });

  test("02-cnn lists the shared variables and what the second use can do", async () => {
    await run("02-cnn", "--steps", "5");
    expect(printed).toMatch(/^Two uses of 5 variables:\n.*image_filters\/conv1\/weights:0/);
    expect(printed).toMatch(/After 5 steps the second use gets \d+\.\d % of new digits right\.\n$/);
  });

  test("03-siamese prints the distances of equal and other digits", async () => {
    await run("03-siamese", "--steps", "50");
    const [, equal, other] = printed.match(/equal digits ([\d.]+), of others ([\d.]+)\n$/) ?? [];
    expect(Number(equal)).toBeLessThan(Number(other));
  });

  test("a wrong number of steps is refused", async () => {
    await run("01-softmax", "--steps", "none");
    expect(printed).toBe("--steps none: expected a whole number from 1 to 2147483647\n");
    expect(process.exitCode).toBe(1);
  });
});

describe("the GAN", () => {
  test("trains on a folder of IDX files, writes its samples, and shows who shares what", async () => {
    const { images, labels } = builtinDigits(60, 4);
    writeFileSync(
      join(folder, "train-images-idx3-ubyte"),
      Buffer.concat([Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 60, 0, 0, 0, 28, 0, 0, 0, 28), images]),
    );
    writeFileSync(
      join(folder, "train-labels-idx1-ubyte"),
      Buffer.concat([Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 60), labels]),
    );
    const out = join(folder, "out");
    await run("gan", "--data", folder, "--epochs", "1", "--out", out);

    expect(printed).toContain(`60 digits (${folder}), 1 x, in batches of 10`);
    expect(printed).toMatch(
      /100% {2}step 6\/6, \d+ steps\/s, discriminator loss \d\.\d{3}, generator loss/,
    );
    expect(printed).toMatch(
      /discriminator\/look\/weights +8x8x1x24 +1,536 +discriminator\/look, discriminator_1\/look\n/,
    );
    expect(printed).toMatch(/generator\/draw\/biases +1 +1 +generator\/draw, generator_1\/draw\n/);
    expect(printed).toMatch(/\d+ variables of generator_adam +101,/);
    const sheet = decode(readFileSync(join(out, "samples.png")));
    expect([sheet.width, sheet.height]).toEqual([604, 604]);
    const file = readdirSync(out).find((name) => name.includes("tfevents")) ?? "";
    const events = [...tf.train.summaryIterator(join(out, file))];
    const tags = events.flatMap(({ what }) =>
      what.case === "summary" ? what.value.value.map(({ tag }) => tag) : [`(${what.case})`],
    );
    expect(tags).toEqual(
      expect.arrayContaining([
        "(graphDef)",
        "losses/discriminator",
        "losses/generator",
        "samples/image",
        "values/discriminator/look/weights",
      ]),
    );
  });

  test("refuses a folder without digits and wrong numbers before it trains", async () => {
    await run("gan", "--data", join(folder, "none"), "--out", folder);
    expect(printed).toBe(`${join(folder, "none")}: no such folder\n`);
    expect(process.exitCode).toBe(1);
    expect(existsSync(join(folder, "samples.png"))).toBe(false);
  });

  test("refuses an option that it does not have, and says which it has", async () => {
    await run("gan", "--epoch", "2");
    expect(printed).toMatch(/^Unknown option '--epoch'/);
    expect(printed).toContain("--epochs N");
    expect(process.exitCode).toBe(1);
  });

  test("explains itself with --help", async () => {
    await run("gan", "--help");
    expect(printed).toContain("--data DIR   folder of MNIST's IDX files");
    expect(process.exitCode).toBeUndefined();
  });
});
