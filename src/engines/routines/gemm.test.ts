// Products of sizes that fill blocks and leave remainders, against the definition.
import { expect, test } from "vitest";
import { float32 } from "../../core/dtypes.ts";
import { NDArray } from "../../core/ndarray.ts";
import { matmul } from "./matmul.ts";

function matrix(rows: number, columns: number, seed: number): NDArray<"float32"> {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 0.7 + seed));
  return new NDArray(data, [rows, columns], float32);
}

for (const [rows, depth, columns] of [
  [37, 70, 41],
  [3, 65, 33],
  [130, 3, 5],
  [1, 1, 1],
] as const) {
  test(`${rows}x${depth}x${columns} agrees with the definition`, () => {
    const [a, b, c] = [matrix(rows, depth, 1), matrix(depth, columns, 2), matrix(rows, columns, 3)];
    matmul([a, b], [c], { transposeA: false, transposeB: false });
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let p = 0; p < depth; p++) {
          sum += (a.data[i * depth + p] as number) * (b.data[p * columns + j] as number);
        }
        expect(c.data[i * columns + j]).toBe(Math.fround(sum));
      }
    }
  });
}
