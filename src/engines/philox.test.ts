// Philox against the known answers of its authors, and its counter arithmetic.
import { describe, expect, test } from "vitest";
import { advance, initialState, Philox } from "./philox.ts";

const hex = (text: string) =>
  Uint32Array.from(text.split(" "), (word) => Number.parseInt(word, 16));

function draw(state: Uint32Array): string {
  const generator = new Philox(state);
  generator.next4();
  return Array.from(generator.words, (word) => word.toString(16).padStart(8, "0")).join(" ");
}

describe("Philox4x32-10", () => {
  test("gives the known answers of Random123", () => {
    expect(draw(hex("0 0 0 0 0 0"))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
    expect(draw(new Uint32Array(6).fill(0xffffffff))).toBe("408f276d 41c83b0e a20bc7c6 6d5451fd");
    expect(draw(hex("a4093822 299f31d0 243f6a88 85a308d3 13198a2e 03707344"))).toBe(
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    );
  });

  test("takes the key from seed and the upper counter from seed2", () => {
    expect(initialState(87654321, 1234)).toEqual(Uint32Array.of(87654321, 0, 0, 0, 1234, 0));
    expect(initialState(-1, 2n ** 40n)).toEqual(
      Uint32Array.of(0xffffffff, 0xffffffff, 0, 0, 0, 256),
    );
  });

  test("reads words one at a time across calls", () => {
    const generator = new Philox(initialState(87654321, 1234));
    const words = Array.from({ length: 8 }, () => generator.nextWord().toString(16));
    expect(words.join(" ")).toBe(
      "d3ec9553 75296ac9 30a741f3 f288ebec a3f4f940 7715d242 c1244582 3aad9a46",
    );
  });

  test("skips as many calls as it is told", () => {
    const slow = new Philox(initialState(3, 4));
    for (let i = 0; i < 11; i++) slow.next4();
    const fast = new Philox(initialState(3, 4));
    fast.skip(10);
    fast.next4();
    expect(fast.words).toEqual(slow.words);
    const placed = new Philox(initialState(3, 4), 10);
    placed.next4();
    expect(placed.words).toEqual(slow.words);
  });

  test("carries through the 128-bit counter", () => {
    const state = hex("0 0 ffffffff ffffffff ffffffff 0");
    const stepped = new Philox(state);
    stepped.next4();
    stepped.next4();
    advance(state, 1);
    expect(state).toEqual(hex("0 0 0 0 0 1"));
    const jumped = new Philox(state);
    jumped.next4();
    expect(jumped.words).toEqual(stepped.words);
  });

  test("advances by more than 2^32", () => {
    const state = hex("0 0 ffffffff 1 0 0");
    advance(state, 2 ** 33 + 1);
    expect(state).toEqual(hex("0 0 0 4 0 0"));
    advance(state, 2 ** 52);
    expect(state).toEqual(hex("0 0 0 100004 0 0"));
  });
});
