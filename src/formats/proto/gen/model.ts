// Made by scripts/proto.mjs from model.proto; change that file instead.
import type { Message } from "@bufbuild/protobuf";
import type { GenEnum, GenFile, GenMessage } from "@bufbuild/protobuf/codegenv2";
import { enumDesc, fileDesc, messageDesc } from "@bufbuild/protobuf/codegenv2";
import type { Any } from "@bufbuild/protobuf/wkt";
import { file_google_protobuf_any } from "@bufbuild/protobuf/wkt";
import type { Code } from "./error.ts";
import { file_error } from "./error.ts";
import type {
  DataType,
  GraphDef,
  OpList,
  TensorProto,
  TensorShapeProto,
  VersionDef,
} from "./graph.ts";
import { file_graph } from "./graph.ts";
import type { SavedObjectGraph, TypeSpecProto } from "./objects.ts";
import { file_objects } from "./objects.ts";

export const file_model: GenFile = /*@__PURE__*/ fileDesc(
  "Cgttb2RlbC5wcm90bxIKdGVuc29yZmxvdyKeAgoIU2F2ZXJEZWYSHAoUZmlsZW5hbWVfdGVuc29yX25hbWUYASABKAkSGAoQc2F2ZV90ZW5zb3" +
    "JfbmFtZRgCIAEoCRIXCg9yZXN0b3JlX29wX25hbWUYAyABKAkSEwoLbWF4X3RvX2tlZXAYBCABKAUSDwoHc2hhcmRlZBgFIAEoCBIlCh1rZWVw" +
    "X2NoZWNrcG9pbnRfZXZlcnlfbl9ob3VycxgGIAEoAhI9Cgd2ZXJzaW9uGAcgASgOMiwudGVuc29yZmxvdy5TYXZlckRlZi5DaGVja3BvaW50Rm" +
    "9ybWF0VmVyc2lvbiI1ChdDaGVja3BvaW50Rm9ybWF0VmVyc2lvbhIKCgZMRUdBQ1kQABIGCgJWMRABEgYKAlYyEAIi0QMKClRlbnNvckluZm8S" +
    "DgoEbmFtZRgBIAEoCUgAEjYKCmNvb19zcGFyc2UYBCABKAsyIC50ZW5zb3JmbG93LlRlbnNvckluZm8uQ29vU3BhcnNlSAASQgoQY29tcG9zaX" +
    "RlX3RlbnNvchgFIAEoCzImLnRlbnNvcmZsb3cuVGVuc29ySW5mby5Db21wb3NpdGVUZW5zb3JIABIjCgVkdHlwZRgCIAEoDjIULnRlbnNvcmZs" +
    "b3cuRGF0YVR5cGUSMgoMdGVuc29yX3NoYXBlGAMgASgLMhwudGVuc29yZmxvdy5UZW5zb3JTaGFwZVByb3RvGmUKCUNvb1NwYXJzZRIaChJ2YW" +
    "x1ZXNfdGVuc29yX25hbWUYASABKAkSGwoTaW5kaWNlc190ZW5zb3JfbmFtZRgCIAEoCRIfChdkZW5zZV9zaGFwZV90ZW5zb3JfbmFtZRgDIAEo" +
    "CRprCg9Db21wb3NpdGVUZW5zb3ISLAoJdHlwZV9zcGVjGAEgASgLMhkudGVuc29yZmxvdy5UeXBlU3BlY1Byb3RvEioKCmNvbXBvbmVudHMYAi" +
    "ADKAsyFi50ZW5zb3JmbG93LlRlbnNvckluZm9CCgoIZW5jb2RpbmciTQoMQXNzZXRGaWxlRGVmEisKC3RlbnNvcl9pbmZvGAEgASgLMhYudGVu" +
    "c29yZmxvdy5UZW5zb3JJbmZvEhAKCGZpbGVuYW1lGAIgASgJItcDCg1Db2xsZWN0aW9uRGVmEjcKCW5vZGVfbGlzdBgBIAEoCzIiLnRlbnNvcm" +
    "Zsb3cuQ29sbGVjdGlvbkRlZi5Ob2RlTGlzdEgAEjkKCmJ5dGVzX2xpc3QYAiABKAsyIy50ZW5zb3JmbG93LkNvbGxlY3Rpb25EZWYuQnl0ZXNM" +
    "aXN0SAASOQoKaW50NjRfbGlzdBgDIAEoCzIjLnRlbnNvcmZsb3cuQ29sbGVjdGlvbkRlZi5JbnQ2NExpc3RIABI5CgpmbG9hdF9saXN0GAQgAS" +
    "gLMiMudGVuc29yZmxvdy5Db2xsZWN0aW9uRGVmLkZsb2F0TGlzdEgAEjUKCGFueV9saXN0GAUgASgLMiEudGVuc29yZmxvdy5Db2xsZWN0aW9u" +
    "RGVmLkFueUxpc3RIABoZCghOb2RlTGlzdBINCgV2YWx1ZRgBIAMoCRoaCglCeXRlc0xpc3QSDQoFdmFsdWUYASADKAwaGgoJSW50NjRMaXN0Eg" +
    "0KBXZhbHVlGAEgAygDGhoKCUZsb2F0TGlzdBINCgV2YWx1ZRgBIAMoAhouCgdBbnlMaXN0EiMKBXZhbHVlGAEgAygLMhQuZ29vZ2xlLnByb3Rv" +
    "YnVmLkFueUIGCgRraW5kIqQDCgxTaWduYXR1cmVEZWYSNAoGaW5wdXRzGAEgAygLMiQudGVuc29yZmxvdy5TaWduYXR1cmVEZWYuSW5wdXRzRW" +
    "50cnkSNgoHb3V0cHV0cxgCIAMoCzIlLnRlbnNvcmZsb3cuU2lnbmF0dXJlRGVmLk91dHB1dHNFbnRyeRITCgttZXRob2RfbmFtZRgDIAEoCRI4" +
    "CghkZWZhdWx0cxgEIAMoCzImLnRlbnNvcmZsb3cuU2lnbmF0dXJlRGVmLkRlZmF1bHRzRW50cnkaRQoLSW5wdXRzRW50cnkSCwoDa2V5GAEgAS" +
    "gJEiUKBXZhbHVlGAIgASgLMhYudGVuc29yZmxvdy5UZW5zb3JJbmZvOgI4ARpGCgxPdXRwdXRzRW50cnkSCwoDa2V5GAEgASgJEiUKBXZhbHVl" +
    "GAIgASgLMhYudGVuc29yZmxvdy5UZW5zb3JJbmZvOgI4ARpICg1EZWZhdWx0c0VudHJ5EgsKA2tleRgBIAEoCRImCgV2YWx1ZRgCIAEoCzIXLn" +
    "RlbnNvcmZsb3cuVGVuc29yUHJvdG86AjgBIqgHCgxNZXRhR3JhcGhEZWYSOwoNbWV0YV9pbmZvX2RlZhgBIAEoCzIkLnRlbnNvcmZsb3cuTWV0" +
    "YUdyYXBoRGVmLk1ldGFJbmZvRGVmEicKCWdyYXBoX2RlZhgCIAEoCzIULnRlbnNvcmZsb3cuR3JhcGhEZWYSJwoJc2F2ZXJfZGVmGAMgASgLMh" +
    "QudGVuc29yZmxvdy5TYXZlckRlZhJDCg5jb2xsZWN0aW9uX2RlZhgEIAMoCzIrLnRlbnNvcmZsb3cuTWV0YUdyYXBoRGVmLkNvbGxlY3Rpb25E" +
    "ZWZFbnRyeRJBCg1zaWduYXR1cmVfZGVmGAUgAygLMioudGVuc29yZmxvdy5NZXRhR3JhcGhEZWYuU2lnbmF0dXJlRGVmRW50cnkSMAoOYXNzZX" +
    "RfZmlsZV9kZWYYBiADKAsyGC50ZW5zb3JmbG93LkFzc2V0RmlsZURlZhI2ChBvYmplY3RfZ3JhcGhfZGVmGAcgASgLMhwudGVuc29yZmxvdy5T" +
    "YXZlZE9iamVjdEdyYXBoGvYCCgtNZXRhSW5mb0RlZhIaChJtZXRhX2dyYXBoX3ZlcnNpb24YASABKAkSLAoQc3RyaXBwZWRfb3BfbGlzdBgCIA" +
    "EoCzISLnRlbnNvcmZsb3cuT3BMaXN0EiYKCGFueV9pbmZvGAMgASgLMhQuZ29vZ2xlLnByb3RvYnVmLkFueRIMCgR0YWdzGAQgAygJEhoKEnRl" +
    "bnNvcmZsb3dfdmVyc2lvbhgFIAEoCRIeChZ0ZW5zb3JmbG93X2dpdF92ZXJzaW9uGAYgASgJEh4KFnN0cmlwcGVkX2RlZmF1bHRfYXR0cnMYBy" +
    "ABKAgSUwoQZnVuY3Rpb25fYWxpYXNlcxgIIAMoCzI5LnRlbnNvcmZsb3cuTWV0YUdyYXBoRGVmLk1ldGFJbmZvRGVmLkZ1bmN0aW9uQWxpYXNl" +
    "c0VudHJ5GjYKFEZ1bmN0aW9uQWxpYXNlc0VudHJ5EgsKA2tleRgBIAEoCRINCgV2YWx1ZRgCIAEoCToCOAEaTwoSQ29sbGVjdGlvbkRlZkVudH" +
    "J5EgsKA2tleRgBIAEoCRIoCgV2YWx1ZRgCIAEoCzIZLnRlbnNvcmZsb3cuQ29sbGVjdGlvbkRlZjoCOAEaTQoRU2lnbmF0dXJlRGVmRW50cnkS" +
    "CwoDa2V5GAEgASgJEicKBXZhbHVlGAIgASgLMhgudGVuc29yZmxvdy5TaWduYXR1cmVEZWY6AjgBIl8KClNhdmVkTW9kZWwSIgoac2F2ZWRfbW" +
    "9kZWxfc2NoZW1hX3ZlcnNpb24YASABKAMSLQoLbWV0YV9ncmFwaHMYAiADKAsyGC50ZW5zb3JmbG93Lk1ldGFHcmFwaERlZiKWAQoJVmFsdWVz" +
    "RGVmEg4KBnZhbHVlcxgBIAMoCRJCCg9leHRlcm5hbF92YWx1ZXMYAiADKAsyKS50ZW5zb3JmbG93LlZhbHVlc0RlZi5FeHRlcm5hbFZhbHVlc0" +
    "VudHJ5GjUKE0V4dGVybmFsVmFsdWVzRW50cnkSCwoDa2V5GAEgASgJEg0KBXZhbHVlGAIgASgJOgI4ASLEAQoOQ29uZENvbnRleHREZWYSFAoM" +
    "Y29udGV4dF9uYW1lGAEgASgJEhEKCXByZWRfbmFtZRgCIAEoCRISCgpwaXZvdF9uYW1lGAMgASgJEg4KBmJyYW5jaBgEIAEoBRIpCgp2YWx1ZX" +
    "NfZGVmGAUgASgLMhUudGVuc29yZmxvdy5WYWx1ZXNEZWYSOgoPbmVzdGVkX2NvbnRleHRzGAYgAygLMiEudGVuc29yZmxvdy5Db250cm9sRmxv" +
    "d0NvbnRleHREZWYi9QIKD1doaWxlQ29udGV4dERlZhIUCgxjb250ZXh0X25hbWUYASABKAkSGwoTcGFyYWxsZWxfaXRlcmF0aW9ucxgCIAEoBR" +
    "IRCgliYWNrX3Byb3AYAyABKAgSEwoLc3dhcF9tZW1vcnkYBCABKAgSEgoKcGl2b3RfbmFtZRgFIAEoCRIbChNwaXZvdF9mb3JfcHJlZF9uYW1l" +
    "GAYgASgJEhsKE3Bpdm90X2Zvcl9ib2R5X25hbWUYByABKAkSFwoPbG9vcF9leGl0X25hbWVzGAggAygJEhgKEGxvb3BfZW50ZXJfbmFtZXMYCi" +
    "ADKAkSKQoKdmFsdWVzX2RlZhgJIAEoCzIVLnRlbnNvcmZsb3cuVmFsdWVzRGVmEh8KF21heGltdW1faXRlcmF0aW9uc19uYW1lGAsgASgJEjoK" +
    "D25lc3RlZF9jb250ZXh0cxgMIAMoCzIhLnRlbnNvcmZsb3cuQ29udHJvbEZsb3dDb250ZXh0RGVmIoMBChVDb250cm9sRmxvd0NvbnRleHREZW" +
    "YSLwoJY29uZF9jdHh0GAEgASgLMhoudGVuc29yZmxvdy5Db25kQ29udGV4dERlZkgAEjEKCndoaWxlX2N0eHQYAiABKAsyGy50ZW5zb3JmbG93" +
    "LldoaWxlQ29udGV4dERlZkgAQgYKBGN0eHQiqgEKDlF1ZXVlUnVubmVyRGVmEhIKCnF1ZXVlX25hbWUYASABKAkSFwoPZW5xdWV1ZV9vcF9uYW" +
    "1lGAIgAygJEhUKDWNsb3NlX29wX25hbWUYAyABKAkSFgoOY2FuY2VsX29wX25hbWUYBCABKAkSPAoccXVldWVfY2xvc2VkX2V4Y2VwdGlvbl90" +
    "eXBlcxgFIAMoDjIWLnRlbnNvcmZsb3cuZXJyb3IuQ29kZSLbAQoORmluZ2VycHJpbnREZWYSHAoUc2F2ZWRfbW9kZWxfY2hlY2tzdW0YASABKA" +
    "QSHgoWZ3JhcGhfZGVmX3Byb2dyYW1faGFzaBgCIAEoBBIaChJzaWduYXR1cmVfZGVmX2hhc2gYAyABKAQSHwoXc2F2ZWRfb2JqZWN0X2dyYXBo" +
    "X2hhc2gYBCABKAQSFwoPY2hlY2twb2ludF9oYXNoGAUgASgEEgwKBHV1aWQYByABKAkSJwoHdmVyc2lvbhgGIAEoCzIWLnRlbnNvcmZsb3cuVm" +
    "Vyc2lvbkRlZmIGcHJvdG8z",
  [file_error, file_graph, file_objects, file_google_protobuf_any],
);

