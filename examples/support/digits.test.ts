// The built-in digits: repeatable, balanced, and inside their frame.
import { describe, expect, test } from "vitest";
import { builtinDigits, PIXELS, SIDE } from "./digits.ts";

describe("the built-in digits", () => {
  const { images, labels } = builtinDigits(1000, 3);

  test("are the same for the same seed and others for another", () => {
    expect(builtinDigits(20, 5)).toEqual(builtinDigits(20, 5));
    expect(builtinDigits(20, 5).images).not.toEqual(builtinDigits(20, 6).images);
  });

  test("are a longer run of the same digits when more are asked for", () => {
    expect(builtinDigits(5, 3).images).toEqual(images.subarray(0, 5 * PIXELS));
  });

  test("show each of the ten about equally often", () => {
    const counts = new Array<number>(10).fill(0);
    for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(Math.max(...counts)).toBeLessThan(150);
  });

  test("have ink, paper, and soft edges between", () => {
    for (let i = 0; i < labels.length; i++) {
      const image = images.subarray(i * PIXELS, (i + 1) * PIXELS);
      const ink = image.filter((value) => value > 200).length;
      const edge = image.filter((value) => value > 20 && value < 235).length;
      expect(ink, `digit ${i}`).toBeGreaterThan(15);
      expect(ink, `digit ${i}`).toBeLessThan(PIXELS / 3);
      expect(edge, `digit ${i}`).toBeGreaterThan(10);
    }
  });

  test("stay clear of the border", () => {
    let onBorder = 0;
    for (let i = 0; i < labels.length; i++) {
      for (let at = 0; at < SIDE; at++) {
        const row = images[i * PIXELS + at] ?? 0;
        const lastRow = images[i * PIXELS + PIXELS - SIDE + at] ?? 0;
        if (row > 0 || lastRow > 0) onBorder++;
      }
    }
    expect(onBorder).toBe(0);
  });
});
