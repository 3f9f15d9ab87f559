// Checksums against the published vectors and TensorFlow's.
import { expect, test } from "vitest";
import { crc32c, maskCrc, maskedCrc32c, unmaskCrc } from "./crc32c.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test("CRC-32C gives the published values", () => {
  expect(crc32c(text(""))).toBe(0);
  expect(crc32c(text("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

test("a checksum goes on where another ended, at every cut", () => {
  const bytes = Uint8Array.from({ length: 37 }, (_, i) => (i * 73) & 255);
  const whole = crc32c(bytes);
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(whole);
  }
});

test("the mask is TensorFlow's and comes off again", () => {
  expect(maskedCrc32c(text("123456789"))).toBe(0xc78ab0e5);
  expect(maskedCrc32c(text(""))).toBe(0xa282ead8);
  for (const crc of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    expect(unmaskCrc(maskCrc(crc))).toBe(crc);
  }
});
