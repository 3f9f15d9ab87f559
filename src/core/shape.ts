/** TensorShape: what is known of a tensor's shape before it runs. */

import { TypeError, ValueError } from "./errors.ts";
import { brief, kindOf } from "./kind.ts";

export type Dim = number | null;
/** What may be given where a shape is asked for; `null` is an unknown rank or an unknown dimension. */
export type ShapeLike = TensorShape | readonly Dim[] | null;

/** A static shape: unknown rank, or a list of dimensions each of which may be unknown. */
export class TensorShape {
  /** The dimensions, or null when the rank is unknown. */
  readonly dims: readonly Dim[] | null;

  constructor(dims: readonly Dim[] | null) {
    this.dims = dims;
  }

  /** The number of dimensions, or null. */
  get rank(): number | null {
    return this.dims ? this.dims.length : null;
  }
  get isFullyDefined(): boolean {
    return this.dims?.every((dim) => dim !== null) ?? false;
  }
  /** The dimensions of a fully defined shape; null otherwise. */
  get known(): readonly number[] | null {
    return this.isFullyDefined ? (this.dims as readonly number[]) : null;
  }
  /** The number of elements, or null. */
  get size(): number | null {
    return this.known ? this.known.reduce((product, dim) => product * dim, 1) : null;
  }
  /** One dimension, negative from the end; null when unknown. */
  dim(index: number): Dim {
    return this.dims?.at(index) ?? null;
  }
  /** The dimensions of a shape of known rank; an error otherwise. */
  asList(): Dim[] {
    if (!this.dims) throw new ValueError("as_list() is not defined on an unknown TensorShape.");
    return [...this.dims];
  }
  /** Whether some fully defined shape fits both. */
  isCompatibleWith(other: ShapeLike): boolean {
    const theirs = asShape(other).dims;
    if (!this.dims || !theirs) return true;
    if (this.dims.length !== theirs.length) return false;
    return this.dims.every((dim, i) => dim === null || theirs[i] === null || dim === theirs[i]);
  }
  /** What keeps both from being true, in the words of TensorFlow's runtime; null when nothing does. */
  conflictWith(other: TensorShape): string | null {
    if (!this.dims || !other.dims) return null;
    if (this.dims.length !== other.dims.length) {
      return `Shapes must be equal rank, but are ${this.dims.length} and ${other.dims.length}`;
    }
    for (const [axis, dim] of this.dims.entries()) {
      const theirs = other.dims[axis] as Dim;
      if (dim === null || theirs === null || dim === theirs) continue;
      return `Dimension ${axis} in both shapes must be equal, but are ${dim} and ${theirs}. Shapes are ${this.toRuntimeString()} and ${other.toRuntimeString()}.`;
    }
    return null;
  }
  /** Everything that both know; an error when they contradict each other. */
  mergeWith(other: ShapeLike): TensorShape {
    const theirs = asShape(other);
    if (!this.dims) return theirs;
    if (!theirs.dims) return this;
    if (!this.isCompatibleWith(theirs)) {
      throw new ValueError(`Shapes ${this} and ${theirs} are not compatible`);
    }
    const known = theirs.dims;
    return new TensorShape(this.dims.map((dim, i) => dim ?? (known[i] as Dim)));
  }
  /** Dimensions of both, one after the other. */
  concatenate(other: ShapeLike): TensorShape {
    const theirs = asShape(other).dims;
    if (!this.dims || !theirs) return unknownShape;
    return new TensorShape([...this.dims, ...theirs]);
  }
  /** The dimensions in [begin, end), as `Array.prototype.slice`. */
  slice(begin: number, end?: number): TensorShape {
    return new TensorShape(this.dims ? this.dims.slice(begin, end) : null);
  }
  equals(other: ShapeLike): boolean {
    const theirs = asShape(other).dims;
    if (!this.dims || !theirs) return this.dims === theirs;
    return this.dims.length === theirs.length && this.dims.every((dim, i) => dim === theirs[i]);
  }
  /** As Python prints it: `()`, `(3,)`, `(?, 3)`, `<unknown>`. */
  toString(): string {
    if (!this.dims) return "<unknown>";
    const parts = this.dims.map((dim) => (dim === null ? "?" : String(dim)));
    return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(", ")})`;
  }
  /** As TensorFlow's runtime prints it: `[?,3]`, `<unknown>`. */
  toRuntimeString(): string {
    return this.dims ? `[${this.dims.map((dim) => dim ?? "?").join(",")}]` : "<unknown>";
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `TensorShape(${this.dims ? `[${this.dims.map((dim) => dim ?? "null").join(", ")}]` : "null"})`;
  }
}

export const unknownShape = new TensorShape(null);
export const scalarShape = new TensorShape([]);

export function asShape(shape: ShapeLike): TensorShape {
  if (shape instanceof TensorShape) return shape;
  if (shape === null) return unknownShape;
  if (!Array.isArray(shape)) {
    throw new TypeError(
      `A shape is a list of dimensions, or null; got ${brief(shape)} of type '${kindOf(shape)}'.`,
    );
  }
  for (const dim of shape as readonly Dim[]) if (dim !== null) checkDim(dim);
  return new TensorShape(shape);
}

function checkDim(dim: unknown): void {
  if (typeof dim !== "number" || !Number.isInteger(dim)) {
    throw new TypeError(
      `Dimension value must be integer or None or have an __index__ method, got value '${brief(dim)}' with type '<class '${kindOf(dim)}'>'`,
      "An unknown dimension is null.",
    );
  }
  if (dim < 0)
    throw new ValueError(`Dimension ${dim} must be >= 0`, "An unknown dimension is null.");
}

/** A shape of given rank with nothing else known. */
export function unknownOfRank(rank: number): TensorShape {
  return new TensorShape(new Array<Dim>(rank).fill(null));
}

/** The shape of `a op b` under NumPy's broadcasting, or null when the shapes do not fit. */
export function broadcastStatic(a: TensorShape, b: TensorShape): TensorShape | null {
  if (!a.dims || !b.dims) return unknownShape;
  const rank = Math.max(a.dims.length, b.dims.length);
  const dims: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const left = alignedDim(a.dims, i, rank);
    const right = alignedDim(b.dims, i, rank);
    if (left === 1) dims.push(right);
    else if (right === 1 || left === right) dims.push(left);
    else if (left === null) dims.push(right);
    else if (right === null) dims.push(left);
    else return null;
  }
  return new TensorShape(dims);
}

function alignedDim(dims: readonly Dim[], axis: number, rank: number): Dim {
  const own = axis - (rank - dims.length);
  return own < 0 ? 1 : (dims[own] as Dim);
}