export type SaverDef = Message<"tensorflow.SaverDef"> & {
  filenameTensorName: string;
  saveTensorName: string;
  restoreOpName: string;
  maxToKeep: number;
  sharded: boolean;
  keepCheckpointEveryNHours: number;
  version: SaverDef_CheckpointFormatVersion;
};
export const SaverDefSchema: GenMessage<SaverDef> = /*@__PURE__*/ messageDesc(file_model, 0);

export const SaverDef_CheckpointFormatVersion = {
  LEGACY: 0,
  V1: 1,
  V2: 2,
} as const;
export type SaverDef_CheckpointFormatVersion = number;
export const SaverDef_CheckpointFormatVersionSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(
  file_model,
  0,
  0,
);

export type TensorInfo = Message<"tensorflow.TensorInfo"> & {
  encoding:
    | { case: "name"; value: string }
    | { case: "cooSparse"; value: TensorInfo_CooSparse }
    | { case: "compositeTensor"; value: TensorInfo_CompositeTensor }
    | { case: undefined; value?: undefined };
  dtype: DataType;
  tensorShape?: TensorShapeProto | undefined;
};
export const TensorInfoSchema: GenMessage<TensorInfo> = /*@__PURE__*/ messageDesc(file_model, 1);

export type TensorInfo_CooSparse = Message<"tensorflow.TensorInfo.CooSparse"> & {
  valuesTensorName: string;
  indicesTensorName: string;
  denseShapeTensorName: string;
};
export const TensorInfo_CooSparseSchema: GenMessage<TensorInfo_CooSparse> =
  /*@__PURE__*/ messageDesc(file_model, 1, 0);

