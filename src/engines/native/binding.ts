/** Steps bound to operations of the library: one per piece, with what has to be brought into another order for them. */

import { stridesOf } from "../../core/ndarray.ts";
import type { RoutineStep, Value } from "../ir.ts";
import type { BoundKernel, KernelContext } from "../wasm/kernel.ts";
import { floatSize } from "../wasm/kernels/partial.ts";
import { defineTotal } from "../wasm/kernels/parts.ts";
import { copyGrain, isFloat32 } from "../wasm/kernels/work.ts";
import type { WasmFunction } from "../wasm/webassembly.ts";
import type { Layout } from "./abi.ts";
import type { Crew } from "./crew.ts";
import type { Manner, OneDnn } from "./onednn.ts";
import type { Primitive } from "./primitive.ts";

/** What kernels are made with. */
export interface Shared {
  readonly library: OneDnn;
  readonly crew: Crew;
  /** Where the engine's memory begins, as an address of the process. */
  readonly base: number;
}

/** How a step is done. */
export interface Plan {
  readonly pieces: readonly Piece[];
  /** Multiply-adds of each piece. */
  readonly work: number;
  /** The array that operations may want in an order of their own. */
  readonly packs: Packs;
  /** Changes with the elements of that array; null if every run may change them. */
  readonly version: (() => number) | null;
  /** Whether results fill their array, so that what follows may be done in one go. */
  readonly isFull: boolean;
}

export interface Piece {
  /** Its operation on two inputs, biases if there are any, and the result. */
  make(bias: boolean, relu: boolean, manner: Manner): Primitive | null;
  /** How the array that may be wanted in another order lies. */
  readonly plain: Layout;
  /** Elements from the beginning of the two inputs, of the result, and of the biases. */
  readonly offsets: readonly number[];
}

// Positions of arrays among the offsets of pieces.
const result = 2;
const biases = 3;
type Packs = 0 | 1 | typeof result;

/** What follows a result and is done with it in one go. */
interface Following {
  /** One number for each of the last dimension. */
  readonly bias: Value;
  readonly relu: boolean;
  readonly out: Value;
}

/** Null where the library does not do it, or not in these pieces. */
export function bind(
  shared: Shared,
  step: RoutineStep,
  context: KernelContext,
  plan: Plan,
): BoundKernel | null {
  const { library, base } = shared;
  const found = plan.isFull ? followingOf(step) : null;
  let following = found?.relu && !library.keepsNaN ? null : found;
  let operations = following && makeAll(plan, true, following.relu);
  // The whole result is one piece.
  const epilogue = operations && context.epilogue?.((step.outputs[0] as Value).size);
  if (!epilogue) {
    for (const each of operations ?? []) each.destroy();
    following = null;
    operations = makeAll(plan, false, false);
  }
  if (!operations) return null;
  const positionOf = (value: Value | undefined): number =>
    epilogue?.values.findIndex(({ root }) => root === value?.root) ?? -1;
  const [biasAt, outAt] = [positionOf(following?.bias), positionOf(following?.out)];
  const bound: Bound = {
    ...plan,
    shared,
    context,
    operations,
    order: following ? [0, 1, biases, result] : [0, 1, result],
  };
  const run = plan.packs === result ? withResultCopies(bound) : withInputCopies(bound, plan.packs);
  if (!run) return null;
  const starts = [0, 0, 0, 0];
  return (inputs, outputs, then = []) => {
    starts[0] = base + (inputs[0] as number);
    starts[1] = base + (inputs[1] as number);
    starts[result] = base + ((following ? then[outAt] : outputs[0]) as number);
    if (following) starts[biases] = base + (then[biasAt] as number);
    run(starts);
  };
}

/** Runs a step on arrays at addresses of the process. */
type Run = (starts: readonly number[]) => void;

interface Bound extends Plan {
  readonly shared: Shared;
  readonly context: KernelContext;
  /** One for each piece. */
  readonly operations: readonly Primitive[];
  /** Which array each of their arguments is. */
  readonly order: readonly number[];
}

function makeAll({ pieces, work }: Plan, bias: boolean, relu: boolean): Primitive[] | null {
  const isAlone = pieces.length === 1;
  const made: Primitive[] = [];
  for (const [i, { make }] of pieces.entries()) {
    const primitive = make(bias, relu, { work, slot: isAlone ? undefined : i });
    if (primitive) made.push(primitive);
  }
  if (made.length === pieces.length) return made;
  for (const each of made) each.destroy();
  return null;
}

