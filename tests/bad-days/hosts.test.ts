// Hosts without shared memory, without vectors, without WebAssembly: sessions run there, and tf.engines() says what is missing.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { bundledLibrary } from "./bundle.ts";

const library = bundledLibrary();

interface Found {
  readonly engines: readonly { name: string; available: boolean; reason: string; note: string }[];
  readonly result: number | string;
}

/** What the child finds; it prints nothing else. */
function on(
  missing: string,
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Found {
  const child = fileURLToPath(new URL("host.mjs", import.meta.url));
  const clean = { ...process.env };
  for (const name of Object.keys(clean)) if (name.startsWith("TENSORSCOPE_")) delete clean[name];
  const args = [...flags, child, library(), missing];
  const ran = spawnSync(process.execPath, args, {
    env: { ...clean, ...env },
    encoding: "utf8",
    timeout: 60_000,
  });
  expect({ status: ran.status, err: ran.stderr }).toEqual({ status: 0, err: "" });
  const { engines, result } = JSON.parse(ran.stdout);
  const [native, ...others] = engines;
  // The library lies apart from the package that calls native libraries.
  expect(native).toMatchObject({ name: "native", available: false });
  return { engines: others, result };
}

const usable = (name: string, note: string | null = null) => ({
  name,
  available: true,
  reason: null,
  note,
});
const unusable = (name: string, reason: string) => ({ name, available: false, reason, note: null });
const others = [usable("javascript"), usable("reference")];
let trained: number;

describe("a host", () => {
  beforeAll(() => {
    const { engines, result } = on("nothing");
    expect(engines).toEqual([usable("wasm"), ...others]);
    trained = result as number;
    expect(trained).toBeGreaterThan(0);
  });

  test("without SharedArrayBuffer uses one thread, with the same result", () => {
    expect(on("SharedArrayBuffer", { TENSORSCOPE_THREADS: "4" })).toEqual({
      engines: [
        usable(
          "wasm",
          "it uses one thread, since this host has no shared memory (in browsers: SharedArrayBuffer, for pages that are cross-origin isolated)",
        ),
        ...others,
      ],
      result: trained,
    });
  });

  test("without workers uses one thread, with the same result", () => {
    expect(on("workers", { TENSORSCOPE_THREADS: "4" }).result).toBe(trained);
  });

  test.each([
    ["SIMD", "this host's WebAssembly has no vectors (SIMD)"],
    ["WebAssembly", "this host has no WebAssembly"],
    [
      "compiling",
      "this host does not compile WebAssembly: Wasm code generation disallowed by embedder",
    ],
  ])("without %s uses the javascript engine", (missing, reason) => {
    const { engines, result } = on(missing, { TENSORSCOPE_ENGINE: "wasm" });
    expect(engines).toEqual([unusable("wasm", reason), ...others]);
    expect(result).toBeCloseTo(trained, 5);
  });

  test("that makes no functions of text keeps the wasm engine, with the same result", () => {
    const { engines, result } = on("nothing", {}, ["--disallow-code-generation-from-strings"]);
    expect(engines[0]).toEqual(usable("wasm"));
    expect(result).toBe(trained);
  });

  test("that makes no code at all uses the reference engine", () => {
    const { engines, result } = on("WebAssembly", {}, ["--disallow-code-generation-from-strings"]);
    expect(engines).toEqual([
      unusable("wasm", "this host has no WebAssembly"),
      unusable(
        "javascript",
        "this host does not compile text: Code generation from strings disallowed for this context",
      ),
      usable("reference"),
    ]);
    expect(result).toBeCloseTo(trained, 5);
  });
});

describe("switches from outside", () => {
  test("that name no engine are refused, with those there are", () => {
    expect(on("nothing", { TENSORSCOPE_ENGINE: "warp" }).result).toBe(
      "Unknown engine 'warp' in TENSORSCOPE_ENGINE.\nEngines here: native, wasm, javascript, reference.",
    );
  });
  test("that are empty count as none", () => {
    expect(on("nothing", { TENSORSCOPE_ENGINE: "", TENSORSCOPE_THREADS: "" }).result).toBe(trained);
  });
  test.each(["abc", "0"])("that ask for %s threads are refused", (count) => {
    expect(on("nothing", { TENSORSCOPE_THREADS: count }).result).toBe(
      `TENSORSCOPE_THREADS is '${count}', which is no number of threads.\nUse a whole number from 1 on, or leave it out to have one thread per processor.`,
    );
  });
  test("that ask for 1000 threads get as many as make sense, and the same result", () => {
    expect(on("nothing", { TENSORSCOPE_THREADS: "1000" }).result).toBe(trained);
  });
  test("threads do not matter to engines without", () => {
    const env = { TENSORSCOPE_ENGINE: "javascript", TENSORSCOPE_THREADS: "abc" };
    expect(on("nothing", env).result).toBeCloseTo(trained, 5);
  });
});
