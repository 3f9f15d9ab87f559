// Inspects every folder of the corpus, where it is present. `corpus-inspect.mjs` beside it takes the time.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { corpus, corpusAbsent, corpusArtifacts } from "./artifacts.ts";
import { run } from "./commands.ts";

const folders =
  corpus === null
    ? []
    : readdirSync(corpus, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name, parentPath }) => ({ name, path: join(parentPath, name) }));

test.skipIf(corpus !== null)(`without strangers' files: ${corpusAbsent}`, () => {
  expect(folders).toEqual([]);
});

describe.skipIf(corpus === null)("inspect reads every folder of the corpus", () => {
  test.each(folders)("$name", async ({ path }) => {
    const { exitCode, out, error } = await run(["inspect", path]);
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
    expect(out).toContain("and 1 other file");
  });
});

/** Ops of Google's own machines, which no TensorFlow that others have has had. */
const unpublished = new Set([
  "LoadFromVolumeStore",
  "ParseVolumeStoreInputExample",
  "SSTableReaderV2",
]);

describe.skipIf(corpus === null)("ops knows every published op of the corpus", () => {
  test.each(corpusArtifacts)("$name", async ({ path }) => {
    const { exitCode, out, error } = await run(["ops", path, "--json"]);
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
    const unknown = JSON.parse(out).ops.filter(
      ({ op, status }: { readonly op: string; readonly status: string }) =>
        status === "unknown" && !unpublished.has(op),
    );
    expect(unknown).toEqual([]);
  });
});
