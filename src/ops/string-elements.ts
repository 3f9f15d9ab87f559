/** Element-wise work on strings, which loops cannot do. */

import type { DType } from "../core/dtypes.ts";
import { type NDArray, stridesOf, writeElement } from "../core/ndarray.ts";
import { type Builder, broadcastShapes } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { advance } from "./support.ts";

type Text = string | Uint8Array;

/** `body` of each pair of broadcast elements. */
export function mapStrings(
  k: Builder,
  x: Value,
  y: Value,
  dtype: DType,
  body: (x: Text, y: Text) => Text | boolean,
): Value {
  const shape = broadcastShapes([x.shape, y.shape]);
  const steps = [x, y].map((value) => broadcastStrides(value.shape, shape));
  const [made] = k.host("mapStrings", [x, y], [{ dtype, shape }], (inputs, [out]) => {
    const target = out as NDArray;
    const point = new Array<number>(shape.length).fill(0);
    for (let i = 0; i < target.size; i++) {
      const [first, second] = inputs.map((input, n) => {
        const strides = steps[n] as number[];
        return input.at(
          point.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0),
        ) as Text;
      });
      writeElement(target.data, dtype, i, body(first as Text, second as Text));
      advance(point, shape);
    }
  });
  return made as Value;
}

function broadcastStrides(own: readonly number[], shape: readonly number[]): number[] {
  const strides = stridesOf(own);
  const skip = shape.length - own.length;
  return shape.map((_, axis) =>
    axis < skip || own[axis - skip] === 1 ? 0 : (strides[axis - skip] as number),
  );
}

/** Whether two strings have the same bytes. */
export function sameText(x: Text, y: Text): boolean {
  if (typeof x === "string" && typeof y === "string") return x === y;
  const encoder = new TextEncoder();
  const [head, tail] = [x, y].map((part) =>
    typeof part === "string" ? encoder.encode(part) : part,
  );
  return (
    head?.length === tail?.length && (head as Uint8Array).every((byte, i) => byte === tail?.[i])
  );
}
