/** oneDNN: matrix products and convolutions of the machine's vendor, where the library is installed. */

import {
  type Abi,
  Abi2,
  Abi3,
  type ConvKind,
  type ConvWindow,
  type Descriptor,
  type Layout,
  type ParameterType,
  Refused,
} from "./abi.ts";
import {
  environment,
  type Ffi,
  firstLine,
  type NativeFunction,
  platform,
  withEnvironment,
} from "./ffi.ts";
import { Block } from "./memory.ts";

/** Debian counts minor versions of 3.x as interfaces of their own. */
const minors = Array.from({ length: 20 }, (_, i) => `libdnnl.so.3.${19 - i}`);
/** Names of the library, the newest interface first. */
const names: Readonly<Record<string, readonly string[]>> = {
  linux: ["libdnnl.so.3", ...minors, "libdnnl.so.2", "libdnnl.so"],
  darwin: ["libdnnl.3.dylib", "/opt/homebrew/lib/libdnnl.dylib", "libdnnl.dylib"],
  win32: ["dnnl.dll"],
};
/** Names of the runtime whose threads the library uses, for setting their number. */
const openMp: Readonly<Record<string, readonly string[]>> = {
  linux: ["libgomp.so.1", "libiomp5.so", "libomp.so.5"],
  darwin: ["libomp.dylib"],
  win32: ["libiomp5md.dll"],
};

// Numbers of the C interface.
const cpu = 1;
const defaultStream = 1;
const sequential = 1;
const openMpRuntime = 2;
const nameOfImplementation = 8;
/** The caller gives operations the memory that they need while they run: the library's own is of one thread. */
const scratchOfCaller = 1;

/** An array that an operation reads or writes: its argument number, and where its description says how it lies. */
interface Role {
  readonly argument: number;
  readonly query: number;
  readonly index: number;
}
const role = (argument: number, query: number, index = 0): Role => ({ argument, query, index });
const x = role(1, 129);
const filter = role(33, 131);
const bias = role(41, 131, 1);
const y = role(17, 133);
const diffX = role(129, 130);
const diffFilter = role(161, 132);
const diffY = role(145, 134);
const scratchpad = role(80, 136);

/** The arrays of each kind of convolution in the order in which `Primitive.run` takes them; the result comes last. */
const convRoles: Readonly<Record<ConvKind, readonly Role[]>> = {
  forward: [x, filter, y],
  backwardData: [filter, diffY, diffX],
  backwardWeights: [x, diffY, diffFilter],
};

type Functions = Readonly<
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

interface Shared {
  readonly threads: Team | null;
  /** For operations that run at the same time, one each; those that run alone have the first. */
  readonly slots: Slot[];
  readonly ffi: Ffi;
  readonly engine: number;
  readonly functions: Functions;
  readonly result: Block;
}

/** What an operation needs while it runs, for operations that run one after the other. */
class Slot {
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

export interface ConvLayouts {
  readonly x: Layout;
  readonly filter: Layout;
  readonly bias: Layout | null;
  readonly y: Layout;
}

/** How an operation is done. */
export interface Manner {
  /** Whether max(_, 0) is taken of each result. */
  readonly relu?: boolean;
  /** Multiply-adds. */
  readonly work: number;
  /** Its place among operations that run at the same time, each in a thread of ours; alone it has threads of the library. */
  readonly slot?: number | undefined;
}

export interface ProductLayouts {
  readonly a: Layout;
  readonly b: Layout;
  readonly bias: Layout | null;
  readonly out: Layout;
}

export class OneDnn {
  readonly version: string;
  /** Its threads, where their number is ours to set. */
  readonly threads: Team | null;
  /** Whether operations can be made to stay in the thread that runs them. */
  readonly canShare: boolean;
  /** Its file, by the name under which it was opened. */
  readonly path: string;
  /** Whether max(x, 0) after an operation leaves NaN as it is, so that it is not hidden. */
  readonly keepsNaN: boolean;
  readonly #abi: Abi;
  readonly #shared: Shared;