export type TensorInfo_CompositeTensor = Message<"tensorflow.TensorInfo.CompositeTensor"> & {
  typeSpec?: TypeSpecProto | undefined;
  components: TensorInfo[];
};
export const TensorInfo_CompositeTensorSchema: GenMessage<TensorInfo_CompositeTensor> =
  /*@__PURE__*/ messageDesc(file_model, 1, 1);

export type AssetFileDef = Message<"tensorflow.AssetFileDef"> & {
  tensorInfo?: TensorInfo | undefined;
  filename: string;
};
export const AssetFileDefSchema: GenMessage<AssetFileDef> = /*@__PURE__*/ messageDesc(
  file_model,
  2,
);

export type CollectionDef = Message<"tensorflow.CollectionDef"> & {
  kind:
    | { case: "nodeList"; value: CollectionDef_NodeList }
    | { case: "bytesList"; value: CollectionDef_BytesList }
    | { case: "int64List"; value: CollectionDef_Int64List }
    | { case: "floatList"; value: CollectionDef_FloatList }
    | { case: "anyList"; value: CollectionDef_AnyList }
    | { case: undefined; value?: undefined };
};
export const CollectionDefSchema: GenMessage<CollectionDef> = /*@__PURE__*/ messageDesc(
  file_model,
  3,
);

