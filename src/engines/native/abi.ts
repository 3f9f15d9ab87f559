/** What differs between the binary interfaces of oneDNN 2.x and 3.x: how shapes and operations are described. */

import type { NativeFunction } from "./ffi.ts";
import type { Block } from "./memory.ts";

/** A shape with strides, as the library knows it. */
export interface Descriptor {
  readonly address: number;
}

/** Sides of a product; strides in elements. Without `strides` the library chooses how elements lie. */
export interface Layout {
  readonly dims: readonly number[];
  readonly strides?: readonly number[] | undefined;
}

export interface ConvWindow {
  readonly strides: readonly number[];
  /** Gaps between elements of the filter: 0 for none. */
  readonly dilates: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export type ConvKind = "forward" | "backwardData" | "backwardWeights";

/** What a convolution computes from what: its images, filter and results, or their gradients. */
export interface ConvSides {
  readonly x: Descriptor;
  readonly filter: Descriptor;
  readonly bias: Descriptor | null;
  readonly y: Descriptor;
}

export interface Abi {
  /** Makes a descriptor, which lives until `release`. */
  describe(layout: Layout): Descriptor;
  /** Releases all descriptors made. */
  release(): void;
  /** Adds max(x, 0) to operations that follow a result. */
  appendRelu(operations: number): void;
  /** The address of an operation's description, for the caller to destroy. */
  matmul(
    a: Descriptor,
    b: Descriptor,
    bias: Descriptor | null,
    out: Descriptor,
    attributes: number,
  ): number;
  /** `hint` is the description of the forward convolution, which gradients need. */
  convolution(
    kind: ConvKind,
    sides: ConvSides,
    window: ConvWindow,
    attributes: number,
    hint: number,
  ): number;
}

/** How functions are found and outcomes are checked. */
export interface Binder {
  readonly engine: number;
  /** A function that returns a status; it throws a Refused unless that is success. */
  call(name: string, parameters: readonly ParameterType[]): NativeFunction;
  /** A block of native memory that lives as long as the binder. */
  block(bytes: number): Block;
}

export type ParameterType = "pointer" | "int" | "float";

/** The library has no way to do what was asked. */
export class Refused extends Error {
  readonly status: number;
  constructor(name: string, status: number) {
    super(`${name} failed with status ${status}`);
    this.status = status;
  }
}

// Numbers of the C interface; the two versions agree on these.
export const f32 = 3;
const anyFormat = 1;
const forwardTraining = 64;
const direct = 1;

const pointers = (count: number): ParameterType[] =>
  new Array<ParameterType>(count).fill("pointer");
const addressOf = (descriptor: Descriptor | null): number => descriptor?.address ?? 0;

/** Dimensions as the library reads them, in blocks that are used for one call. */
class Dimensions {
  readonly #blocks: readonly Block[];
  constructor(binder: Binder, count: number) {
    this.#blocks = Array.from({ length: count }, () => binder.block(12 * 8));
  }
  write(i: number, dims: readonly number[]): number {
    const block = this.#blocks[i] as Block;
    dims.forEach((dim, at) => {
      block.setInt64(8 * at, dim);
    });
    return block.address;
  }
}

/** 3.x: descriptors are opaque, operations are described by one call each. */
export class Abi3 implements Abi {
  readonly #engine: number;
  readonly #dims: Dimensions;
  readonly #result: Block;
  #made: number[] = [];
  readonly #withStrides: NativeFunction;
  readonly #withTag: NativeFunction;
  readonly #destroy: NativeFunction;
  readonly #relu: NativeFunction;
  readonly #matmul: NativeFunction;
  readonly #forward: NativeFunction;
  readonly #backward: Readonly<Record<Exclude<ConvKind, "forward">, NativeFunction>>;

