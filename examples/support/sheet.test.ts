// The contact sheet, read back as the PNG file that it is.
import { decode } from "fast-png";
import { expect, test } from "vitest";
import { builtinDigits, PIXELS, SIDE } from "./digits.ts";
import { contactSheet } from "./sheet.ts";

test("a contact sheet shows every image in its place", () => {
  const { images } = builtinDigits(5, 2);
  const sheet = decode(contactSheet(images, { columns: 3, scale: 1 }));
  expect([sheet.width, sheet.height, sheet.channels]).toEqual([3 * 30 + 2, 2 * 30 + 2, 1]);

  // The fourth image is the first of the second row.
  const fourth = Uint8Array.from({ length: PIXELS }, (_, at) => {
    const [row, column] = [32 + Math.floor(at / SIDE), 2 + (at % SIDE)];
    return sheet.data[row * sheet.width + column] ?? 0;
  });
  expect(fourth).toEqual(images.subarray(3 * PIXELS, 4 * PIXELS));
  expect(sheet.data[0]).toBe(64);
});

test("a contact sheet is enlarged by whole pixels", () => {
  const white = new Uint8Array(PIXELS).fill(255);
  const sheet = decode(contactSheet(white, { columns: 1, scale: 3 }));
  expect([sheet.width, sheet.height]).toEqual([96, 96]);
  expect(sheet.data.filter((value) => value === 255)).toHaveLength(9 * PIXELS);
});
