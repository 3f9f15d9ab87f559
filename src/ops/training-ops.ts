/**
 * The steps of optimizers as ops. From each rule come up to four: for reference or resource variables, and for dense or
 * sparse gradients.
 */

import { type DType, int32, int64 } from "../core/dtypes.ts";
import { InternalError } from "../core/errors.ts";
import type { NDArray } from "../core/ndarray.ts";
import { type Dim, TensorShape } from "../core/shape.ts";
import type { Operation } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Expr, Value } from "../engines/ir.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { type AttrSpecs, a, defineOp, type ShapeInput, type TypedOpDef } from "./define.ts";
import { numbers } from "./dtype-lists.ts";
import { mergeShapes, withRank } from "./merge.ts";
import { handleShape, hostInto } from "./state.ts";
import { integers, mergeDims } from "./support.ts";
import {
  type DenseOnly,
  type Flags,
  type Formula,
  type Rule,
  type RuleName,
  rules,
  type Scope,
} from "./training-rules.ts";

/** The types of all training ops. */
export type TrainingOpType =
  | `${"" | "Resource"}Apply${RuleName}`
  | `${"" | "Resource"}SparseApply${Exclude<RuleName, DenseOnly>}`;

// Making the ops

interface Form {
  readonly rule: Rule;
  readonly isResource: boolean;
  readonly isSparse: boolean;
  /** Names of the inputs after the states. */
  readonly rest: readonly string[];
}

const notScalars: ReadonlySet<string> = new Set(["grad", "delta", "indices"]);

function declarations({ rule, isResource, rest }: Form): string[] {
  const states = rule.states.map((name) => `${name}: ${isResource ? "resource" : "Ref(T)"}`);
  const others = rest.map((name) =>
    name === "indices"
      ? "indices: Tindices"
      : name === "global_step"
        ? "global_step: int64"
        : `${name}: T`,
  );
  return [...states, ...others];
}

/** The merged shape of the states, after checking what goes with it. */
function checkShapes(form: Form, inputs: readonly ShapeInput[], dtype: DType): TensorShape {
  const count = form.rule.states.length;
  const at = (name: string): ShapeInput => inputs[count + form.rest.indexOf(name)] as ShapeInput;
  const shapes = inputs
    .slice(0, count)
    .map((input) => (form.isResource ? handleShape(input, dtype) : input.shape));
  const common = shapes.reduce((merged, shape) => mergeShapes(merged, shape));
  for (const name of form.rest) if (!notScalars.has(name)) withRank(at(name).shape, 0);
  const grad = at(form.rest.includes("delta") ? "delta" : "grad").shape;
  if (!form.isSparse) return mergeShapes(common, grad);
  const indices = withRank(at("indices").shape, 1);
  mergeDims(indices.dim(0), grad.dim(0));
  if (grad.dims) mergeShapes(common, new TensorShape([null as Dim, ...grad.dims.slice(1)]));
  return common;
}

function checkAtRun(form: Form, named: ReadonlyMap<string, Value>): void {
  const variable = named.get("var") as Value;
  for (const name of form.rest) {
    const { shape } = named.get(name) as Value;
    if (!notScalars.has(name) && shape.length > 0)
      throw new Error(`${name} is not a scalar: [${shape}]`);
  }
  for (const name of form.rule.states.slice(1)) {
    const { shape } = named.get(name) as Value;
    if (shape.join() !== variable.shape.join()) {
      throw new Error(`var and ${name} do not have the same shape[${variable.shape}] [${shape}]`);
    }
  }
  const name = form.rest.includes("delta") ? "delta" : "grad";
  const grad = named.get(name) as Value;
  if (!form.isSparse) {
    if (grad.shape.join() === variable.shape.join()) return;
    throw new Error(
      `var and ${name} do not have the same shape[${variable.shape}] [${grad.shape}]`,
    );
  }
  const indices = named.get("indices") as Value;
  if (indices.shape.length !== 1) throw new Error("indices must be one-dimensional");
  if (indices.shape[0] !== grad.shape[0]) {
    throw new Error("grad must be the same size as indices in the first dimension.");
  }
  variable.shape.forEach((dim, axis) => {
    if (axis > 0 && dim !== grad.shape[axis]) {
      throw new Error(`var and grad must match in dimension ${axis}`);
    }
  });
}

