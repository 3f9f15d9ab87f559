/** Code as nested lists of bytes, locals, and structured control. */

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

export const typeByte: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** The target of branches; how many blocks lie between is found when bytes are written. */
export class Label {}

/** Opens or closes what a label stands for, or names it in a branch. */
class Mark {
  readonly kind: "enter" | "leave" | "branch";
  readonly label: Label;
  constructor(kind: Mark["kind"], label: Label) {
    this.kind = kind;
    this.label = label;
  }
}

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A function of a module, to be called. */
export class Func {
  readonly signature: Signature;
  /** Imports come before defined functions, so it is known when bytes are written. */
  index = -1;
  constructor(signature: Signature) {
    this.signature = signature;
  }
}

/** Instructions in order: bytes, or code. Pieces may be used in several places. */
export type Code = readonly (number | Code | Mark | Func)[];

/** A parameter or local variable of a function. */
export class Local {
  readonly index: number;
  readonly type: ValueType;
  constructor(index: number, type: ValueType) {
    this.index = index;
    this.type = type;
  }
  get(): Code {
    return [0x20, leb(this.index)];
  }
  set(value: Operand): Code {
    return [valueOf(value), 0x21, leb(this.index)];
  }
  /** Stores and leaves the value. */
  tee(value: Operand): Code {
    return [valueOf(value), 0x22, leb(this.index)];
  }
}

/** What instructions take: code that leaves one value, or a local. */
export type Operand = Code | Local;

export function valueOf(x: Operand): Code {
  return x instanceof Local ? x.get() : x;
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

const noType = 0x40;

/** Code that a branch to the label leaves. */
export function block(body: (label: Label) => Code, type?: ValueType): Code {
  const label = new Label();
  const code = body(label);
  return [
    0x02,
    type ? typeByte[type] : noType,
    new Mark("enter", label),
    code,
    0x0b,
    new Mark("leave", label),
  ];
}

/** Code that a branch to the label repeats. */
export function loop(body: (label: Label) => Code): Code {
  const label = new Label();
  const code = body(label);
  return [0x03, noType, new Mark("enter", label), code, 0x0b, new Mark("leave", label)];
}

/** `then` where the condition is not zero. With a type, both sides leave a value of it. */
export function when(condition: Operand, then: Code, otherwise?: Code, type?: ValueType): Code {
  const label = new Label();
  return [
    valueOf(condition),
    0x04,
    type ? typeByte[type] : noType,
    new Mark("enter", label),
    then,
    otherwise ? [0x05, otherwise] : [],
    0x0b,
    new Mark("leave", label),
  ];
}

export function br(label: Label): Code {
  return [0x0c, new Mark("branch", label)];
}
export function brIf(label: Label, condition: Operand): Code {
  return [valueOf(condition), 0x0d, new Mark("branch", label)];
}
/** `yes` where the condition is not zero; both are computed. */
export function choose(yes: Operand, no: Operand, condition: Operand): Code {
  return [valueOf(yes), valueOf(no), valueOf(condition), 0x1b];
}
export const drop = (x: Operand): Code => [valueOf(x), 0x1a];
export const unreachable: Code = [0x00];
export const returns = (x?: Operand): Code => [x ? valueOf(x) : [], 0x0f];

/** The body as long as `condition`, tested before each round, is not zero. */
export function whileLoop(condition: Operand, body: Code): Code {
  return when(
    condition,
    loop((again) => [body, brIf(again, condition)]),
  );
}

/** Writes code as bytes. */
export function flatten(code: Code, out: number[] = [], open: Label[] = []): number[] {
  for (const item of code) {
    if (typeof item === "number") out.push(item);
    else if (item instanceof Mark) mark(item, out, open);
    else if (item instanceof Func) out.push(...leb(indexOf(item)));
    else flatten(item, out, open);
  }
  return out;
}

function indexOf({ index }: Func): number {
  if (index < 0) throw new Error("internal: a function of another module is called");
  return index;
}

/** Calls a function of the same module. */
export function call(func: Func, ...args: readonly Operand[]): Code {
  return [...args.map(valueOf), 0x10, [func]];
}

function mark({ kind, label }: Mark, out: number[], open: Label[]): void {
  if (kind === "enter") open.push(label);
  else if (kind === "leave") open.pop();
  else {
    const at = open.lastIndexOf(label);
    if (at < 0) throw new Error("internal: a branch to a label that is not open");
    out.push(...leb(open.length - 1 - at));
  }
}