  constructor(ffi: Ffi, path: string) {
    this.path = path;
    const library = ffi.open(path);
    const declare = (name: string, parameters: readonly ParameterType[], result = "int") => {
      const types = parameters.map((type) => (type === "pointer" ? "intptr_t" : type));
      return library.func(name, result, types) as NativeFunction;
    };
    const call = (name: string, parameters: readonly ParameterType[]): NativeFunction => {
      const run = declare(name, parameters);
      return (...values) => {
        const status = run(...values);
        if (status !== 0) throw new Refused(name, status);
        return status;
      };
    };
    const version = declare("dnnl_version", [], "intptr_t")();
    const [major = 0, minor = 0, patch = 0] = [0, 4, 8].map((at) => ffi.int(version + at));
    this.version = `${major}.${minor}.${patch}`;
    if (!((major === 2 && minor >= 6) || major === 3)) {
      throw new Error(`oneDNN ${this.version} has another interface: 2.6 to 3.x are known`);
    }
    const runtime = ffi.int(version + 24);
    this.threads = runtime === openMpRuntime ? findTeam(ffi) : null;
    this.canShare = this.threads !== null || runtime === sequential;
    const result = new Block(ffi, 16);
    const made = (name: string, parameters: readonly ParameterType[], ...values: number[]) => {
      call(name, ["pointer", ...parameters])(result.address, ...values);
      return result.getAddress(0);
    };
    const engine = made("dnnl_engine_create", ["int", "pointer"], cpu, 0);
    const functions: Functions = {
      createStream: call("dnnl_stream_create", ["pointer", "pointer", "int"]),
      createPrimitive: call("dnnl_primitive_create", pointers(2)),
      destroyPrimitive: call("dnnl_primitive_destroy", pointers(1)),
      destroyDescription: call("dnnl_primitive_desc_destroy", pointers(1)),
      descriptorOf: declare("dnnl_primitive_desc_query_md", ["pointer", "int", "int"], "intptr_t"),
      query: call("dnnl_primitive_desc_query", ["pointer", "int", "int", "pointer"]),
      sizeOf: declare("dnnl_memory_desc_get_size", pointers(1), "intptr_t"),
      areEqual: declare("dnnl_memory_desc_equal", pointers(2)),
      createMemory: call("dnnl_memory_create", pointers(4)),
      moveMemory: call("dnnl_memory_set_data_handle", pointers(2)),
      destroyMemory: call("dnnl_memory_destroy", pointers(1)),
      reorder: call("dnnl_reorder_primitive_desc_create", pointers(6)),
      execute: call("dnnl_primitive_execute", ["pointer", "pointer", "int", "pointer"]),
      wait: call("dnnl_stream_wait", pointers(1)),
      createAttributes: call("dnnl_primitive_attr_create", pointers(1)),
      destroyAttributes: call("dnnl_primitive_attr_destroy", pointers(1)),
      createOperations: call("dnnl_post_ops_create", pointers(1)),
      destroyOperations: call("dnnl_post_ops_destroy", pointers(1)),
      setOperations: call("dnnl_primitive_attr_set_post_ops", pointers(2)),
      setScratchpad: call("dnnl_primitive_attr_set_scratchpad_mode", ["pointer", "int"]),
    };
    const { threads } = this;
    this.#shared = { threads, slots: [], ffi, engine, functions, result };
    const binder = { engine, call, block: (bytes: number) => new Block(ffi, bytes) };
    this.#abi = major === 2 ? new Abi2(binder) : new Abi3(binder);
    const trial = this.#try(ffi);
    if (!trial) throw new Error(`oneDNN ${this.version} gives wrong products`);
    this.keepsNaN = trial.keepsNaN;
  }