/** Steps that fail at run time for states without value and values that make no sense. */
function addRunChecks(
  form: Form,
  named: ReadonlyMap<string, Value>,
  k: Builder,
  op: Operation,
): void {
  if (form.isResource) {
    const keys = form.rule.states.flatMap((name) => named.get(name)?.state ?? []);
    hostInto(k, "requireInitialized", [], [], (_, __, context) => {
      if (keys.some((key) => !context.cell(key).initialized)) {
        throw new InternalError(op, "Invalid variable reference.");
      }
    });
  }
  for (const [name, { holds, text }] of Object.entries(form.rule.checks ?? {})) {
    hostInto(k, `check ${name}`, [named.get(name) as Value], [], ([value]) => {
      if (!holds(Number((value as NDArray).at(0)))) throw new Error(text);
    });
  }
  const indices = named.get("indices");
  if (!indices) return;
  const rows = (named.get("var") as Value).shape[0] ?? 0;
  hostInto(k, "checkIndices", [indices], [], ([array]) => {
    let offset = 0;
    for (const index of (array as NDArray).values()) {
      if (Number(index) < 0 || Number(index) >= rows) {
        throw new Error(`Index ${index} at offset ${offset} in indices is out of range`);
      }
      offset += 1;
    }
  });
}

/** Values by name, and formulas applied to them. */
class Scoped {
  readonly #k: Builder;
  readonly #named: Map<string, Value>;
  readonly #flags: Flags;

  constructor(k: Builder, named: Map<string, Value>, flags: Flags) {
    this.#k = k;
    this.#named = named;
    this.#flags = flags;
  }

