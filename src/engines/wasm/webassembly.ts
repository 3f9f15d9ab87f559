/** The part of the WebAssembly interface that is used here; TypeScript knows it only together with the DOM. */

export interface WasmMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  grow(pages: number): number;
}

/** A compiled module: opaque, can be posted to workers. */
export interface WasmModule {
  readonly [Symbol.toStringTag]?: string;
}

export type WasmFunction = (...args: number[]) => number | undefined;
/** A function that JavaScript gives to a module; 64-bit integers arrive as bigints. */
export type HostFunction = (...args: never[]) => unknown;
export type Imports = Readonly<Record<string, Readonly<Record<string, WasmMemory | HostFunction>>>>;

export interface WasmInstance {
  readonly exports: Readonly<Record<string, WasmFunction>>;
}

export interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: Imports) => WasmInstance;
  readonly Memory: new (options: {
    readonly initial: number;
    readonly maximum?: number;
    readonly shared?: boolean;
  }) => WasmMemory;
}

/** The host's WebAssembly, where it has one. */
export const webAssembly = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;

/** Bytes of a page, the unit in which memory grows. */
export const pageSize = 65_536;