/** Inputs are copied for the operations before they run, unless copies are still true. */
function withInputCopies(bound: Bound, packs: 0 | 1): Run | null {
  const { shared, context, operations, pieces, version } = bound;
  const { library, base } = shared;
  const reorders: Primitive[] = [];
  /** From where in the array to which address. */
  const ways: [number, number][] = [];
  const places: (number | null)[] = [];
  for (const [i, operation] of operations.entries()) {
    const { offsets, plain } = pieces[i] as Piece;
    const offset = offsets[packs] as number;
    const wanted = operation.layout(packs);
    const before = operations[i - 1];
    const isAgain =
      pieces[i - 1]?.offsets[packs] === offset &&
      before &&
      library.areSame(before.layout(packs), wanted);
    if (isAgain || library.areSame(plain, wanted)) {
      places.push(isAgain ? (places[i - 1] as number | null) : null);
      continue;
    }
    const reorder = library.reorder(plain, wanted, i);
    if (!reorder) {
      for (const each of [...operations, ...reorders]) each.destroy();
      return null;
    }
    const address = base + context.scratch(operation.size(packs));
    reorders.push(reorder);
    ways.push([floatSize * offset, address]);
    places.push(address);
  }
  const run = together(bound, operations);
  const copy = together(bound, reorders);
  const place = placing(bound, packs, places);
  let present: number | undefined;
  let source = -1;
  return (starts) => {
    place(starts);
    if (reorders.length > 0) {
      const now = version?.();
      const from = starts[packs] as number;
      if (now === undefined || now !== present || from !== source) {
        ways.forEach(([offset, to], i) => {
          (reorders[i] as Primitive).place([from + offset, to]);
        });
        copy();
        present = now;
        source = from;
      }
    }
    run();
  };
}

/** Each operation has a result of its own, in the library's order; they are added up, then copied to where they belong. */
function withResultCopies(bound: Bound): Run | null {
  const { shared, context, operations, pieces } = bound;
  const { library, base } = shared;
  const first = operations[0] as Primitive;
  const layout = first.layout(result);
  const { plain } = pieces[0] as Piece;
  const isPlain = library.areSame(layout, plain);
  const reorder = isPlain ? null : library.reorder(layout, plain, 0);
  const areAlike = operations.every((each) => library.areSame(each.layout(result), layout));
  if (!areAlike || (!isPlain && !reorder)) {
    for (const each of operations) each.destroy();
    reorder?.destroy();
    return null;
  }
  const run = together(bound, operations);
  const count = operations.length;
  if (count === 1 && !reorder) {
    const place = placing(bound, result, [null]);
    return (starts) => {
      place(starts);
      run();
    };
  }
  const vectors = Math.ceil(first.size(result) / 16);
  const parts = context.scratch(16 * vectors * count);
  const place = placing(
    bound,
    result,
    operations.map((_, i) => base + parts + 16 * vectors * i),
  );
  const key = JSON.stringify(["total", count, vectors]);
  const { total } = context.functions(key, (module) => defineTotal(module, count, 4 * vectors));
  const copy = reorder ? together(bound, [reorder]) : null;
  return (starts) => {
    place(starts);
    run();
    const out = starts[result] as number;
    if (count > 1) {
      const to = reorder ? parts : out - base;
      context.parallel(total as WasmFunction, vectors, copyGrain(4 * count), [parts, to]);
    }
    if (!reorder || !copy) return;
    reorder.place([base + parts, out]);
    copy();
  };
}

/** Tells all operations where their arrays are; the array at one position may be elsewhere for each of them. */
function placing(
  { operations, pieces, order }: Bound,
  position: number,
  elsewhere: readonly (number | null)[],
): Run {
  const addresses = order.map(() => 0);
  return (starts) => {
    for (let i = 0; i < operations.length; i++) {
      const { offsets } = pieces[i] as Piece;
      for (let j = 0; j < order.length; j++) {
        const array = order[j] as number;
        const own = (starts[array] as number) + floatSize * (offsets[array] as number);
        addresses[j] = array === position ? (elsewhere[i] ?? own) : own;
      }
      (operations[i] as Primitive).place(addresses);
    }
  };
}

/** Runs operations side by side, which are destroyed with the step's program. */
function together({ shared, context }: Bound, operations: readonly Primitive[]): () => void {
  context.whenReleased?.(() => {
    for (const each of operations) each.destroy();
  });
  return shared.crew.together(operations, context.scratch(shared.crew.bytes(operations.length)));
}

/** The epilogue of a step, where it adds a number to each element by its last dimension, and maybe takes max(_, 0). */
function followingOf({ epilogue, outputs }: RoutineStep): Following | null {
  const [result] = outputs;
  if (!epilogue || !result || !isFloat32(epilogue.out)) return null;
  const { body, out, dims } = epilogue;
  const isMax = body.kind === "binary" && body.op === "max";
  if (isMax && !(body.rhs.kind === "const" && body.rhs.value === 0)) return null;
  const sum = isMax ? body.lhs : body;
  if (sum.kind !== "binary" || sum.op !== "add") return null;
  const { lhs, rhs } = sum;
  if (lhs.kind !== "load" || rhs.kind !== "load") return null;
  const [own, bias] = lhs.value.root === result.root ? [lhs, rhs] : [rhs, lhs];
  const isOwn =
    own.value.root === result.root && own.offset === 0 && isSame(own.strides, stridesOf(dims));
  const isBias =
    bias.offset === 0 &&
    bias.value.size === dims.at(-1) &&
    bias.strides.every((stride, i) => stride === (i === dims.length - 1 ? 1 : 0));
  if (!isOwn || !isBias || dims.at(-1) !== result.shape.at(-1) || bias.value.root === result.root)
    return null;
  return { bias: bias.value, relu: isMax, out };
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);
