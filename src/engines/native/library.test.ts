// Libraries that are missing, broken, or others than expected: why they are not used, and that everything runs without them.
import { afterEach, describe, expect, test, vi } from "vitest";
import { Ffi, findFfi, withEnvironment } from "./ffi.ts";
import { findOneDnn, OneDnn } from "./onednn.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

const ffi = findFfi();
const where = typeof ffi === "string" ? ` (not run: ${ffi})` : "";
const isLinux = process.platform === "linux";

/** A library of made-up functions. */
function made(version: readonly number[], functions: Readonly<Record<string, unknown>> = {}): Ffi {
  const koffi = {
    load: () => ({
      func: (name: string) => {
        if (name === "dnnl_version") return () => 1000;
        const result = functions[name];
        if (result === undefined)
          throw new Error(`Cannot find function '${name}' in shared library`);
        return () => result;
      },
    }),
    address: () => 0n,
    decode: (address: bigint) => version[(Number(address) - 1000) / 4] ?? 0,
  };
  return new Ffi(koffi, "koffi");
}

describe("a library with another interface", () => {
  test("older than is known", () => {
    expect(() => new OneDnn(made([1, 8, 1]), "libdnnl.so")).toThrow(
      "oneDNN 1.8.1 has another interface: 2.6 to 3.x are known",
    );
    expect(() => new OneDnn(made([2, 5, 4]), "libdnnl.so")).toThrow("oneDNN 2.5.4 has another");
  });
  test("newer than is known", () => {
    expect(() => new OneDnn(made([4, 0, 0]), "libdnnl.so")).toThrow("oneDNN 4.0.0 has another");
  });
  test("a function is missing", () => {
    expect(() => new OneDnn(made([3, 1, 0]), "libdnnl.so")).toThrow(
      "Cannot find function 'dnnl_engine_create'",
    );
  });
  test("a function refuses", () => {
    const refusing = made([3, 1, 0], { dnnl_engine_create: 2 });
    expect(() => new OneDnn(refusing, "libdnnl.so")).toThrow(
      "dnnl_engine_create failed with status 2",
    );
  });
});

describe.skipIf(typeof ffi === "string" || !isLinux)(`files${where}`, () => {
  const found = (path: string): string => {
    vi.stubEnv("TENSORSCOPE_ONEDNN", path);
    const library = findOneDnn(ffi as Ffi);
    if (typeof library !== "string") throw new Error(`${path} was taken`);
    return library;
  };
  test("a file that is not there", () => {
    expect(found("/nowhere/libdnnl.so")).toMatch(
      /^oneDNN could not be used: \/nowhere\/libdnnl\.so: .*No such file/,
    );
  });
  test("a file that is no library", () => {
    expect(found(import.meta.filename)).toMatch(/library\.test\.ts: .*(invalid ELF|too short)/);
  });
  test("another library", () => {
    expect(found("libm.so.6")).toBe(
      "oneDNN could not be used: libm.so.6: Cannot find function 'dnnl_version' in shared library",
    );
  });

  test("sessions run without it, say why when asked, and print nothing", async () => {
    vi.stubEnv("TENSORSCOPE_ONEDNN", "/nowhere/libdnnl.so");
    vi.stubEnv("TENSORSCOPE_ENGINE", "native");
    const output = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
    vi.resetModules();
    const tf = await import("../../index.ts");
    const [native] = tf.engines();
    expect(native).toMatchObject({ name: "native", available: false, note: null });
    expect(native?.reason).toMatch(/No such file/);
    const a = tf.ones([64, 64]);
    expect(new tf.Session().runSync(tf.matmul(a, a)).at(3 * 64 + 3)).toBe(64);
    for (const write of output) expect(write).not.toHaveBeenCalled();
  });
});

test("where the same bits are wanted everywhere, native libraries are not asked", async () => {
  vi.stubEnv("TENSORSCOPE_STRICT", "1");
  const { whyNoNative } = await import("./engine.ts");
  expect(whyNoNative()).toBe(
    "results of native libraries are not the same bits everywhere, as TENSORSCOPE_STRICT=1 asks",
  );
});

test("environment variables are set for a moment, and those of the user stay", () => {
  vi.stubEnv("TENSORSCOPE_A", "mine");
  const variables = { TENSORSCOPE_A: "ours", TENSORSCOPE_B: "ours" };
  const { TENSORSCOPE_A, TENSORSCOPE_B } = withEnvironment(variables, () => ({ ...process.env }));
  expect([TENSORSCOPE_A, TENSORSCOPE_B]).toEqual(["mine", "ours"]);
  expect(process.env.TENSORSCOPE_A).toBe("mine");
  expect(process.env).not.toHaveProperty("TENSORSCOPE_B");
});
