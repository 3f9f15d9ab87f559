/** Computing one node on known inputs, by its own lowering on the reference engine. */

import { NDArray } from "../core/ndarray.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { Builder } from "../engines/builder.ts";
import type { RunContext, Value } from "../engines/ir.ts";
import { referenceEngine } from "../engines/reference.ts";
import { attrsOf, dead, group, type OpDef } from "./define.ts";

const noState: RunContext = {
  cell: () => {
    throw new Error("internal: a constant expression reads state");
  },
  kernelState: () => {
    throw new Error("internal: a constant expression keeps state");
  },
};

/**
 * The outputs of a node. An input given as a shape has unknown elements, which the op must not need.
 * Null when the op cannot be computed this way.
 */
export function evaluateNode(
  op: Operation,
  def: OpDef,
  inputs: readonly (NDArray | readonly number[])[],
): readonly NDArray[] | null {
  const { lower, host } = def.spec;
  const attrs = attrsOf(def, op.attrs);
  if (lower === "host" && host) {
    const arrays = inputs.filter((input) => input instanceof NDArray);
    if (arrays.length < inputs.length) return null;
    return host(arrays, { op, attrs: attrs as never, context: noState });
  }
  if (typeof lower === "string") return null;
  const k = new Builder();
  const values = inputs.map((input, i) =>
    input instanceof NDArray
      ? k.constant(input)
      : k.input((op.inputs[i] as Tensor).dtype.base, input),
  );
  const outputs = lower({
    op,
    inputs: group<Value>(def.inputs, values, attrs) as readonly Value[],
    attrs: attrs as never,
    k,
    constant: (index) => {
      const found = inputs[index];
      if (!(found instanceof NDArray))
        throw new Error(`internal: ${op.type} needs elements it was not given`);
      return found;
    },
  });
  if (outputs.some((output) => output === dead)) return null;
  const program = k.program(outputs as readonly Value[]);
  const placeholders = program.inputs.map(() => new NDArray(new Float32Array(0), [0], "float32"));
  return referenceEngine.load(program).run(placeholders, noState);
}
