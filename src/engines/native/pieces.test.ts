// Pieces of a product: together they are the whole, and none is done twice.
import { expect, test } from "vitest";
import { integerOf, randomOf } from "../../../tests/kernels/check.ts";
import { productPieces, spans } from "./pieces.ts";

test("spans follow each other, begin at multiples of the grain, and differ by less than two grains", () => {
  const random = randomOf(5);
  for (let i = 0; i < 300; i++) {
    const [total, count, grain] = [
      integerOf(random, 1, 300),
      integerOf(random, 1, 9),
      integerOf(random, 1, 40),
    ];
    const all = spans(total, count, grain);
    expect(all.length).toBe(Math.min(count, Math.max(1, Math.floor(total / grain))));
    let end = 0;
    for (const { begin, length } of all) {
      expect(begin).toBe(end);
      expect(begin % grain).toBe(0);
      expect(length).toBeGreaterThanOrEqual(Math.min(total, grain));
      end = begin + length;
    }
    expect(end).toBe(total);
    const lengths = all.slice(0, -1).map(({ length }) => length);
    if (lengths.length > 0)
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(2 * grain);
  }
});

const product = (batch: number, rows: number, columns: number) => {
  const depth = 7;
  const side = (row: number, column: number, matrix: number) => ({
    offset: 5,
    batch: batch > 1 ? [matrix] : [],
    row,
    column,
  });
  return {
    batch: batch > 1 ? [batch] : [],
    rows,
    columns,
    depth,
    a: side(depth, 1, rows * depth),
    b: side(1, depth, 0),
    out: side(columns, 1, rows * columns),
  };
};

test.each([
  ["matrices, where they come out even", product(6, 40, 64), 2],
  ["rows", product(1, 70, 64), 3],
  ["rows, where few matrices do not come out even", product(3, 70, 64), 2],
  ["columns, where there are many for each row", product(1, 4, 130), 4],
])("%s are divided", (_, params, count) => {
  const done = new Map<number, number>();
  const pieces = productPieces(params, count);
  expect(pieces.length).toBe(count);
  for (const piece of pieces) {
    const matrices = piece.batch[0] ?? 1;
    for (let m = 0; m < matrices; m++)
      for (let i = 0; i < piece.rows; i++)
        for (let j = 0; j < piece.columns; j++) {
          const at = ({ offset, batch, row, column }: typeof piece.a, r: number, c: number) =>
            offset + m * (batch[0] ?? 0) + r * row + c * column;
          const out = at(piece.out, i, j);
          done.set(out, (done.get(out) ?? 0) + 1);
          // Where the operands of this result begin in the whole product.
          const [matrix, place] = [
            Math.floor((out - 5) / (params.rows * params.columns)),
            (out - 5) % (params.rows * params.columns),
          ];
          const [row, column] = [Math.floor(place / params.columns), place % params.columns];
          expect(at(piece.a, i, 0)).toBe(
            5 + matrix * params.rows * params.depth + row * params.depth,
          );
          expect(at(piece.b, 0, j)).toBe(5 + column * params.depth);
          expect(piece.firstColumn + j).toBe(column);
        }
  }
  expect(done.size).toBe((params.batch[0] ?? 1) * params.rows * params.columns);
  expect([...done.values()].every((times) => times === 1)).toBe(true);
});
