// Tests of the ops that read and write checkpoints of version 1, as graphs of TensorFlow 0.x contain them.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as tf from "../index.ts";
import { createOp, type OpInputs } from "../ops/create.ts";
import { type AttrSpecs, opDef, type TypedOpDef } from "../ops/define.ts";

const make = (type: string, inputs: OpInputs, attrs: Record<string, unknown> = {}): tf.Operation =>
  createOp(opDef(type) as TypedOpDef<AttrSpecs>, inputs, attrs, undefined);

test("what Save writes, Restore and RestoreSlice read", () => {
  tf.resetDefaultGraph();
  const file = join(mkdtempSync(join(tmpdir(), "tensorscope-")), "model.ckpt");
  const table = tf.constant([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const count = tf.constant(7, { dtype: tf.int32 });
  const save = make("Save", [file, ["table", "count"], [table, count]]);
  const sess = new tf.Session();
  sess.runSync(save);
  const restored = [
    make("Restore", [file, "table"], { dt: tf.float32 }).output,
    make("Restore", [file, "count"], { dt: tf.int32 }).output,
    make("RestoreSlice", [file, "table", "2 3 -:1,2"], { dt: tf.float32 }).output,
  ];
  expect(sess.runSync(restored).map((array) => array.toArray())).toEqual([
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    7,
    [
      [2, 3],
      [5, 6],
    ],
  ]);
  const missing = make("Restore", [file, "nothing"], { dt: tf.float32 }).output;
  expect(() => sess.runSync(missing)).toThrow(tf.errors.NotFoundError);
  const otherType = make("Restore", [file, "count"], { dt: tf.float32 }).output;
  expect(() => sess.runSync(otherType)).toThrow(
    "tensor_name = count; expected dtype float does not equal original dtype int32",
  );
});
