// Made by scripts/proto.mjs from checkpoint.proto; change that file instead.
import type { Message } from "@bufbuild/protobuf";
import type { GenEnum, GenFile, GenMessage } from "@bufbuild/protobuf/codegenv2";
import { enumDesc, fileDesc, messageDesc } from "@bufbuild/protobuf/codegenv2";
import type { DataType, TensorProto, TensorShapeProto, VersionDef } from "./graph.ts";
import { file_graph } from "./graph.ts";

export const file_checkpoint: GenFile = /*@__PURE__*/ fileDesc(
  "ChBjaGVja3BvaW50LnByb3RvEgp0ZW5zb3JmbG93IoUBChBUZW5zb3JTbGljZVByb3RvEjMKBmV4dGVudBgBIAMoCzIjLnRlbnNvcmZsb3cuVG" +
    "Vuc29yU2xpY2VQcm90by5FeHRlbnQaPAoGRXh0ZW50Eg0KBXN0YXJ0GAEgASgDEhAKBmxlbmd0aBgCIAEoA0gAQhEKD2hhc19sZW5ndGhfaGFj" +
    "ayKxAQoRQnVuZGxlSGVhZGVyUHJvdG8SEgoKbnVtX3NoYXJkcxgBIAEoBRI8CgplbmRpYW5uZXNzGAIgASgOMigudGVuc29yZmxvdy5CdW5kbG" +
    "VIZWFkZXJQcm90by5FbmRpYW5uZXNzEicKB3ZlcnNpb24YAyABKAsyFi50ZW5zb3JmbG93LlZlcnNpb25EZWYiIQoKRW5kaWFubmVzcxIKCgZM" +
    "SVRUTEUQABIHCgNCSUcQASLSAQoQQnVuZGxlRW50cnlQcm90bxIjCgVkdHlwZRgBIAEoDjIULnRlbnNvcmZsb3cuRGF0YVR5cGUSKwoFc2hhcG" +
    "UYAiABKAsyHC50ZW5zb3JmbG93LlRlbnNvclNoYXBlUHJvdG8SEAoIc2hhcmRfaWQYAyABKAUSDgoGb2Zmc2V0GAQgASgDEgwKBHNpemUYBSAB" +
    "KAMSDgoGY3JjMzJjGAYgASgHEiwKBnNsaWNlcxgHIAMoCzIcLnRlbnNvcmZsb3cuVGVuc29yU2xpY2VQcm90byKcAQoOU2F2ZWRTbGljZU1ldG" +
    "ESDAoEbmFtZRgBIAEoCRIrCgVzaGFwZRgCIAEoCzIcLnRlbnNvcmZsb3cuVGVuc29yU2hhcGVQcm90bxIiCgR0eXBlGAMgASgOMhQudGVuc29y" +
    "Zmxvdy5EYXRhVHlwZRIrCgVzbGljZRgEIAMoCzIcLnRlbnNvcmZsb3cuVGVuc29yU2xpY2VQcm90byJsChRTYXZlZFRlbnNvclNsaWNlTWV0YR" +
    "IqCgZ0ZW5zb3IYASADKAsyGi50ZW5zb3JmbG93LlNhdmVkU2xpY2VNZXRhEigKCHZlcnNpb25zGAIgASgLMhYudGVuc29yZmxvdy5WZXJzaW9u" +
    "RGVmIm4KClNhdmVkU2xpY2USDAoEbmFtZRgBIAEoCRIrCgVzbGljZRgCIAEoCzIcLnRlbnNvcmZsb3cuVGVuc29yU2xpY2VQcm90bxIlCgRkYX" +
    "RhGAMgASgLMhcudGVuc29yZmxvdy5UZW5zb3JQcm90byJpChFTYXZlZFRlbnNvclNsaWNlcxIuCgRtZXRhGAEgASgLMiAudGVuc29yZmxvdy5T" +
    "YXZlZFRlbnNvclNsaWNlTWV0YRIkCgRkYXRhGAIgASgLMhYudGVuc29yZmxvdy5TYXZlZFNsaWNlIp8BCg9DaGVja3BvaW50U3RhdGUSHQoVbW" +
    "9kZWxfY2hlY2twb2ludF9wYXRoGAEgASgJEiIKGmFsbF9tb2RlbF9jaGVja3BvaW50X3BhdGhzGAIgAygJEicKH2FsbF9tb2RlbF9jaGVja3Bv" +
    "aW50X3RpbWVzdGFtcHMYAyADKAESIAoYbGFzdF9wcmVzZXJ2ZWRfdGltZXN0YW1wGAQgASgBYgZwcm90bzM",
  [file_graph],
);

