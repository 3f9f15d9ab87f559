/** Calls of functions in shared libraries, through koffi where it is installed. Only Node has it. */

/** The part of koffi that is used here. */
interface Koffi {
  load(path: string): KoffiLibrary;
  /** The address of a view's first byte. */
  address(view: ArrayBufferView): bigint;
  decode(address: bigint, type: string, length?: number): unknown;
}
interface KoffiLibrary {
  func(
    name: string,
    result: string,
    parameters: readonly string[],
  ): (...values: unknown[]) => unknown;
}

interface Require {
  (name: string): unknown;
  resolve(name: string): string;
}
interface Host {
  readonly process?: {
    readonly env: Record<string, string | undefined>;
    readonly platform: string;
    getBuiltinModule?(name: string): { createRequire(from: string): Require };
  };
}
const { process } = globalThis as Host;

/** A function of a library, of numbers: integers, floats, and addresses. */
export type NativeFunction = (...values: number[]) => number;

export class Ffi {
  /** The file of koffi, for other threads. */
  readonly path: string;
  readonly #koffi: Koffi;

  constructor(koffi: Koffi, path: string) {
    this.#koffi = koffi;
    this.path = path;
  }

  open(path: string): KoffiLibrary {
    return this.#koffi.load(path);
  }

  /** Where the bytes of a view lie; they stay there as long as its buffer lives. */
  addressOf(view: ArrayBufferView): number {
    return Number(this.#koffi.address(view));
  }

  /** The 32-bit number at an address. */
  int(address: number): number {
    return this.#koffi.decode(BigInt(address), "int") as number;
  }
  /** The text at an address, up to a zero. */
  text(address: number): string {
    return this.#koffi.decode(BigInt(address), "char", -1) as string;
  }
}

/** Access to libraries, or why there is none. */
export function findFfi(): Ffi | string {
  if (!process?.getBuiltinModule) return "only Node can call native libraries";
  let koffi: Partial<Koffi>;
  let path: string;
  try {
    const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);
    path = require.resolve("koffi");
    koffi = require(path) as Partial<Koffi>;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === "MODULE_NOT_FOUND") {
      return "the package koffi, which calls native libraries, is not installed (npm install koffi)";
    }
    return `the package koffi could not be loaded: ${firstLine(message)}`;
  }
  if (!koffi.load || !koffi.address || !koffi.decode)
    return "the package koffi is too old (3 is needed)";
  return new Ffi(koffi as Koffi, path);
}

export const platform = (): string => process?.platform ?? "";

export function environment(name: string): string | undefined {
  return process?.env[name] || undefined;
}

/** Runs with environment variables that are set only where the user has not, and only meanwhile. */
export function withEnvironment<T>(variables: Readonly<Record<string, string>>, run: () => T): T {
  const env = process?.env ?? {};
  const added = Object.entries(variables).filter(([name]) => env[name] === undefined);
  for (const [name, value] of added) env[name] = value;
  try {
    return run();
  } finally {
    for (const [name] of added) delete env[name];
  }
}

export const firstLine = (text: string): string => text.split("\n", 1)[0] as string;
