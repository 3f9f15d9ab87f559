/** Operations of oneDNN that are made once and run on addresses of the process. */

import type { Descriptor } from "./abi.ts";
import type { Ffi, NativeFunction } from "./ffi.ts";
import { Block } from "./memory.ts";
import type { Team } from "./team.ts";

// Numbers of the C interface.
const nameOfImplementation = 8;

/** An array that an operation reads or writes: its argument number, and where its description says how it lies. */
export interface Role {
  readonly argument: number;
  readonly query: number;
  readonly index: number;
}
export const role = (argument: number, query: number, index = 0): Role => ({
  argument,
  query,
  index,
});
const scratchpad = role(80, 136);

export type Functions = Readonly<
  Record<
    | "createStream"
    | "createPrimitive"
    | "destroyPrimitive"
    | "destroyDescription"
    | "query"
    | "createMemory"
    | "moveMemory"
    | "destroyMemory"
    | "reorder"
    | "execute"
    | "wait"
    | "createAttributes"
    | "destroyAttributes"
    | "createOperations"
    | "destroyOperations"
    | "setOperations"
    | "setScratchpad"
    | "descriptorOf"
    | "sizeOf"
    | "areEqual",
    NativeFunction
  >
>;

export interface Shared {
  readonly threads: Team | null;
  /** For operations that run at the same time, one each; those that run alone have the first. */
  readonly slots: Slot[];
  readonly ffi: Ffi;
  readonly engine: number;
  readonly functions: Functions;
  readonly result: Block;
}

/** What an operation needs while it runs, for operations that run one after the other. */
export class Slot {
  readonly stream: number;
  readonly #ffi: Ffi;
  #scratch: Block | null = null;

  constructor(ffi: Ffi, stream: number) {
    this.#ffi = ffi;
    this.stream = stream;
  }
  /** The address of memory for what is to be forgotten. */
  get scratch(): number {
    return this.#scratch?.address ?? 0;
  }
  /** Makes room for an operation that needs so many bytes. */
  reserve(bytes: number): void {
    if (bytes > (this.#scratch?.size ?? 0)) this.#scratch = new Block(this.#ffi, bytes);
  }
}

/** An operation ready to run. It holds native memory until it is destroyed. */
export class Primitive {
  /** How the library does it. */
  readonly name: string;
  /** What the library's function that runs it is given. */
  readonly call: readonly [number, number, number, number];
  readonly #shared: Shared;
  readonly #roles: readonly Role[];
  readonly #description: number;
  readonly #handle: number;
  readonly #memories: number[] = [];
  readonly #addresses: number[] = [];
  readonly #arguments: Block;
  readonly #threads: number;
  readonly #slot: Slot;
  readonly #hasScratch: boolean;

  /** Takes over the description, which was made for so many threads. */
  constructor(
    shared: Shared,
    description: number,
    roles: readonly Role[],
    { threads, slot }: { readonly threads: number; readonly slot: Slot },
  ) {
    this.#threads = threads;
    const { functions, ffi, engine, result } = shared;
    this.#shared = shared;
    this.#description = description;
    this.#roles = [...roles, scratchpad];
    const scratch = this.size(roles.length);
    this.#hasScratch = scratch > 0;
    if (!this.#hasScratch) this.#roles = roles;
    this.#slot = slot;
    slot.reserve(scratch);
    functions.query(description, nameOfImplementation, 0, result.address);
    this.name = ffi.text(result.getAddress(0));
    functions.createPrimitive(result.address, description);
    this.#handle = result.getAddress(0);
    this.#arguments = new Block(ffi, 16 * this.#roles.length);
    this.#roles.forEach((each, i) => {
      functions.createMemory(result.address, this.layout(i).address, engine, 0);
      const memory = result.getAddress(0);
      this.#memories.push(memory);
      this.#addresses.push(0);
      this.#arguments.setInt32(16 * i, each.argument);
      this.#arguments.setInt64(16 * i + 8, memory);
    });
    this.call = [this.#handle, slot.stream, this.#roles.length, this.#arguments.address];
  }

  /** How the array at a position lies. */
  layout(i: number): Descriptor {
    const { query, index } = this.#roles[i] as Role;
    return { address: this.#shared.functions.descriptorOf(this.#description, query, index) };
  }
  /** Bytes of the array at a position. */
  size(i: number): number {
    const { address } = this.layout(i);
    return address === 0 ? 0 : this.#shared.functions.sizeOf(address);
  }

  /** Runs on arrays at addresses of the process. */
  run(addresses: readonly number[]): void {
    this.place(addresses);
    this.runPlaced();
  }

  /** Says at which addresses of the process the arrays are when it runs. */
  place(addresses: readonly number[]): void {
    for (let i = 0; i < addresses.length; i++) this.#move(i, addresses[i] as number);
    if (this.#hasScratch) this.#move(addresses.length, this.#slot.scratch);
  }
  #move(i: number, address: number): void {
    if (this.#addresses[i] === address) return;
    this.#shared.functions.moveMemory(this.#memories[i] as number, address);
    this.#addresses[i] = address;
  }

  /** Runs where it was placed. */
  runPlaced(): void {
    const { functions, threads } = this.#shared;
    threads?.use(this.#threads);
    functions.execute(...this.call);
    functions.wait(this.#slot.stream);
  }

  destroy(): void {
    const { functions } = this.#shared;
    for (const memory of this.#memories.splice(0)) functions.destroyMemory(memory);
    functions.destroyPrimitive(this.#handle);
    functions.destroyDescription(this.#description);
  }
}