export type TensorSliceProto = Message<"tensorflow.TensorSliceProto"> & {
  extent: TensorSliceProto_Extent[];
};
export const TensorSliceProtoSchema: GenMessage<TensorSliceProto> = /*@__PURE__*/ messageDesc(
  file_checkpoint,
  0,
);

export type TensorSliceProto_Extent = Message<"tensorflow.TensorSliceProto.Extent"> & {
  start: bigint;
  hasLengthHack: { case: "length"; value: bigint } | { case: undefined; value?: undefined };
};
export const TensorSliceProto_ExtentSchema: GenMessage<TensorSliceProto_Extent> =
  /*@__PURE__*/ messageDesc(file_checkpoint, 0, 0);

export type BundleHeaderProto = Message<"tensorflow.BundleHeaderProto"> & {
  numShards: number;
  endianness: BundleHeaderProto_Endianness;
  version?: VersionDef | undefined;
};
export const BundleHeaderProtoSchema: GenMessage<BundleHeaderProto> = /*@__PURE__*/ messageDesc(
  file_checkpoint,
  1,
);

export const BundleHeaderProto_Endianness = {
  LITTLE: 0,
  BIG: 1,
} as const;
export type BundleHeaderProto_Endianness = number;
export const BundleHeaderProto_EndiannessSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(
  file_checkpoint,
  1,
  0,
);

export type BundleEntryProto = Message<"tensorflow.BundleEntryProto"> & {
  dtype: DataType;
  shape?: TensorShapeProto | undefined;
  shardId: number;
  offset: bigint;
  size: bigint;
  crc32c: number;
  slices: TensorSliceProto[];
};
export const BundleEntryProtoSchema: GenMessage<BundleEntryProto> = /*@__PURE__*/ messageDesc(
  file_checkpoint,
  2,
);

export type SavedSliceMeta = Message<"tensorflow.SavedSliceMeta"> & {
  name: string;
  shape?: TensorShapeProto | undefined;
  type: DataType;
  slice: TensorSliceProto[];
};
export const SavedSliceMetaSchema: GenMessage<SavedSliceMeta> = /*@__PURE__*/ messageDesc(
  file_checkpoint,
  3,
);

export type SavedTensorSliceMeta = Message<"tensorflow.SavedTensorSliceMeta"> & {
  tensor: SavedSliceMeta[];
  versions?: VersionDef | undefined;
};
export const SavedTensorSliceMetaSchema: GenMessage<SavedTensorSliceMeta> =
  /*@__PURE__*/ messageDesc(file_checkpoint, 4);

export type SavedSlice = Message<"tensorflow.SavedSlice"> & {
  name: string;
  slice?: TensorSliceProto | undefined;
  data?: TensorProto | undefined;
};
export const SavedSliceSchema: GenMessage<SavedSlice> = /*@__PURE__*/ messageDesc(
  file_checkpoint,
  5,
);

export type SavedTensorSlices = Message<"tensorflow.SavedTensorSlices"> & {
  meta?: SavedTensorSliceMeta | undefined;
  data?: SavedSlice | undefined;
};
export const SavedTensorSlicesSchema: GenMessage<SavedTensorSlices> = /*@__PURE__*/ messageDesc(
  file_checkpoint,
  6,
);

export type CheckpointState = Message<"tensorflow.CheckpointState"> & {
  modelCheckpointPath: string;
  allModelCheckpointPaths: string[];
  allModelCheckpointTimestamps: number[];
  lastPreservedTimestamp: number;
};
export const CheckpointStateSchema: GenMessage<CheckpointState> = /*@__PURE__*/ messageDesc(
  file_checkpoint,
  7,
);
