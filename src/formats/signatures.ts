/** Signatures: which tensors of a graph are the inputs and outputs of what a SavedModel offers. */

import { create } from "@bufbuild/protobuf";
import { AssertionError, KeyError, ValueError } from "../core/errors.ts";
import { type Graph, getDefaultGraph } from "../core/graph.ts";
import { type TensorShape, unknownShape } from "../core/shape.ts";
import { type Operation, Tensor } from "../core/tensor.ts";
import { shapeToProto } from "./attrs.ts";
import { nameOfType } from "./elements.ts";
import {
  type SignatureDef,
  SignatureDefSchema,
  type TensorInfo,
  TensorInfoSchema,
  type TensorProto,
} from "./proto/index.ts";
import { tensorFromArray } from "./tensor.ts";

/** Names that signatures of TensorFlow Serving have. TensorFlow: `tf.saved_model.signature_constants`. */
export const signatureConstants = {
  DEFAULT_SERVING_SIGNATURE_DEF_KEY: "serving_default",
  CLASSIFY_INPUTS: "inputs",
  CLASSIFY_METHOD_NAME: "tensorflow/serving/classify",
  CLASSIFY_OUTPUT_CLASSES: "classes",
  CLASSIFY_OUTPUT_SCORES: "scores",
  PREDICT_INPUTS: "inputs",
  PREDICT_METHOD_NAME: "tensorflow/serving/predict",
  PREDICT_OUTPUTS: "outputs",
  REGRESS_INPUTS: "inputs",
  REGRESS_METHOD_NAME: "tensorflow/serving/regress",
  REGRESS_OUTPUTS: "outputs",
  DEFAULT_TRAIN_SIGNATURE_DEF_KEY: "train",
  DEFAULT_EVAL_SIGNATURE_DEF_KEY: "eval",
  SUPERVISED_TRAIN_METHOD_NAME: "tensorflow/supervised/training",
  SUPERVISED_EVAL_METHOD_NAME: "tensorflow/supervised/eval",
} as const;

/** Tags of the graphs of a SavedModel. TensorFlow: `tf.saved_model.tag_constants`. */
export const tagConstants = {
  SERVING: "serve",
  TRAINING: "train",
  EVAL: "eval",
  GPU: "gpu",
  TPU: "tpu",
} as const;

/** Numbers of types in TensorInfo. */
const invalidType = 0;
const floatType = 1;
const stringType = 7;

/** A tensor or a variable, as far as a signature tells of it. */
export interface Described {
  readonly name: string;
  readonly dtype: { readonly enum: number };
  readonly shape: TensorShape;
}

/** Tensors by the names they have in a signature. */
export type NamedTensors = Readonly<Record<string, Described>>;

/** Name, type and shape of a tensor. TensorFlow: `tf.saved_model.build_tensor_info`. */
export function buildTensorInfo(tensor: Described): TensorInfo {
  return create(TensorInfoSchema, {
    encoding: { case: "name", value: tensor.name },
    dtype: tensor.dtype.enum,
    tensorShape: shapeToProto(tensor.shape),
  });
}

/** @internal What stands for an operation where a tensor is expected. */
export function operationInfo(op: Operation | Tensor): TensorInfo {
  return create(TensorInfoSchema, {
    encoding: { case: "name", value: op.name },
    dtype: invalidType,
    tensorShape: shapeToProto(unknownShape),
  });
}

export interface SignatureParts {
  readonly inputs?: Readonly<Record<string, TensorInfo>> | undefined;
  readonly outputs?: Readonly<Record<string, TensorInfo>> | undefined;
  readonly methodName?: string | undefined;
  /** Constants for inputs that may be left out. */
  readonly defaults?: Readonly<Record<string, Tensor>> | undefined;
}

/** A signature of the given parts. TensorFlow: `tf.saved_model.build_signature_def`. */
export function buildSignatureDef({
  inputs = {},
  outputs = {},
  methodName = "",
  defaults = {},
}: SignatureParts = {}): SignatureDef {
  const constants = Object.entries(defaults).map(([name, tensor]) => {
    const value = tensor.op.type === "Const" ? tensor.op.attrs.get("value") : undefined;
    if (value?.kind !== "tensor") {
      throw new ValueError(
        `Unable to convert object ${tensor} of type ${tensor.op.type} to TensorProto.`,
        "Defaults of a signature are constants: make the tensor with tf.constant.",
      );
    }
    return [name, tensorFromArray(value.value)] as [string, TensorProto];
  });
  return create(SignatureDefSchema, {
    inputs: { ...inputs },
    outputs: { ...outputs },
    methodName,
    defaults: Object.fromEntries(constants),
  });
}

