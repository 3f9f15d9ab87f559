// Tests of oneDNN's kernels against the JavaScript routines. They need libdnnl and koffi, and say so where those are missing.
import { describe, test } from "vitest";
import { expectLikeRoutine } from "../../../tests/kernels/check.ts";
import { convStep, kinds, randomConv } from "../../../tests/kernels/convs.ts";
import { kernelsFor, whyNoNative } from "./engine.ts";

const reason = whyNoNative();
const inMemory = (heap: Parameters<typeof kernelsFor>[0]) => kernelsFor(heap, 0);

describe.skipIf(reason !== null)(`native kernels${reason ? ` (not run: ${reason})` : ""}`, () => {
  for (let seed = 1; seed <= 60; seed++) {
    const conv = randomConv(seed);
    test(`convolution, seed ${seed}: ${JSON.stringify(conv)}`, () => {
      for (const kind of kinds) {
        expectLikeRoutine({ step: convStep(kind, conv), seed, kernels: inMemory });
      }
    });
  }
});
