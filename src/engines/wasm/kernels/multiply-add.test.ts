// Tests of the choice between rounding twice and fused multiply-add.
import { expect, test, vi } from "vitest";
import { multiplyAdd } from "./multiply-add.ts";

test("strict mode never fuses", () => {
  vi.stubEnv("TENSORSCOPE_STRICT", "1");
  expect(multiplyAdd().fused).toBe(false);
  vi.unstubAllEnvs();
});