  /** Multiplies small matrices and looks at the result; null if it is wrong. */
  #try(ffi: Ffi): { readonly keepsNaN: boolean } | null {
    const size = 16;
    const layout: Layout = { dims: [size, size], strides: [size, 1] };
    const row: Layout = { dims: [1, size], strides: [size, 1] };
    const layouts = { a: layout, b: layout, bias: row, out: layout };
    const product = this.matmul(layouts, { relu: true, work: size ** 3 });
    if (!product) return null;
    const [a, b, bias, out] = [0, 1, 2, 3].map(() => new Float32Array(size * size)) as [
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
    ];
    for (let i = 0; i < size; i++) {
      b[i * size + i] = 1;
      bias[i] = -2 * i;
      for (let j = 0; j < size; j++) a[i * size + j] = i + j;
    }
    a[0] = Number.NaN;
    product.run([a, b, bias, out].map((array) => ffi.addressOf(array)));
    product.destroy();
    const isRight = out.every((value, at) => {
      const [i, j] = [Math.floor(at / size), at % size];
      // The first row is made of NaN.
      return i === 0 || value === Math.max(i + j - 2 * j, 0);
    });
    return isRight ? { keepsNaN: Number.isNaN(out[0]) } : null;
  }

  /** a times b plus bias, then max(_, 0) if wanted: runs on a, b, bias if there is one, out. */
  matmul(layouts: ProductLayouts, manner: Manner): Primitive | null {
    const roles = layouts.bias ? [x, filter, bias, y] : [x, filter, y];
    return this.#make(roles, manner, (attributes) => {
      const { a, b, out } = layouts;
      const describe = (layout: Layout) => this.#abi.describe(layout);
      const added = layouts.bias && describe(layouts.bias);
      return this.#abi.matmul(describe(a), describe(b), added, describe(out), attributes);
    });
  }

  /** A convolution: runs on what `convRoles` says, with a bias before the result if there is one. */
  convolution(
    kind: ConvKind,
    layouts: ConvLayouts,
    window: ConvWindow,
    manner: Manner,
  ): Primitive | null {
    const roles = [...convRoles[kind]];
    if (layouts.bias) roles.splice(-1, 0, bias);
    return this.#make(roles, manner, (attributes) => {
      const describe = (layout: Layout) => this.#abi.describe(layout);
      const sides = {
        x: describe(layouts.x),
        filter: describe(layouts.filter),
        bias: layouts.bias && describe(layouts.bias),
        y: describe(layouts.y),
      };
      if (kind === "forward") return this.#abi.convolution(kind, sides, window, attributes, 0);
      const hint = this.#abi.convolution("forward", sides, window, 0, 0);
      try {
        return this.#abi.convolution(kind, sides, window, attributes, hint);
      } finally {
        this.#shared.functions.destroyDescription(hint);
      }
    });
  }

  /** Copies elements from one layout to another: runs on source, target. */
  reorder(
    source: Layout | Descriptor,
    target: Layout | Descriptor,
    slot: number,
  ): Primitive | null {
    const { functions, engine, result } = this.#shared;
    return this.#make([x, y], { work: 0, slot }, (attributes) => {
      const [from, to] = [this.#described(source), this.#described(target)];
      functions.reorder(result.address, from.address, engine, to.address, engine, attributes);
      return result.getAddress(0);
    });
  }

  /** Whether elements lie alike. */
  areSame(a: Layout | Descriptor, b: Layout | Descriptor): boolean {
    const [first, second] = [this.#described(a), this.#described(b)];
    const areSame = this.#shared.functions.areEqual(first.address, second.address) !== 0;
    this.#abi.release();
    return areSame;
  }

  #described(layout: Layout | Descriptor): Descriptor {
    return "address" in layout ? layout : this.#abi.describe(layout);
  }

  /** Null where the library has no way to do it, or only the slow one that it has for everything. */
  #make(
    roles: readonly Role[],
    { relu, work, slot }: Manner,
    describe: (attributes: number) => number,
  ): Primitive | null {
    const attributes = this.#attributes(relu ?? false);
    const threads = slot === undefined ? (this.threads?.for(work) ?? 1) : 1;
    this.threads?.use(threads);
    try {
      const place = { threads, slot: this.#slot(slot ?? 0) };
      const made = new Primitive(this.#shared, describe(attributes), roles, place);
      if (!made.name.startsWith("ref")) return made;
      made.destroy();
      return null;
    } catch (error) {
      if (error instanceof Refused) return null;
      throw error;
    } finally {
      this.#abi.release();
      this.#shared.functions.destroyAttributes(attributes);
    }
  }

  #slot(index: number): Slot {
    const { slots, functions, ffi, engine, result } = this.#shared;
    while (slots.length <= index) {
      functions.createStream(result.address, engine, defaultStream);
      slots.push(new Slot(ffi, result.getAddress(0)));
    }
    return slots[index] as Slot;
  }

  #attributes(relu: boolean): number {
    const { functions, result } = this.#shared;
    functions.createAttributes(result.address);
    const attributes = result.getAddress(0);
    functions.setScratchpad(attributes, scratchOfCaller);
    if (relu) {
      functions.createOperations(result.address);
      const operations = result.getAddress(0);
      this.#abi.appendRelu(operations);
      functions.setOperations(attributes, operations);
      functions.destroyOperations(operations);
    }
    return attributes;
  }
}

