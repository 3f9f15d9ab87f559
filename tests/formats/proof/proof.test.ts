/** The half of the proof that needs no TensorFlow: what it wrote (tests/formats/fixtures/proof) works here. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { check, checkObjects, writeTo } from "./ours.ts";

const fixtures = fileURLToPath(new URL("../fixtures/proof", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tensorscope-proof-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a CNN with batch norm that TensorFlow trained with Adam", async () => {
  const checks = await check(fixtures);
  test.each(checks)("$check", ({ ok, detail }) => {
    expect(detail, detail).toSatisfy(() => ok);
  });
  test("all 14 checks were made", () => expect(checks).toHaveLength(14));
});

describe("what TensorFlow 2 saved as it does", async () => {
  const checks = await checkObjects(`${fixtures}2/objects`);
  test.each(checks)("$check", ({ ok, detail }) => {
    expect(detail, detail).toSatisfy(() => ok);
  });
});

test.each(["reference", "resource"] as const)(
  "what is written here with %s variables reads back here",
  async (kind) => {
    await writeTo(folder, kind);
    const checks = await check(folder, kind);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks).toHaveLength(18);
  },
);