export type CollectionDef_NodeList = Message<"tensorflow.CollectionDef.NodeList"> & {
  value: string[];
};
export const CollectionDef_NodeListSchema: GenMessage<CollectionDef_NodeList> =
  /*@__PURE__*/ messageDesc(file_model, 3, 0);

export type CollectionDef_BytesList = Message<"tensorflow.CollectionDef.BytesList"> & {
  value: Uint8Array[];
};
export const CollectionDef_BytesListSchema: GenMessage<CollectionDef_BytesList> =
  /*@__PURE__*/ messageDesc(file_model, 3, 1);

export type CollectionDef_Int64List = Message<"tensorflow.CollectionDef.Int64List"> & {
  value: bigint[];
};
export const CollectionDef_Int64ListSchema: GenMessage<CollectionDef_Int64List> =
  /*@__PURE__*/ messageDesc(file_model, 3, 2);

export type CollectionDef_FloatList = Message<"tensorflow.CollectionDef.FloatList"> & {
  value: number[];
};
export const CollectionDef_FloatListSchema: GenMessage<CollectionDef_FloatList> =
  /*@__PURE__*/ messageDesc(file_model, 3, 3);

export type CollectionDef_AnyList = Message<"tensorflow.CollectionDef.AnyList"> & {
  value: Any[];
};
export const CollectionDef_AnyListSchema: GenMessage<CollectionDef_AnyList> =
  /*@__PURE__*/ messageDesc(file_model, 3, 4);

