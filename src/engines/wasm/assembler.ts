/** A small assembler: modules of functions over one imported memory, written with the specification's instructions. */

import {
  type Code,
  Func,
  flatten,
  Local,
  type Signature,
  typeByte,
  type ValueType,
} from "./code.ts";
import { unsigned } from "./instructions.ts";

export * from "./code.ts";
export * from "./instructions.ts";

/** Makes the locals of one function. */
export class FunctionScope {
  readonly params: readonly Local[];
  readonly locals: ValueType[] = [];
  /** Sets the locals that hold constants; comes before the body. */
  readonly prologue: Code[] = [];
  readonly #constants = new Map<string, Local>();
  readonly #free = new Map<ValueType, Local[]>();
  constructor(params: readonly ValueType[]) {
    this.params = params.map((type, index) => new Local(index, type));
  }
  param(index: number): Local {
    const local = this.params[index];
    if (!local) throw new Error(`internal: a function has no parameter ${index}`);
    return local;
  }
  /** A new local, zero at the start of the function unless it was released before. */
  local(type: ValueType): Local {
    const free = this.#free.get(type)?.pop();
    if (free) return free;
    this.locals.push(type);
    return new Local(this.params.length + this.locals.length - 1, type);
  }
  /** A local that holds the constant of this name from the start: shorter code than to repeat a vector of 16 bytes. */
  constant(name: string, type: ValueType, value: () => Code): Local {
    let local = this.#constants.get(name);
    if (!local) {
      local = this.local(type);
      this.#constants.set(name, local);
      this.prologue.push(local.set(value()));
    }
    return local;
  }
  /** Lets a local be used again for something else. */
  release(local: Local): void {
    const list = this.#free.get(local.type);
    if (list) list.push(local);
    else this.#free.set(local.type, [local]);
  }
}

interface Defined {
  readonly func: Func;
  readonly scope: FunctionScope;
  readonly body: Code;
  readonly exported: string | null;
}
interface Imported {
  readonly func: Func;
  readonly module: string;
  readonly name: string;
}

export interface MemoryImport {
  readonly shared: boolean;
  /** In pages. */
  readonly initial: number;
  readonly maximum: number;
}

/** Collects the functions of one module. The memory is imported as `env.memory`. */
export class ModuleBuilder {
  readonly #memory: MemoryImport | null;
  readonly #imports: Imported[] = [];
  readonly #functions: Defined[] = [];

  constructor(memory: MemoryImport | null = null) {
    this.#memory = memory;
  }

  /** A function of the host, given as `imports[module][name]`. */
  import(
    module: string,
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[] = [],
  ): Func {
    const func = new Func({ params, results });
    this.#imports.push({ func, module, name });
    return func;
  }

  /** Defines a function; it is exported if it has a name. `write` gives the body, which leaves the results. */
  function(
    name: string | null,
    params: readonly ValueType[],
    results: readonly ValueType[],
    write: (scope: FunctionScope) => Code,
  ): Func {
    const func = new Func({ params, results });
    const scope = new FunctionScope(params);
    const written = write(scope);
    const body = [scope.prologue, written];
    this.#functions.push({ func, scope, body, exported: name });
    return func;
  }

  /** The module in the binary format. */
  bytes(): Uint8Array<ArrayBuffer> {
    [...this.#imports, ...this.#functions].forEach(({ func }, index) => {
      func.index = index;
    });
    const types: Signature[] = [];
    const typeIndex = ({ signature }: Func): number => {
      const key = signatureKey(signature);
      const known = types.findIndex((type) => signatureKey(type) === key);
      return known >= 0 ? known : types.push(signature) - 1;
    };
    const imports: number[][] = this.#imports.map(({ func, module, name }) => [
      ...text(module),
      ...text(name),
      0x00,
      ...unsigned(typeIndex(func)),
    ]);
    if (this.#memory) {
      const { shared, initial, maximum } = this.#memory;
      imports.push([
        ...text("env"),
        ...text("memory"),
        0x02,
        shared ? 3 : 1,
        ...unsigned(initial),
        ...unsigned(maximum),
      ]);
    }
    const functions = this.#functions.map(({ func }) => unsigned(typeIndex(func)));
    const exported = this.#functions.flatMap(({ func, exported: name }) =>
      name === null ? [] : [[...text(name), 0x00, ...unsigned(func.index)]],
    );
    const bodies = this.#functions.map(({ scope, body }) => {
      const locals = runs(scope.locals).map(([type, count]) => [
        ...unsigned(count),
        typeByte[type],
      ]);
      const content = [...list(locals)];
      flatten(body, content);
      content.push(0x0b);
      return prefixed(content);
    });
    const signatures = types.map(({ params, results }) => [
      0x60,
      ...list(params.map((type) => [typeByte[type]])),
      ...list(results.map((type) => [typeByte[type]])),
    ]);
    const sections: readonly (readonly [number, number[][]])[] = [
      [1, signatures],
      [2, imports],
      [3, functions],
      [7, exported],
      [10, bodies],
    ];
    const out = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    for (const [id, items] of sections) {
      if (items.length === 0) continue;
      const content = list(items);
      out.push(id, ...unsigned(content.length));
      append(out, content);
    }
    return Uint8Array.from(out);
  }
}

function signatureKey({ params, results }: Signature): string {
  return `${params}:${results}`;
}

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
}

function append(out: number[], items: readonly number[]): void {
  for (const item of items) out.push(item);
}

/** A vector of the binary format: the count, then the items. */
function list(items: readonly (readonly number[])[]): number[] {
  const out = unsigned(items.length);
  for (const item of items) append(out, item);
  return out;
}

function prefixed(content: readonly number[]): number[] {
  const out = unsigned(content.length);
  append(out, content);
  return out;
}

/** Equal neighbours as counts. */
function runs(types: readonly ValueType[]): [ValueType, number][] {
  const result: [ValueType, number][] = [];
  for (const type of types) {
    const last = result.at(-1);
    if (last?.[0] === type) last[1] += 1;
    else result.push([type, 1]);
  }
  return result;
}
