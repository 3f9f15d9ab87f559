// Errors name the user's line also where the package runs as it is published: several files, without source maps.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "tensorscope-"));
const program = `import * as tf from "./package/index.js";
const a = tf.zeros([2, 3]);
const b = tf.placeholder(tf.float32, [null, null]);
function failing(run) {
  try {
    run();
  } catch ({ message }) {
    console.log(message.split("\\n").filter((line) => line.includes("ade at")).join());
  }
}
failing(() => tf.matmul(a, a));
const product = tf.matmul(b, b);
failing(() => new tf.Session().runSync(product, [[b, [[1, 2]]]]));
`;

beforeAll(() => {
  mkdirSync(join(folder, "package"));
  const script = fileURLToPath(new URL("../../scripts/bundle.mjs", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, join(folder, "package")], {
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  writeFileSync(join(folder, "user.mjs"), program);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([[[]], [["--enable-source-maps"]]])("with the flags %j", (flags) => {
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, join(folder, "user.mjs")], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toEqual([
    "Made at user.mjs:11.",
    "'MatMul_1' (MatMul) was made at user.mjs:12.",
    "",
  ]);
});