export type SignatureDef = Message<"tensorflow.SignatureDef"> & {
  inputs: { [key: string]: TensorInfo };
  outputs: { [key: string]: TensorInfo };
  methodName: string;
  defaults: { [key: string]: TensorProto };
};
export const SignatureDefSchema: GenMessage<SignatureDef> = /*@__PURE__*/ messageDesc(
  file_model,
  4,
);

export type MetaGraphDef = Message<"tensorflow.MetaGraphDef"> & {
  metaInfoDef?: MetaGraphDef_MetaInfoDef | undefined;
  graphDef?: GraphDef | undefined;
  saverDef?: SaverDef | undefined;
  collectionDef: { [key: string]: CollectionDef };
  signatureDef: { [key: string]: SignatureDef };
  assetFileDef: AssetFileDef[];
  objectGraphDef?: SavedObjectGraph | undefined;
};
export const MetaGraphDefSchema: GenMessage<MetaGraphDef> = /*@__PURE__*/ messageDesc(
  file_model,
  5,
);

export type MetaGraphDef_MetaInfoDef = Message<"tensorflow.MetaGraphDef.MetaInfoDef"> & {
  metaGraphVersion: string;
  strippedOpList?: OpList | undefined;
  anyInfo?: Any | undefined;
  tags: string[];
  tensorflowVersion: string;
  tensorflowGitVersion: string;
  strippedDefaultAttrs: boolean;
  functionAliases: { [key: string]: string };
};
export const MetaGraphDef_MetaInfoDefSchema: GenMessage<MetaGraphDef_MetaInfoDef> =
  /*@__PURE__*/ messageDesc(file_model, 5, 0);

