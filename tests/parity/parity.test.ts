/** Replays every scenario against what TensorFlow 2.21 showed when it was recorded. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compare } from "./compare.ts";
import { type Recording, replay, takeScenarios } from "./harness.ts";

const here = new URL(".", import.meta.url);
const groups = readdirSync(new URL("scenarios", here))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length))
  .sort();

const rerecord =
  "If the scenario or TensorFlow changed, record again with `npm run record` (needs Python and tensorflow-cpu 2.21).";

for (const group of groups) {
  await import(new URL(`scenarios/${group}.ts`, here).href);
  const scenarios = takeScenarios();
  const file = new URL(`recordings/${group}.json`, here);
  const recordings: Record<string, Recording> = existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8"))
    : {};

  describe(group, () => {
    test("has a recording of every scenario, and no others", () => {
      expect(scenarios.map(({ name }) => name)).toEqual(Object.keys(recordings));
    });
    for (const { name, body, tolerance } of scenarios) {
      test(name, async () => {
        const theirs = recordings[name];
        if (!theirs) throw new Error(`'${group}: ${name}' is not recorded. ${rerecord}`);
        const found = compare(`${group}: ${name}`, await replay(body), theirs, tolerance);
        if (found.length > 0) throw new Error(`${found.join("\n")}\n${rerecord}`);
      });
    }
  });
}
