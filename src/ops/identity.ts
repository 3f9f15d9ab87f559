/** Ops that hand their input on: Identity and its kin, and placeholders. */

import { asDType, type DType, type DTypeLike, type DTypeName } from "../core/dtypes.ts";
import { LookupError, repr } from "../core/errors.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { asShape, type ShapeLike, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { mergeShapes } from "./merge.ts";

const Identity = defineOp({
  type: "Identity",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: { T: a.type() },
  traits: { aliases: true, elementwise: true, passesSlices: true },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: ({ dy: [dy] }) => [dy],
  // The value itself, not a copy: the read of a variable sees what is written to it later in the same run.
  lower: ({ inputs: [x] }) => [x],
});

/** A tensor with the same elements. TensorFlow: `tf.identity`. */
export function identity<D extends DTypeName>(input: TensorOf<D>, options?: Named): Tensor<D>;
export function identity(input: TensorLike, options?: Named): Tensor;
export function identity(input: TensorLike, { name }: Named = {}): Tensor {
  const { output } = createOp(Identity, [input], {}, name);
  output.handle = output.op.inputs[0]?.handle;
  return output;
}

const RefIdentity = defineOp({
  type: "RefIdentity",
  inputs: ["input: Ref(T)"],
  outputs: ["output: Ref(T)"],
  attrs: { T: a.type() },
  traits: { aliases: true, passesSlices: true, allowsUninitialized: true },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: ({ dy: [dy] }) => [dy],
  lower: ({ inputs: [x] }) => [x],
});

/** The same reference to a variable. TensorFlow: `gen_array_ops.ref_identity`. */
export function refIdentity(input: TensorLike, { name }: Named = {}): Tensor {
  return createOp(RefIdentity, [input], {}, name).output;
}

const IdentityN = defineOp({
  type: "IdentityN",
  inputs: ["input: T[]"],
  outputs: ["output: T[]"],
  attrs: { T: a.types() },
  traits: { passesSlices: true },
  shape: ({ inputs: [xs] }) => xs.map((x) => x.shape),
  gradient: ({ dy: [dys] }) => [dys],
  lower: ({ inputs: [xs] }) => xs,
});

/** Tensors with the same elements, none of which exists before all inputs do. TensorFlow: `tf.identity_n`. */
export function identityN(input: readonly TensorLike[], { name }: Named = {}): readonly Tensor[] {
  return createOp(IdentityN, [input], {}, name).outputs;
}

const StopGradient = defineOp({
  type: "StopGradient",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: { T: a.type() },
  traits: { aliases: true, elementwise: true },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "zero",
  lower: ({ inputs: [x] }) => [x],
});

/** The same elements, seen as constant by `tf.gradients`. TensorFlow: `tf.stop_gradient`. */
export function stopGradient<D extends DTypeName>(input: TensorOf<D>, options?: Named): Tensor<D>;
export function stopGradient(input: TensorLike, options?: Named): Tensor;
export function stopGradient(input: TensorLike, { name }: Named = {}): Tensor {
  return createOp(StopGradient, [input], {}, name).output;
}

const PreventGradient = defineOp({
  type: "PreventGradient",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(), message: a.string("") },
  traits: { aliases: true, elementwise: true },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: ({ attrs }) => {
    throw new LookupError(`Gradient explicitly disabled. Reason: b${repr(attrs.message)}`);
  },
  lower: ({ inputs: [x] }) => [x],
});

/** The same elements; differentiating through them is an error. TensorFlow: `gen_array_ops.prevent_gradient`. */
export function preventGradient(
  input: TensorLike,
  { message = "", name }: Named & { readonly message?: string } = {},
): Tensor {
  return createOp(PreventGradient, [input], { message }, name).output;
}

const dtypeTexts: Readonly<Record<string, string>> = {
  float32: "float",
  float64: "double",
  float16: "half",
};

/** The name of a dtype in messages of TensorFlow's runtime. */
export function runtimeName(dtype: DType): string {
  return dtypeTexts[dtype.baseName] ?? dtype.baseName;
}

const Placeholder = defineOp({
  type: "Placeholder",
  inputs: [],
  outputs: ["output: dtype"],
  attrs: { dtype: a.type(), shape: a.shape(unknownShape) },
  traits: { placeholder: true },
  shape: ({ attrs }) => [attrs.shape],
  gradient: "none",
  lower: ({ op, attrs: { dtype, shape } }) => {
    const expected = shape.rank ? ` and shape ${shape.toRuntimeString()}` : "";
    throw new Error(
      `You must feed a value for placeholder tensor '${op.name}' with dtype ${runtimeName(dtype)}${expected}`,
    );
  },
});

const nameOnly: OptionNames<Named> = { name: true };

/**
 * A tensor whose value is fed to each run.
 *
 * `shape` is what every fed value must fit; null (alone or as a dimension) leaves it open.
 * TensorFlow: `tf.placeholder`.
 */
export function placeholder<D extends DTypeName = DTypeName>(
  dtype: DTypeLike<D>,
  shape: ShapeLike = null,
  options: Named = {},
): Tensor<D> {
  checkOptions(options, "placeholder", nameOnly);
  const { name } = options;
  const attrs = { dtype: asDType(dtype as DTypeLike), shape: asShape(shape) };
  return createOp(Placeholder, [], attrs, name).output as Tensor<D>;
}

const PlaceholderWithDefault = defineOp({
  type: "PlaceholderWithDefault",
  inputs: ["input: dtype"],
  outputs: ["output: dtype"],
  attrs: { dtype: a.type(), shape: a.shape() },
  // Its value may be fed, so it must not be computed while building from a constant default.
  traits: { stateful: true, passesSlices: true },
  shape: ({ inputs: [x], attrs }) => {
    mergeShapes(x.shape, attrs.shape);
    return [attrs.shape];
  },
  gradient: ({ dy: [dy] }) => [dy],
  lower: ({ inputs: [x] }) => [x],
});

/** A tensor that is `input` unless it is fed. TensorFlow: `tf.placeholder_with_default`. */
export function placeholderWithDefault<D extends DTypeName = DTypeName>(
  input: TensorLike,
  shape: ShapeLike,
  { name }: Named = {},
): Tensor<D> {
  const { output } = createOp(PlaceholderWithDefault, [input], { shape: asShape(shape) }, name);
  return output as Tensor<D>;
}

const EnsureShape = defineOp({
  type: "EnsureShape",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: { shape: a.shape(), T: a.type() },
  traits: { aliases: true },
  shape: ({ inputs: [x], attrs }) => [mergeShapes(attrs.shape, x.shape)],
  gradient: ({ dy: [dy] }) => [dy],
  lower: ({ op, inputs: [x], attrs }) => {
    if (!attrs.shape.isCompatibleWith(x.shape)) {
      throw new Error(
        `Shape of tensor ${op.inputs[0]?.inputName} [${x.shape.join(",")}] is not compatible with expected shape ${attrs.shape.toRuntimeString()}.`,
      );
    }
    return [x];
  },
});

/** The same tensor; fails when its shape does not fit. TensorFlow: `tf.ensure_shape`. */
export function ensureShape<D extends DTypeName>(
  x: TensorOf<D>,
  shape: ShapeLike,
  options?: Named,
): Tensor<D>;
export function ensureShape(x: TensorLike, shape: ShapeLike, options?: Named): Tensor;
export function ensureShape(x: TensorLike, shape: ShapeLike, { name }: Named = {}): Tensor {
  return createOp(EnsureShape, [x], { shape: asShape(shape) }, name).output;
}