function infos(tensors: NamedTensors): Record<string, TensorInfo> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, buildTensorInfo(tensor)]),
  );
}

/** What TensorFlow Serving calls Predict: any inputs, any outputs. */
export function predictSignatureDef(inputs: NamedTensors, outputs: NamedTensors): SignatureDef {
  if (!inputs || Object.keys(inputs).length === 0) {
    throw new ValueError("Prediction `inputs` cannot be None or empty.");
  }
  if (!outputs || Object.keys(outputs).length === 0) {
    throw new ValueError("Prediction `outputs` cannot be None or empty.");
  }
  return buildSignatureDef({
    inputs: infos(inputs),
    outputs: infos(outputs),
    methodName: signatureConstants.PREDICT_METHOD_NAME,
  });
}

/** What TensorFlow Serving calls Regress: serialized examples (strings) to float32 predictions. */
export function regressionSignatureDef(examples: Tensor, predictions: Tensor): SignatureDef {
  const inputs = examplesInfo("Regression", examples);
  if (!predictions) throw new ValueError("Regression `predictions` cannot be None.");
  const outputs = buildTensorInfo(predictions);
  if (outputs.dtype !== floatType) {
    throw new ValueError(
      `Regression output tensors must be of type float. Found tensors with type ${nameOfType(outputs.dtype)}.`,
    );
  }
  return buildSignatureDef({
    inputs: { [signatureConstants.REGRESS_INPUTS]: inputs },
    outputs: { [signatureConstants.REGRESS_OUTPUTS]: outputs },
    methodName: signatureConstants.REGRESS_METHOD_NAME,
  });
}

/** What TensorFlow Serving calls Classify: serialized examples to classes (strings), scores (float32), or both. */
export function classificationSignatureDef(
  examples: Tensor,
  classes: Tensor | null,
  scores: Tensor | null,
): SignatureDef {
  const inputs = examplesInfo("Classification", examples);
  if (!classes && !scores) {
    throw new ValueError("Classification `classes` and `scores` cannot both be None.");
  }
  const outputs: Record<string, TensorInfo> = {};
  if (classes) {
    const info = buildTensorInfo(classes);
    if (info.dtype !== stringType) {
      throw new ValueError(
        `Classification classes must be of type string Tensor. Found tensors of type ${nameOfType(info.dtype)}.`,
      );
    }
    outputs[signatureConstants.CLASSIFY_OUTPUT_CLASSES] = info;
  }
  if (scores) {
    const info = buildTensorInfo(scores);
    if (info.dtype !== floatType) {
      throw new ValueError("Classification scores must be a float Tensor.");
    }
    outputs[signatureConstants.CLASSIFY_OUTPUT_SCORES] = info;
  }
  return buildSignatureDef({
    inputs: { [signatureConstants.CLASSIFY_INPUTS]: inputs },
    outputs,
    methodName: signatureConstants.CLASSIFY_METHOD_NAME,
  });
}

function examplesInfo(kind: "Regression" | "Classification", examples: unknown): TensorInfo {
  if (examples === null || examples === undefined) {
    throw new ValueError(`${kind} \`examples\` cannot be None.`);
  }
  if (!(examples instanceof Tensor)) {
    throw new ValueError(
      kind === "Regression"
        ? `Expected regression \`examples\` to be of type Tensor. Found \`examples\` of type ${typeof examples}.`
        : `Classification \`examples\` must be a string Tensor. Found \`examples\` of type ${typeof examples}.`,
    );
  }
  const info = buildTensorInfo(examples);
  if (info.dtype === stringType) return info;
  throw new ValueError(
    kind === "Regression"
      ? `Regression input tensors must be of type string. Found tensors with type ${nameOfType(info.dtype)}.`
      : `Classification input tensors must be of type string. Found tensors of type ${nameOfType(info.dtype)}`,
  );
}