const pointers = (count: number): ParameterType[] =>
  new Array<ParameterType>(count).fill("pointer");

/** Multiply-adds that a second thread should have: the two wait for each other. */
const workOfThread = 1 << 19;

/** How the threads of the library's OpenMP runtime are told to work. */
export class Team {
  /** The runtime's file. */
  readonly path: string;
  readonly #set: (count: number) => void;
  /** The most that work together. */
  #most = 1;
  #now = 0;

  constructor(path: string, set: (count: number) => void) {
    this.path = path;
    this.#set = set;
  }
  limit(count: number): void {
    this.#most = count;
  }
  /** How many should share so much work. */
  for(work: number): number {
    return Math.max(1, Math.min(this.#most, Math.floor(work / workOfThread)));
  }
  use(count: number): void {
    if (count === this.#now) return;
    this.#set(count);
    this.#now = count;
  }
}

/** The runtime that the library has brought along. */
function findTeam(ffi: Ffi): Team | null {
  for (const name of openMp[platform()] ?? []) {
    try {
      const set = ffi.open(name).func("omp_set_num_threads", "void", ["int"]);
      return new Team(name, (count) => void set(count));
    } catch {
      // Another runtime may be there.
    }
  }
  return null;
}

/**
 * Threads of OpenMP do not spin for long after their work: what comes next are our own threads on the same cores. The
 * runtime reads this when it is loaded.
 */
const calm = { GOMP_SPINCOUNT: "5000", KMP_BLOCKTIME: "0" };

/** The library, or why it is not used. `TENSORSCOPE_ONEDNN` names the only file to try. */
export function findOneDnn(ffi: Ffi): OneDnn | string {
  const asked = environment("TENSORSCOPE_ONEDNN");
  const reasons: string[] = [];
  for (const path of asked ? [asked] : (names[platform()] ?? [])) {
    try {
      return withEnvironment(calm, () => new OneDnn(ffi, path));
    } catch (error) {
      const { message } = error as Error;
      const isMissing =
        /no such file|not found|No such|cannot find the/i.test(message) &&
        !/symbol|function/i.test(message);
      if (asked || !isMissing) reasons.push(`${path}: ${firstLine(message)}`);
    }
  }
  return reasons.length > 0
    ? `oneDNN could not be used: ${reasons.join("; ")}`
    : "the library oneDNN (libdnnl 2.6 to 3) is not installed";
}