  constructor(binder: Binder) {
    this.#engine = binder.engine;
    this.#dims = new Dimensions(binder, 4);
    this.#result = binder.block(8);
    const { call } = binder;
    this.#withStrides = call("dnnl_memory_desc_create_with_strides", [
      "pointer",
      "int",
      "pointer",
      "int",
      "pointer",
    ]);
    this.#withTag = call("dnnl_memory_desc_create_with_tag", [
      "pointer",
      "int",
      "pointer",
      "int",
      "int",
    ]);
    this.#destroy = call("dnnl_memory_desc_destroy", pointers(1));
    this.#relu = call("dnnl_post_ops_append_eltwise", ["pointer", "int", "float", "float"]);
    this.#matmul = call("dnnl_matmul_primitive_desc_create", pointers(7));
    this.#forward = call("dnnl_convolution_forward_primitive_desc_create", [
      "pointer",
      "pointer",
      "int",
      "int",
      ...pointers(9),
    ]);
    this.#backward = {
      backwardData: call("dnnl_convolution_backward_data_primitive_desc_create", [
        "pointer",
        "pointer",
        "int",
        ...pointers(9),
      ]),
      backwardWeights: call("dnnl_convolution_backward_weights_primitive_desc_create", [
        "pointer",
        "pointer",
        "int",
        ...pointers(10),
      ]),
    };
  }

  describe({ dims, strides }: Layout): Descriptor {
    const at = this.#dims.write(0, dims);
    const to = this.#result.address;
    if (strides) this.#withStrides(to, dims.length, at, f32, this.#dims.write(1, strides));
    else this.#withTag(to, dims.length, at, f32, anyFormat);
    const address = this.#result.getAddress(0);
    this.#made.push(address);
    return { address };
  }
  release(): void {
    for (const address of this.#made) this.#destroy(address);
    this.#made = [];
  }
  appendRelu(operations: number): void {
    this.#relu(operations, 32, 0, 0);
  }
  matmul(
    a: Descriptor,
    b: Descriptor,
    bias: Descriptor | null,
    out: Descriptor,
    attributes: number,
  ): number {
    const to = this.#result.address;
    this.#matmul(to, this.#engine, a.address, b.address, addressOf(bias), out.address, attributes);
    return this.#result.getAddress(0);
  }
  convolution(
    kind: ConvKind,
    { x, filter, bias, y }: ConvSides,
    { strides, dilates, before, after }: ConvWindow,
    attributes: number,
    hint: number,
  ): number {
    const to = this.#result.address;
    const window = [strides, dilates, before, after].map((dims, i) => this.#dims.write(i, dims));
    const sides = [x.address, filter.address];
    if (kind !== "backwardData") sides.push(addressOf(bias));
    sides.push(y.address);
    if (kind === "forward") {
      this.#forward(to, this.#engine, forwardTraining, direct, ...sides, ...window, attributes);
    } else {
      this.#backward[kind](to, this.#engine, direct, ...sides, ...window, hint, attributes);
    }
    return this.#result.getAddress(0);
  }
}

/** Sizes of structures in 2.x, with room to spare. */
const descriptorSize = 696;
const operationSize = 8192;

/** 2.x: descriptors and operations are structures that the caller provides. */
export class Abi2 implements Abi {
  readonly #binder: Binder;
  readonly #dims: Dimensions;
  readonly #operation: Block;
  readonly #result: Block;
  readonly #free: Block[] = [];
  #used: Block[] = [];
  readonly #withStrides: NativeFunction;
  readonly #withTag: NativeFunction;
  readonly #create: NativeFunction;
  readonly #relu: NativeFunction;
  readonly #matmul: NativeFunction;
  readonly #convolution: Readonly<Record<ConvKind, NativeFunction>>;

  constructor(binder: Binder) {
    this.#binder = binder;
    this.#dims = new Dimensions(binder, 4);
    this.#operation = binder.block(operationSize);
    this.#result = binder.block(8);
    const { call } = binder;
    this.#withStrides = call("dnnl_memory_desc_init_by_strides", [
      "pointer",
      "int",
      "pointer",
      "int",
      "pointer",
    ]);
    this.#withTag = call("dnnl_memory_desc_init_by_tag", [
      "pointer",
      "int",
      "pointer",
      "int",
      "int",
    ]);
    this.#create = call("dnnl_primitive_desc_create", pointers(5));
    this.#relu = call("dnnl_post_ops_append_eltwise", [
      "pointer",
      "float",
      "int",
      "float",
      "float",
    ]);
    this.#matmul = call("dnnl_matmul_desc_init", pointers(5));
    this.#convolution = {
      forward: call("dnnl_dilated_convolution_forward_desc_init", [
        "pointer",
        "int",
        "int",
        ...pointers(8),
      ]),
      backwardData: call("dnnl_dilated_convolution_backward_data_desc_init", [
        "pointer",
        "int",
        ...pointers(7),
      ]),
      backwardWeights: call("dnnl_dilated_convolution_backward_weights_desc_init", [
        "pointer",
        "int",
        ...pointers(8),
      ]),
    };
  }

  describe({ dims, strides }: Layout): Descriptor {
    const block = this.#free.pop() ?? this.#binder.block(descriptorSize);
    this.#used.push(block);
    const at = this.#dims.write(0, dims);
    if (strides) {
      this.#withStrides(block.address, dims.length, at, f32, this.#dims.write(1, strides));
    } else {
      this.#withTag(block.address, dims.length, at, f32, anyFormat);
    }
    return block;
  }
  release(): void {
    this.#free.push(...this.#used);
    this.#used = [];
  }
  appendRelu(operations: number): void {
    this.#relu(operations, 1, 31, 0, 0);
  }
  matmul(
    a: Descriptor,
    b: Descriptor,
    bias: Descriptor | null,
    out: Descriptor,
    attributes: number,
  ): number {
    this.#matmul(this.#operation.address, a.address, b.address, addressOf(bias), out.address);
    return this.#finish(attributes, 0);
  }
  convolution(
    kind: ConvKind,
    { x, filter, bias, y }: ConvSides,
    { strides, dilates, before, after }: ConvWindow,
    attributes: number,
    hint: number,
  ): number {
    const window = [strides, dilates, before, after].map((dims, i) => this.#dims.write(i, dims));
    const sides = [x.address, filter.address];
    if (kind !== "backwardData") sides.push(addressOf(bias));
    sides.push(y.address);
    const how = kind === "forward" ? [forwardTraining, direct] : [direct];
    this.#convolution[kind](this.#operation.address, ...how, ...sides, ...window);
    return this.#finish(attributes, hint);
  }
  #finish(attributes: number, hint: number): number {
    const { address } = this.#operation;
    this.#create(this.#result.address, address, attributes, this.#binder.engine, hint);
    return this.#result.getAddress(0);
  }
}
