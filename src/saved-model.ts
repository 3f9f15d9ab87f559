/** `tf.savedModel`: graphs with their variables, files and signatures in one folder, as TensorFlow Serving loads them. */

import { load, maybeSavedModelDirectory } from "./formats/saved-model.ts";
import { Builder } from "./formats/saved-model-builder.ts";
import {
  buildSignatureDef,
  buildTensorInfo,
  classificationSignatureDef,
  getTensorFromTensorInfo,
  isValidSignature,
  predictSignatureDef,
  regressionSignatureDef,
} from "./formats/signatures.ts";

export {
  type Asset,
  assetsOf,
  getInitOp,
  getTrainOp,
  type LoadOptions,
  load,
  maybeSavedModelDirectory,
  metaGraphWithTags,
  type RunSignatureOptions,
  readSavedModel,
  runSignature,
  type SignatureValue,
  savedModelConstants as constants,
} from "./formats/saved-model.ts";
export {
  type AddMetaGraphOptions,
  Builder,
  simpleSave,
} from "./formats/saved-model-builder.ts";
export {
  buildSignatureDef,
  buildTensorInfo,
  classificationSignatureDef,
  type Described,
  getTensorFromTensorInfo,
  isValidSignature,
  type NamedTensors,
  predictSignatureDef,
  regressionSignatureDef,
  type SignatureParts,
  type SparseTensors,
  signatureConstants,
  tagConstants,
} from "./formats/signatures.ts";

// TensorFlow 1's older places of the same functions.
export const loader = { load, maybeSavedModelDirectory };
export const builder = { SavedModelBuilder: Builder };
export const utils = { buildTensorInfo, getTensorFromTensorInfo };
export const signatureDefUtils = {
  buildSignatureDef,
  classificationSignatureDef,
  isValidSignature,
  predictSignatureDef,
  regressionSignatureDef,
};
