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
import { type Functions, Primitive, type Role, role, type Shared, Slot } from "./primitive.ts";
import { calm, findTeam, type Team } from "./team.ts";

/** Debian counts minor versions of 3.x as interfaces of their own. */
const minors = Array.from({ length: 20 }, (_, i) => `libdnnl.so.3.${19 - i}`);
/** Names of the library, the newest interface first. */
const names: Readonly<Record<string, readonly string[]>> = {
  linux: ["libdnnl.so.3", ...minors, "libdnnl.so.2", "libdnnl.so"],
  darwin: ["libdnnl.3.dylib", "/opt/homebrew/lib/libdnnl.dylib", "libdnnl.dylib"],
  win32: ["dnnl.dll"],
};
// Numbers of the C interface.
const cpu = 1;
const defaultStream = 1;
const sequential = 1;
const openMpRuntime = 2;
/** The caller gives operations the memory that they need while they run: the library's own is of one thread. */
const scratchOfCaller = 1;

const x = role(1, 129);
const filter = role(33, 131);
const bias = role(41, 131, 1);
const y = role(17, 133);
const diffX = role(129, 130);
const diffFilter = role(161, 132);
const diffY = role(145, 134);

/** The arrays of each kind of convolution in the order in which `Primitive.run` takes them; the result comes last. */
const convRoles: Readonly<Record<ConvKind, readonly Role[]>> = {
  forward: [x, filter, y],
  backwardData: [filter, diffY, diffX],
  backwardWeights: [x, diffY, diffFilter],
};

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
      // A RangeError: the host has no memory for what it needs while it runs.
      if (error instanceof Refused || error instanceof RangeError) return null;
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