export type SavedModel = Message<"tensorflow.SavedModel"> & {
  savedModelSchemaVersion: bigint;
  metaGraphs: MetaGraphDef[];
};
export const SavedModelSchema: GenMessage<SavedModel> = /*@__PURE__*/ messageDesc(file_model, 6);

export type ValuesDef = Message<"tensorflow.ValuesDef"> & {
  values: string[];
  externalValues: { [key: string]: string };
};
export const ValuesDefSchema: GenMessage<ValuesDef> = /*@__PURE__*/ messageDesc(file_model, 7);

export type CondContextDef = Message<"tensorflow.CondContextDef"> & {
  contextName: string;
  predName: string;
  pivotName: string;
  branch: number;
  valuesDef?: ValuesDef | undefined;
  nestedContexts: ControlFlowContextDef[];
};
export const CondContextDefSchema: GenMessage<CondContextDef> = /*@__PURE__*/ messageDesc(
  file_model,
  8,
);

export type WhileContextDef = Message<"tensorflow.WhileContextDef"> & {
  contextName: string;
  parallelIterations: number;
  backProp: boolean;
  swapMemory: boolean;
  pivotName: string;
  pivotForPredName: string;
  pivotForBodyName: string;
  loopExitNames: string[];
  loopEnterNames: string[];
  valuesDef?: ValuesDef | undefined;
  maximumIterationsName: string;
  nestedContexts: ControlFlowContextDef[];
};
export const WhileContextDefSchema: GenMessage<WhileContextDef> = /*@__PURE__*/ messageDesc(
  file_model,
  9,
);

export type ControlFlowContextDef = Message<"tensorflow.ControlFlowContextDef"> & {
  ctxt:
    | { case: "condCtxt"; value: CondContextDef }
    | { case: "whileCtxt"; value: WhileContextDef }
    | { case: undefined; value?: undefined };
};
export const ControlFlowContextDefSchema: GenMessage<ControlFlowContextDef> =
  /*@__PURE__*/ messageDesc(file_model, 10);

export type QueueRunnerDef = Message<"tensorflow.QueueRunnerDef"> & {
  queueName: string;
  enqueueOpName: string[];
  closeOpName: string;
  cancelOpName: string;
  queueClosedExceptionTypes: Code[];
};
export const QueueRunnerDefSchema: GenMessage<QueueRunnerDef> = /*@__PURE__*/ messageDesc(
  file_model,
  11,
);

export type FingerprintDef = Message<"tensorflow.FingerprintDef"> & {
  savedModelChecksum: bigint;
  graphDefProgramHash: bigint;
  signatureDefHash: bigint;
  savedObjectGraphHash: bigint;
  checkpointHash: bigint;
  uuid: string;
  version?: VersionDef | undefined;
};
export const FingerprintDefSchema: GenMessage<FingerprintDef> = /*@__PURE__*/ messageDesc(
  file_model,
  12,
);
