/** Small blocks of memory that native functions read and write. */

import type { Ffi } from "./ffi.ts";

/** Bytes that do not move as long as the block lives. */
export class Block {
  readonly address: number;
  readonly #view: DataView<ArrayBuffer>;

  constructor(ffi: Ffi, bytes: number) {
    // Small arrays may lie in JavaScript's heap, where they move; a buffer of its own does not.
    this.#view = new DataView(new ArrayBuffer(bytes));
    this.address = ffi.addressOf(new Uint8Array(this.#view.buffer));
  }
  get size(): number {
    return this.#view.byteLength;
  }
  setInt32(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }
  setInt64(at: number, value: number): void {
    this.#view.setBigInt64(at, BigInt(value), true);
  }
  getInt32(at: number): number {
    return this.#view.getInt32(at, true);
  }
  getAddress(at: number): number {
    return Number(this.#view.getBigUint64(at, true));
  }
}