  /** The formula with an element of each value. */
  body(rule: Formula): {
    readonly inputs: readonly Value[];
    readonly of: (...elements: Expr[]) => Expr;
  } {
    const names = [...this.#named.keys()];
    return {
      inputs: [...this.#named.values()],
      of: (...elements) =>
        rule(Object.fromEntries(names.map((name, i) => [name, elements[i]])) as Scope, this.#flags),
    };
  }
  /** Computes a scalar from scalars and names it. */
  derive(name: string, rule: Formula): void {
    const scalars = [...this.#named].filter(([, { shape }]) => shape.length === 0);
    const { inputs, of } = new Scoped(this.#k, new Map(scalars), this.#flags).body(rule);
    this.#named.set(name, this.#k.map(inputs, of));
  }
  /** Overwrites a state. */
  store(name: string, rule: Formula): void {
    const { inputs, of } = this.body(rule);
    this.#k.storeMap(this.#named.get(name) as Value, inputs, of);
  }
  /** Computes new elements under the name of the old ones. */
  replace(name: string, rule: Formula): Value {
    const { inputs, of } = this.body(rule);
    const old = this.#named.get(name) as Value;
    const made = this.#k.map(inputs, of);
    if (made.size !== old.size) throw new Error(`internal: ${name} changed its shape`);
    this.#named.set(name, made);
    return made;
  }
}

function lowerStep(
  form: Form,
  inputs: readonly Value[],
  flags: Flags,
  k: Builder,
  op: Operation,
): void {
  const { rule } = form;
  const names = [...rule.states, ...form.rest];
  const named = new Map(names.map((name, i) => [name, inputs[i] as Value]));
  checkAtRun(form, named);
  addRunChecks(form, named, k, op);
  const delta = named.get("delta");
  if (delta) {
    named.delete("delta");
    named.set("grad", delta);
  }
  const indices = named.get("indices");
  named.delete("indices");
  if (!indices) {
    const scoped = new Scoped(k, named, flags);
    for (const [name, body] of Object.entries(rule.derived ?? {})) scoped.derive(name, body);
    for (const [name, body] of rule.updates) scoped.store(name, body);
    return;
  }
  // Sparse: the rows that are touched are taken out, computed, and put back.
  const targets = new Map(rule.states.map((name) => [name, named.get(name) as Value]));
  for (const [name, target] of targets) {
    const shape = [...indices.shape, ...target.shape.slice(1)];
    const params = { axis: 0, batchDims: 0 };
    const [rows] = k.routine("gather", [target, indices], [{ dtype: target.dtype, shape }], params);
    named.set(name, rows as Value);
  }
  const scoped = new Scoped(k, named, flags);
  for (const [name, body] of Object.entries(rule.derived ?? {})) scoped.derive(name, body);
  for (const [name, body] of rule.updates) {
    const rows = scoped.replace(name, body);
    k.routineInto("scatterUpdate", [indices, rows], [targets.get(name) as Value], {
      kind: "update",
    });
  }
}

function defineTrainingOp(type: string, form: Form): TypedOpDef<AttrSpecs> {
  const positions = form.rule.states.map((_, i) => i);
  const attrs: AttrSpecs = {
    T: a.type(numbers),
    ...(form.isSparse && { Tindices: a.type([int32, int64]) }),
    use_locking: a.bool(false),
    ...form.rule.attrs,
  };
  return defineOp<readonly string[], readonly string[], AttrSpecs>({
    type,
    inputs: declarations(form),
    outputs: form.isResource ? [] : ["out: Ref(T)"],
    attrs,
    traits: { stateful: true, aliases: !form.isResource, writes: positions },
    shape: ({ inputs, attrs: { T } }) => {
      const shape = checkShapes(form, inputs as readonly ShapeInput[], T as DType);
      return form.isResource ? [] : [shape];
    },
    gradient: "none",
    lower: ({ inputs, attrs: flags, k, op }) => {
      lowerStep(form, inputs as readonly Value[], flags as Flags, k, op);
      return form.isResource ? [] : [inputs[0] as Value];
    },
  });
}

const definitions = new Map<string, TypedOpDef<AttrSpecs>>();

for (const [name, rule] of Object.entries(rules) as [RuleName, Rule][]) {
  for (const prefix of ["", "Resource"]) {
    const isResource = prefix !== "";
    const dense = { rule, isResource, isSparse: false, rest: rule.dense };
    definitions.set(`${prefix}Apply${name}`, defineTrainingOp(`${prefix}Apply${name}`, dense));
    if (!rule.sparse) continue;
    const sparse = { rule, isResource, isSparse: true, rest: rule.sparse };
    const type = `${prefix}SparseApply${name}`;
    definitions.set(type, defineTrainingOp(type, sparse));
  }
}

export interface TrainingOpOptions extends Named {
  readonly useLocking?: boolean | undefined;
  /** Momentum and Adam: look ahead. */
  readonly useNesterov?: boolean | undefined;
  /** Adagrad: whether the accumulator is updated too. */
  readonly updateSlots?: boolean | undefined;
  /** Ftrl: keeps the linear slot multiplied by the learning rate. */
  readonly multiplyLinearByLr?: boolean | undefined;
}

/**
 * One step of an optimizer: the variable and its slots (references or handles), then hyper-parameters, gradient and
 * indices in TensorFlow's order. Indices of sparse gradients must not repeat.
 */
export function trainingOp(
  type: TrainingOpType,
  inputs: readonly TensorLike[],
  { useLocking, useNesterov, updateSlots, multiplyLinearByLr, name }: TrainingOpOptions = {},
): Operation {
  const def = definitions.get(type);
  if (!def) throw new Error(`internal: no training op ${type}`);
  const position = def.inputs.findIndex((input) => input.name === "indices");
  const converted = inputs.map((input, i) => (i === position ? integers(input) : input));
  const attrs = {
    use_locking: useLocking ?? false,
    ...(def.attrs.use_nesterov && { use_nesterov: useNesterov ?? false }),
    ...(def.attrs.update_slots && { update_slots: updateSlots ?? true }),
    ...(multiplyLinearByLr && { multiply_linear_by_lr: true }),
  };
  return createOp(def, converted, attrs, name);
}