/** Whether TensorFlow Serving can serve it. TensorFlow: `tf.saved_model.is_valid_signature`. */
export function isValidSignature(signature: SignatureDef | null | undefined): boolean {
  if (!signature) return false;
  const { inputs, outputs, methodName } = signature;
  const [onlyInput, ...moreInputs] = Object.keys(inputs);
  const outputNames = Object.keys(outputs);
  const takesExamples =
    onlyInput === "inputs" && moreInputs.length === 0 && inputs.inputs?.dtype === stringType;
  switch (methodName) {
    case signatureConstants.PREDICT_METHOD_NAME:
      return onlyInput !== undefined && outputNames.length > 0;
    case signatureConstants.REGRESS_METHOD_NAME:
      return takesExamples && outputNames.length === 1 && outputs.outputs?.dtype === floatType;
    case signatureConstants.CLASSIFY_METHOD_NAME:
      return (
        takesExamples &&
        outputNames.length > 0 &&
        outputNames.every(
          (name) =>
            (name === "classes" && outputs.classes?.dtype === stringType) ||
            (name === "scores" && outputs.scores?.dtype === floatType),
        )
      );
    default:
      return false;
  }
}

/** The three tensors of a sparse one. */
export interface SparseTensors<T = Tensor> {
  readonly indices: T;
  readonly values: T;
  readonly denseShape: T;
}

export interface FindOptions {
  readonly graph?: Graph | undefined;
  /** The scope that the graph was imported into. */
  readonly importScope?: string | null | undefined;
}

/**
 * The tensor that a TensorInfo means; the three of them of a sparse one, all components of a composite one.
 * TensorFlow: `tf.saved_model.get_tensor_from_tensor_info`.
 */
export function getTensorFromTensorInfo(
  info: TensorInfo,
  { graph = getDefaultGraph(), importScope }: FindOptions = {},
): Tensor | SparseTensors | (Tensor | SparseTensors)[] {
  const find = (name: string) => graph.getTensorByName(scopedName(name, importScope));
  const { encoding } = info;
  switch (encoding.case) {
    case "name":
      return find(encoding.value);
    case "cooSparse":
      return {
        indices: find(encoding.value.indicesTensorName),
        values: find(encoding.value.valuesTensorName),
        denseShape: find(encoding.value.denseShapeTensorName),
      };
    case "compositeTensor":
      return encoding.value.components.map(
        (part) => getTensorFromTensorInfo(part, { graph, importScope }) as Tensor | SparseTensors,
      );
    default:
      throw new ValueError(
        "Invalid TensorInfo.encoding: None. Expected `coo_sparse`, `composite_tensor`, or `name` for a dense tensor.",
      );
  }
}

/** @internal A name of a file as it is after the import. */
export function scopedName(name: string, importScope: string | null | undefined): string {
  return importScope ? `${importScope.replace(/\/$/, "")}/${name}` : name;
}

/** @internal Keys of signatures that stand for operations. */
export const initOpKey = "__saved_model_init_op";
export const trainOpKey = "__saved_model_train_op";

/** @internal Throws for signatures that nobody could run. */
export function checkSignatures(signatures: Readonly<Record<string, SignatureDef>>): void {
  for (const { inputs, outputs } of Object.values(signatures)) {
    for (const info of [...Object.values(inputs), ...Object.values(outputs)]) checkInfo(info);
  }
  if (initOpKey in signatures) {
    throw new KeyError(
      `SignatureDef map key "${initOpKey}" is reserved for initialization. Please use a different key.`,
    );
  }
  if (trainOpKey in signatures) {
    throw new KeyError(
      `SignatureDef map key "${trainOpKey}" is reserved for the train op. Please use a different key.`,
    );
  }
}

function checkInfo(info: TensorInfo | null | undefined): void {
  if (!info) {
    throw new AssertionError(
      "All TensorInfo protos used in the SignatureDefs must have the name and dtype fields set.",
    );
  }
  const { encoding } = info;
  if (encoding.case === undefined) {
    throw new AssertionError(
      "Invalid `tensor_info`. All TensorInfo protos used in the SignatureDefs must have one of the 'encoding' fields (e.g., name or coo_sparse) set.",
    );
  }
  if (encoding.case === "compositeTensor") encoding.value.components.forEach(checkInfo);
  else if (info.dtype === invalidType) {
    throw new AssertionError(
      "Invalid `tensor_info`. All TensorInfo protos used in the SignatureDefs must have the dtype field set.",
    );
  }
}
