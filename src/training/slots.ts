/** Slots: variables that belong to another variable, such as its momentum, named and placed with it. */

import type { DType, DTypeLike } from "../core/dtypes.ts";
import { getDefaultGraph } from "../core/graph.ts";
import type { OptionsObject } from "../core/options.ts";
import { asShape, type ShapeLike } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { shape as shapeOf, zeros } from "../ops/array.ts";
import { variableCreatorScope } from "../variables/creator.ts";
import { getVariable } from "../variables/get-variable.ts";
import { type InitializerLike, zerosInitializer } from "../variables/initializers.ts";
import { getVariableScope, variableScope } from "../variables/scope.ts";
import { SaveSliceInfo } from "../variables/slices.ts";
import type { GetVariableOptions } from "../variables/types.ts";
import { isVariable, type Variable } from "../variables/variable.ts";

/** What a slot may belong to. */
export type Primary = Variable | Tensor;

export interface SlotOptions extends OptionsObject {
  /** True by default: the slot lives where the primary does. */
  readonly colocateWithPrimary?: boolean | undefined;
}

/** Whether a variable is reached through a resource handle rather than a reference. */
export function isResourceVariable(variable: Variable): boolean {
  return variable.handle.dtype.baseName === "resource";
}

/** A slot that starts as `value`. The name is `{primary}/{name}`, made unique within the variable scope. */
export function createSlot(
  primary: Primary,
  value: Tensor,
  name: string,
  options: SlotOptions = {},
): Variable {
  const validateShape = value.shape.known !== null;
  return placed(primary, name, options, { initializer: value, validateShape });
}

/** A slot of its own shape and dtype, with an initializer as `getVariable` takes them. */
export function createSlotWithInitializer(
  primary: Primary,
  initializer: InitializerLike,
  shape: ShapeLike,
  dtype: DTypeLike,
  name: string,
  options: SlotOptions = {},
): Variable {
  const isValue = initializer instanceof Tensor;
  return placed(primary, name, options, {
    initializer,
    dtype,
    validateShape: asShape(shape).known !== null,
    ...(isValue ? {} : { shape }),
  });
}

export interface ZerosSlotOptions extends SlotOptions {
  /** The primary's unless given. */
  readonly dtype?: DTypeLike | undefined;
}

/** A slot of the primary's shape that starts as zeros. */
export function createZerosSlot(
  primary: Primary,
  name: string,
  { dtype = (primary.dtype as DType).base, ...options }: ZerosSlotOptions = {},
): Variable {
  if (primary.shape.known) {
    return createSlotWithInitializer(
      primary,
      zerosInitializer(),
      primary.shape,
      dtype,
      name,
      options,
    );
  }
  const like = isVariable(primary) ? primary.initializedValue() : primary;
  return createSlot(primary, zeros(shapeOf(like), { dtype }), name, options);
}

function placed(
  primary: Primary,
  name: string,
  { colocateWithPrimary = true }: SlotOptions,
  options: GetVariableOptions,
): Variable {
  return variableScope(null, { defaultName: `${primary.op.name}/${name}` }, () => {
    if (!colocateWithPrimary) return slotVariable(primary, options);
    return colocatedVariables(primary, () => slotVariable(primary, options));
  });
}

/** Variables that `body` makes are placed with `primary`, and with nothing else. */
export function colocatedVariables<R>(primary: Primary, body: () => R): R {
  return variableCreatorScope((next, options) => {
    const graph = getDefaultGraph();
    return graph.inside(graph.colocationPatch(primary, { ignoreExisting: true }), () =>
      next(options),
    );
  }, body);
}

/** The variable of the current scope's own name. Slots of parts are parts themselves, never partitioned again. */
function slotVariable(primary: Primary, options: GetVariableOptions): Variable {
  const scope = getVariableScope();
  const { partitioner } = scope;
  scope.setPartitioner(null);
  try {
    const useResource = isVariable(primary) ? isResourceVariable(primary) : null;
    const slot = getVariable("", { ...options, trainable: false, useResource });
    copySliceInfo(primary, slot);
    return slot;
  } finally {
    scope.setPartitioner(partitioner);
  }
}

/** The slot of a part is a part of the whole variable's slot, as checkpoints see it. */
function copySliceInfo(primary: Primary, slot: Variable): void {
  if (!isVariable(primary) || !primary.saveSliceInfo) return;
  const { rank } = slot.shape;
  if (rank === 0) return;
  const { fullName, fullShape, varOffset, varShape } = primary.saveSliceInfo;
  const length = rank ?? fullShape.length;
  const slotName = slot.op.name.slice(primary.op.name.length + 1);
  slot.saveSliceInfo = new SaveSliceInfo(
    `${fullName}/${slotName}`,
    fullShape.slice(0, length),
    varOffset.slice(0, length),
    varShape.slice(0, length),
  );
}
