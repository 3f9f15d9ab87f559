/** Gradient functions that users register, and how the one for a node is found. */

import { KeyError, LookupError, TypeError } from "../core/errors.ts";
import { brief } from "../core/kind.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { Trace } from "../core/trace.ts";
import { attrsOf, type GradientResult, group, opDef } from "../ops/define.ts";

/** Gradients of the inputs of `op`, from those of its outputs. */
export type GradientFunction = (
  op: Operation,
  ...dy: (Tensor | null)[]
) => GradientResult | readonly GradientResult[];

interface Registered {
  /** Null: known to have no gradient. */
  readonly run: GradientFunction | null;
  readonly trace: Trace;
}

const registered = new Map<string, Registered>();

function register(type: string, run: GradientFunction | null): void {
  if (typeof type !== "string") throw new TypeError("op_type must be a string");
  const known = registered.get(type);
  if (known || opDef(type)) {
    const where = known ? (known.trace.location ?? "elsewhere") : "the library";
    throw new KeyError(
      `Registering two gradient with name '${type}'! (Previous registration was in ${where})`,
    );
  }
  registered.set(type, { run, trace: new Trace() });
}

/** Registers a gradient under a name, for use with `graph.gradientOverrideMap`: `RegisterGradient("My")(f)`. */
export function RegisterGradient(type: string): <F extends GradientFunction>(run: F) => F {
  if (typeof type !== "string") throw new TypeError("op_type must be a string");
  return (run) => {
    if (typeof run !== "function") {
      throw new TypeError(`A gradient is a function; got ${brief(run)}.`);
    }
    register(type, run);
    return run;
  };
}

/** Declares that operations of a type have no gradient. */
export function NotDifferentiable(type: string): void {
  register(type, null);
}

/** How to differentiate a node: a function of the gradients of its outputs, or null when there is nothing. */
export interface NodeGradient {
  readonly passesSlices: boolean;
  readonly run: (dy: readonly (Tensor | null)[]) => readonly GradientResult[];
}

/** The gradient of a node. Throws LookupError when TensorFlow has none either. */
export function gradientOf(op: Operation): NodeGradient | null {
  if (op.inputs.length === 0) return null;
  const override = op.attrs.get("_gradient_op_type");
  const type = override ? String(override.value) : op.type;
  const user = registered.get(type);
  if (user) {
    const { run } = user;
    if (!run) return null;
    return {
      passesSlices: false,
      run: (dy) => {
        const result = run(op, ...dy);
        return Array.isArray(result)
          ? (result as readonly GradientResult[])
          : [result as GradientResult];
      },
    };
  }
  const def = opDef(type);
  const gradient = def?.spec.gradient;
  if (gradient === "zero") return null;
  if (!def || !gradient || gradient === "none") {
    throw new LookupError(
      `No gradient defined for operation'${op.name}' (op type: ${op.type}). In general every operation must have an associated \`@tf.RegisterGradient\` for correct autodiff, which this op is lacking. If you want to pretend this operation is a constant in your program, you may insert \`tf.stop_gradient\`. This can be useful to silence the error in cases where you know gradients are not needed, e.g. the forward pass of tf.custom_gradient. Please see more details in https://www.tensorflow.org/api_docs/python/tf/custom_gradient.`,
      override
        ? `gradientOverrideMap asks for '${type}', which was never registered: call tf.RegisterGradient('${type}').`
        : undefined,
    );
  }
  const attrs = attrsOf(def, op.attrs);
  return {
    passesSlices: def.traits.passesSlices ?? false,
    run: (dy) =>
      gradient({
        op,
        inputs: group(def.inputs, op.inputs, attrs) as never,
        outputs: group(def.outputs, op.outputs, attrs) as never,
        dy: group(def.outputs, dy, attrs) as never,
        attrs: attrs as never,
      }).flat() as readonly GradientResult[],
  };
}
