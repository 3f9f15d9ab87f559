/** Functions that generated loops call: conversions of 16-bit floats, and what the host computes for them. */

import { asDType, type DType, type DTypeName, float32 } from "../../core/dtypes.ts";
import {
  type BinaryName,
  binaryFunction,
  type Raw,
  type UnaryName,
  unaryFunction,
  wrapper,
} from "../scalar.ts";
import {
  type Code,
  call,
  choose,
  type Func,
  f32,
  i32,
  type ModuleBuilder,
  type Operand,
  type ValueType,
  when,
} from "./assembler.ts";
import type { HostFunction } from "./webassembly.ts";

/** Adds functions to a module when they are first needed. */
export class Library {
  readonly module: ModuleBuilder;
  readonly #functions = new Map<string, Func>();
  /** Names of the host's functions that the module imports. */
  readonly hostNames: string[] = [];

  /** Exports that call the host, which only the thread that the host runs in can do. */
  readonly bound = new Set<string>();
  /** Set when something that calls the host is used. */
  usesHost = false;

  constructor(module: ModuleBuilder) {
    this.module = module;
  }

  get(name: string, make: (module: ModuleBuilder) => Func): Func {
    let found = this.#functions.get(name);
    if (!found) {
      found = make(this.module);
      this.#functions.set(name, found);
    }
    return found;
  }

  /** A scalar function that the host computes, on doubles or on 64-bit integers. */
  host(op: UnaryName | BinaryName, arity: 1 | 2, dtype: DType = float32): Func {
    this.usesHost = true;
    const name = `${op} ${arity} ${dtype.baseName}`;
    const type: ValueType = dtype.isBig ? "i64" : "f64";
    return this.get(name, (module) => {
      this.hostNames.push(name);
      return module.import("host", name, new Array<ValueType>(arity).fill(type), [type]);
    });
  }

  encodeFloat16(x: Operand): Code {
    return call(this.get("encodeFloat16", defineEncodeFloat16), x);
  }
  decodeFloat16(x: Operand): Code {
    return call(this.get("decodeFloat16", defineDecodeFloat16), x);
  }
  encodeBfloat16(x: Operand): Code {
    return call(this.get("encodeBfloat16", defineEncodeBfloat16), x);
  }
  decodeBfloat16(x: Operand): Code {
    return f32.reinterpret_i32(i32.shl(x, i32.const(16)));
  }
}

/** What the imports of `Library.host` stand for: the reference's function, then rounding to the dtype. */
export function hostFunction(name: string): HostFunction {
  const [op, arity, typeName] = name.split(" ") as [string, string, DTypeName];
  const dtype = asDType(typeName);
  const wrap = wrapper(dtype);
  const isUnsignedBig = dtype.isBig && dtype.isUnsigned;
  const given = (x: Raw): Raw => (isUnsignedBig ? BigInt.asUintN(64, x as bigint) : x);
  if (arity === "1") {
    const run = unaryFunction(op as UnaryName, dtype);
    return ((x: Raw) => wrap(run(given(x)))) as HostFunction;
  }
  const run = binaryFunction(op as BinaryName, dtype);
  return ((x: Raw, y: Raw) => wrap(run(given(x), given(y)))) as HostFunction;
}

function defineEncodeFloat16(module: ModuleBuilder): Func {
  return module.function(null, ["f32"], ["i32"], (f) => {
    const x = f.param(0);
    const word = f.local("i32");
    const sign = f.local("i32");
    const magnitude = f.local("i32");
    const rounding = i32.add(
      i32.sub(magnitude, i32.const(0x38000000)),
      i32.add(i32.const(0xfff), i32.and(i32.shr_u(magnitude, i32.const(13)), i32.const(1))),
    );
    return [
      word.set(i32.reinterpret_f32(x)),
      sign.set(i32.and(i32.shr_u(word, i32.const(16)), i32.const(0x8000))),
      magnitude.set(i32.and(word, i32.const(0x7fffffff))),
      i32.or(
        sign,
        when(
          i32.ge_u(magnitude, i32.const(0x47800000)),
          choose(i32.const(0x7e00), i32.const(0x7c00), i32.gt_u(magnitude, i32.const(0x7f800000))),
          when(
            i32.lt_u(magnitude, i32.const(0x38800000)),
            i32.trunc_sat_f32_s(f32.nearest(f32.mul(f32.abs(x), f32.const(2 ** 24)))),
            i32.shr_u(rounding, i32.const(13)),
            "i32",
          ),
          "i32",
        ),
      ),
    ];
  });
}

/** The exponent is moved by a product, which normalizes subnormal numbers on the way. */
function defineDecodeFloat16(module: ModuleBuilder): Func {
  return module.function(null, ["i32"], ["f32"], (f) => {
    const x = f.param(0);
    const magnitude = i32.shl(i32.and(x, i32.const(0x7fff)), i32.const(13));
    const special = i32.eq(i32.and(x, i32.const(0x7c00)), i32.const(0x7c00));
    return f32.copysign(
      choose(
        choose(
          f32.const(Number.NaN),
          f32.const(Number.POSITIVE_INFINITY),
          i32.and(x, i32.const(0x3ff)),
        ),
        f32.mul(f32.reinterpret_i32(magnitude), f32.const(2 ** 112)),
        special,
      ),
      f32.reinterpret_i32(i32.shl(x, i32.const(16))),
    );
  });
}

function defineEncodeBfloat16(module: ModuleBuilder): Func {
  return module.function(null, ["f32"], ["i32"], (f) => {
    const x = f.param(0);
    const word = f.local("i32");
    const odd = i32.and(i32.shr_u(word, i32.const(16)), i32.const(1));
    const rounded = i32.shr_u(i32.add(word, i32.add(i32.const(0x7fff), odd)), i32.const(16));
    return [
      word.set(i32.reinterpret_f32(x)),
      choose(i32.and(rounded, i32.const(0xffff)), i32.const(0x7fc0), f32.eq(x, x)),
    ];
  });
}
