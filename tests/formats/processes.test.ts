/** Checkpoints between processes: ones that are killed while they save, and ones that go on where others ended. */

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

interface Bundle {
  readonly library: string;
  remove(): void;
}
interface Trained {
  readonly names: readonly string[];
  readonly hash: string;
}
interface Scripts {
  bundleLibrary(): Promise<Bundle>;
  killSavers(library: string, kills: number, seed: number): Promise<{ readonly kills: number }>;
  resume(
    library: string,
    useResource: boolean,
  ): Readonly<Record<"whole" | "resumed" | "reseeded", Trained>>;
}

/** The scripts run by themselves, too, so they are no TypeScript. */
async function script<K extends keyof Scripts>(file: string, name: K): Promise<Scripts[K]> {
  const module: Scripts = await import(
    /* @vite-ignore */ fileURLToPath(new URL(file, import.meta.url))
  );
  return module[name];
}

let bundle: Bundle;
beforeAll(async () => {
  bundle = await (await script("library.mjs", "bundleLibrary"))();
}, 60_000);
afterAll(() => bundle.remove());

test("processes that are killed while they save leave whole checkpoints", async () => {
  // tests/formats/kill.mjs kills as many as it is told to.
  const seed = Date.now() % 1_000_000;
  const killSavers = await script("kill.mjs", "killSavers");
  const seen = await killSavers(bundle.library, 10, seed).catch((error: unknown) => {
    throw new Error(`seed ${seed}`, { cause: error });
  });
  expect(seen.kills).toBe(10);
}, 120_000);

test.each([
  ["reference", false],
  ["resource", true],
])(
  "training that goes on in another process ends with the same bits (%s variables)",
  async (_, useResource) => {
    const resume = await script("resume.mjs", "resume");
    const { whole, resumed, reseeded } = resume(bundle.library, useResource);
    expect(whole.names).toContain("hidden/moving_mean:0");
    expect(whole.names).toContain("global_step:0");
    expect(whole.names).toContain("hidden/w/Adam_1:0");
    expect(resumed.hash).toBe(whole.hash);
    // Without its random streams dropout draws anew, which shows that the network is sensitive to them.
    expect(reseeded.hash).not.toBe(whole.hash);
  },
  120_000,
);
