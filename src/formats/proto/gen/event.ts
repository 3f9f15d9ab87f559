// Made by scripts/proto.mjs from event.proto; change that file instead.
import type { Message } from "@bufbuild/protobuf";
import type { GenEnum, GenFile, GenMessage } from "@bufbuild/protobuf/codegenv2";
import { enumDesc, fileDesc, messageDesc } from "@bufbuild/protobuf/codegenv2";
import type { DataType, GraphDef, TensorProto, TensorShapeProto } from "./graph.ts";
import { file_graph } from "./graph.ts";

export const file_event: GenFile = /*@__PURE__*/ fileDesc(
  "CgtldmVudC5wcm90bxIKdGVuc29yZmxvdyJ/Cg5IaXN0b2dyYW1Qcm90bxILCgNtaW4YASABKAESCwoDbWF4GAIgASgBEgsKA251bRgDIAEoAR" +
    "ILCgNzdW0YBCABKAESEwoLc3VtX3NxdWFyZXMYBSABKAESFAoMYnVja2V0X2xpbWl0GAYgAygBEg4KBmJ1Y2tldBgHIAMoASLgAQoPU3VtbWFy" +
    "eU1ldGFkYXRhEjsKC3BsdWdpbl9kYXRhGAEgASgLMiYudGVuc29yZmxvdy5TdW1tYXJ5TWV0YWRhdGEuUGx1Z2luRGF0YRIUCgxkaXNwbGF5X2" +
    "5hbWUYAiABKAkSGwoTc3VtbWFyeV9kZXNjcmlwdGlvbhgDIAEoCRIpCgpkYXRhX2NsYXNzGAQgASgOMhUudGVuc29yZmxvdy5EYXRhQ2xhc3Ma" +
    "MgoKUGx1Z2luRGF0YRITCgtwbHVnaW5fbmFtZRgBIAEoCRIPCgdjb250ZW50GAIgASgMIt4ECgdTdW1tYXJ5EigKBXZhbHVlGAEgAygLMhkudG" +
    "Vuc29yZmxvdy5TdW1tYXJ5LlZhbHVlGlgKBUltYWdlEg4KBmhlaWdodBgBIAEoBRINCgV3aWR0aBgCIAEoBRISCgpjb2xvcnNwYWNlGAMgASgF" +
    "EhwKFGVuY29kZWRfaW1hZ2Vfc3RyaW5nGAQgASgMGn0KBUF1ZGlvEhMKC3NhbXBsZV9yYXRlGAEgASgCEhQKDG51bV9jaGFubmVscxgCIAEoAx" +
    "IVCg1sZW5ndGhfZnJhbWVzGAMgASgDEhwKFGVuY29kZWRfYXVkaW9fc3RyaW5nGAQgASgMEhQKDGNvbnRlbnRfdHlwZRgFIAEoCRrPAgoFVmFs" +
    "dWUSEQoJbm9kZV9uYW1lGAcgASgJEgsKA3RhZxgBIAEoCRItCghtZXRhZGF0YRgJIAEoCzIbLnRlbnNvcmZsb3cuU3VtbWFyeU1ldGFkYXRhEh" +
    "YKDHNpbXBsZV92YWx1ZRgCIAEoAkgAEiYKHG9ic29sZXRlX29sZF9zdHlsZV9oaXN0b2dyYW0YAyABKAxIABIqCgVpbWFnZRgEIAEoCzIZLnRl" +
    "bnNvcmZsb3cuU3VtbWFyeS5JbWFnZUgAEisKBWhpc3RvGAUgASgLMhoudGVuc29yZmxvdy5IaXN0b2dyYW1Qcm90b0gAEioKBWF1ZGlvGAYgAS" +
    "gLMhkudGVuc29yZmxvdy5TdW1tYXJ5LkF1ZGlvSAASKQoGdGVuc29yGAggASgLMhcudGVuc29yZmxvdy5UZW5zb3JQcm90b0gAQgcKBXZhbHVl" +
    "IqMBChVBbGxvY2F0aW9uRGVzY3JpcHRpb24SFwoPcmVxdWVzdGVkX2J5dGVzGAEgASgDEhcKD2FsbG9jYXRlZF9ieXRlcxgCIAEoAxIWCg5hbG" +
    "xvY2F0b3JfbmFtZRgDIAEoCRIVCg1hbGxvY2F0aW9uX2lkGAQgASgDEhwKFGhhc19zaW5nbGVfcmVmZXJlbmNlGAUgASgIEgsKA3B0chgGIAEo" +
    "BCKoAQoRVGVuc29yRGVzY3JpcHRpb24SIwoFZHR5cGUYASABKA4yFC50ZW5zb3JmbG93LkRhdGFUeXBlEisKBXNoYXBlGAIgASgLMhwudGVuc2" +
    "9yZmxvdy5UZW5zb3JTaGFwZVByb3RvEkEKFmFsbG9jYXRpb25fZGVzY3JpcHRpb24YBCABKAsyIS50ZW5zb3JmbG93LkFsbG9jYXRpb25EZXNj" +
    "cmlwdGlvbiI9ChBBbGxvY2F0aW9uUmVjb3JkEhQKDGFsbG9jX21pY3JvcxgBIAEoAxITCgthbGxvY19ieXRlcxgCIAEoAyLEAQoTQWxsb2NhdG" +
    "9yTWVtb3J5VXNlZBIWCg5hbGxvY2F0b3JfbmFtZRgBIAEoCRITCgt0b3RhbF9ieXRlcxgCIAEoAxISCgpwZWFrX2J5dGVzGAMgASgDEhIKCmxp" +
    "dmVfYnl0ZXMYBCABKAMSOAoSYWxsb2NhdGlvbl9yZWNvcmRzGAYgAygLMhwudGVuc29yZmxvdy5BbGxvY2F0aW9uUmVjb3JkEh4KFmFsbG9jYX" +
    "Rvcl9ieXRlc19pbl91c2UYBSABKAMiVQoKTm9kZU91dHB1dBIMCgRzbG90GAEgASgFEjkKEnRlbnNvcl9kZXNjcmlwdGlvbhgDIAEoCzIdLnRl" +
    "bnNvcmZsb3cuVGVuc29yRGVzY3JpcHRpb24i4AEKC01lbW9yeVN0YXRzEhgKEHRlbXBfbWVtb3J5X3NpemUYASABKAMSHgoWcGVyc2lzdGVudF" +
    "9tZW1vcnlfc2l6ZRgDIAEoAxIjChtwZXJzaXN0ZW50X3RlbnNvcl9hbGxvY19pZHMYBSADKAMSHwoXZGV2aWNlX3RlbXBfbWVtb3J5X3NpemUY" +
    "AiABKAMSJQodZGV2aWNlX3BlcnNpc3RlbnRfbWVtb3J5X3NpemUYBCABKAMSKgoiZGV2aWNlX3BlcnNpc3RlbnRfdGVuc29yX2FsbG9jX2lkcx" +
    "gGIAMoAyKeBAoNTm9kZUV4ZWNTdGF0cxIRCglub2RlX25hbWUYASABKAkSGAoQYWxsX3N0YXJ0X21pY3JvcxgCIAEoAxIbChNvcF9zdGFydF9y" +
    "ZWxfbWljcm9zGAMgASgDEhkKEW9wX2VuZF9yZWxfbWljcm9zGAQgASgDEhoKEmFsbF9lbmRfcmVsX21pY3JvcxgFIAEoAxIvCgZtZW1vcnkYBi" +
    "ADKAsyHy50ZW5zb3JmbG93LkFsbG9jYXRvck1lbW9yeVVzZWQSJgoGb3V0cHV0GAcgAygLMhYudGVuc29yZmxvdy5Ob2RlT3V0cHV0EhYKDnRp" +
    "bWVsaW5lX2xhYmVsGAggASgJEhgKEHNjaGVkdWxlZF9taWNyb3MYCSABKAMSEQoJdGhyZWFkX2lkGAogASgNEjwKEXJlZmVyZW5jZWRfdGVuc2" +
    "9yGAsgAygLMiEudGVuc29yZmxvdy5BbGxvY2F0aW9uRGVzY3JpcHRpb24SLQoMbWVtb3J5X3N0YXRzGAwgASgLMhcudGVuc29yZmxvdy5NZW1v" +
    "cnlTdGF0cxIXCg9hbGxfc3RhcnRfbmFub3MYDSABKAMSGgoSb3Bfc3RhcnRfcmVsX25hbm9zGA4gASgDEhgKEG9wX2VuZF9yZWxfbmFub3MYDy" +
    "ABKAMSGQoRYWxsX2VuZF9yZWxfbmFub3MYECABKAMSFwoPc2NoZWR1bGVkX25hbm9zGBEgASgDIsgBCg9EZXZpY2VTdGVwU3RhdHMSDgoGZGV2" +
    "aWNlGAEgASgJEi0KCm5vZGVfc3RhdHMYAiADKAsyGS50ZW5zb3JmbG93Lk5vZGVFeGVjU3RhdHMSQgoMdGhyZWFkX25hbWVzGAMgAygLMiwudG" +
    "Vuc29yZmxvdy5EZXZpY2VTdGVwU3RhdHMuVGhyZWFkTmFtZXNFbnRyeRoyChBUaHJlYWROYW1lc0VudHJ5EgsKA2tleRgBIAEoDRINCgV2YWx1" +
    "ZRgCIAEoCToCOAEiOwoJU3RlcFN0YXRzEi4KCWRldl9zdGF0cxgBIAMoCzIbLnRlbnNvcmZsb3cuRGV2aWNlU3RlcFN0YXRzIr4GCgxDb3N0R3" +
    "JhcGhEZWYSKwoEbm9kZRgBIAMoCzIdLnRlbnNvcmZsb3cuQ29zdEdyYXBoRGVmLk5vZGUSNQoEY29zdBgCIAMoCzInLnRlbnNvcmZsb3cuQ29z" +
    "dEdyYXBoRGVmLkFnZ3JlZ2F0ZWRDb3N0GpYFCgROb2RlEgwKBG5hbWUYASABKAkSDgoGZGV2aWNlGAIgASgJEgoKAmlkGAMgASgFEjsKCmlucH" +
    "V0X2luZm8YBCADKAsyJy50ZW5zb3JmbG93LkNvc3RHcmFwaERlZi5Ob2RlLklucHV0SW5mbxI9CgtvdXRwdXRfaW5mbxgFIAMoCzIoLnRlbnNv" +
    "cmZsb3cuQ29zdEdyYXBoRGVmLk5vZGUuT3V0cHV0SW5mbxIdChV0ZW1wb3JhcnlfbWVtb3J5X3NpemUYBiABKAMSHgoWcGVyc2lzdGVudF9tZW" +
    "1vcnlfc2l6ZRgMIAEoAxIdChVob3N0X3RlbXBfbWVtb3J5X3NpemUYCiABKAMSHwoXZGV2aWNlX3RlbXBfbWVtb3J5X3NpemUYCyABKAMSJQod" +
    "ZGV2aWNlX3BlcnNpc3RlbnRfbWVtb3J5X3NpemUYECABKAMSFAoMY29tcHV0ZV9jb3N0GAkgASgDEhQKDGNvbXB1dGVfdGltZRgOIAEoAxITCg" +
    "ttZW1vcnlfdGltZRgPIAEoAxIQCghpc19maW5hbBgHIAEoCBIVCg1jb250cm9sX2lucHV0GAggAygFEhIKCmluYWNjdXJhdGUYESABKAgaOwoJ" +
    "SW5wdXRJbmZvEhYKDnByZWNlZGluZ19ub2RlGAEgASgFEhYKDnByZWNlZGluZ19wb3J0GAIgASgFGoYBCgpPdXRwdXRJbmZvEgwKBHNpemUYAS" +
    "ABKAMSGAoQYWxpYXNfaW5wdXRfcG9ydBgCIAEoAxIrCgVzaGFwZRgDIAEoCzIcLnRlbnNvcmZsb3cuVGVuc29yU2hhcGVQcm90bxIjCgVkdHlw" +
    "ZRgEIAEoDjIULnRlbnNvcmZsb3cuRGF0YVR5cGUaMQoOQWdncmVnYXRlZENvc3QSDAoEY29zdBgBIAEoAhIRCglkaW1lbnNpb24YAiABKAkiMA" +
    "oPU2Vzc2lvbk1ldGFkYXRhEgwKBG5hbWUYASABKAkSDwoHdmVyc2lvbhgCIAEoAyK+AwoLUnVuTWV0YWRhdGESKQoKc3RlcF9zdGF0cxgBIAEo" +
    "CzIVLnRlbnNvcmZsb3cuU3RlcFN0YXRzEiwKCmNvc3RfZ3JhcGgYAiABKAsyGC50ZW5zb3JmbG93LkNvc3RHcmFwaERlZhIuChBwYXJ0aXRpb2" +
    "5fZ3JhcGhzGAMgAygLMhQudGVuc29yZmxvdy5HcmFwaERlZhI/Cg9mdW5jdGlvbl9ncmFwaHMYBCADKAsyJi50ZW5zb3JmbG93LlJ1bk1ldGFk" +
    "YXRhLkZ1bmN0aW9uR3JhcGhzEjUKEHNlc3Npb25fbWV0YWRhdGEYBSABKAsyGy50ZW5zb3JmbG93LlNlc3Npb25NZXRhZGF0YRqtAQoORnVuY3" +
    "Rpb25HcmFwaHMSLgoQcGFydGl0aW9uX2dyYXBocxgBIAMoCzIULnRlbnNvcmZsb3cuR3JhcGhEZWYSNAoWcHJlX29wdGltaXphdGlvbl9ncmFw" +
    "aBgCIAEoCzIULnRlbnNvcmZsb3cuR3JhcGhEZWYSNQoXcG9zdF9vcHRpbWl6YXRpb25fZ3JhcGgYAyABKAsyFC50ZW5zb3JmbG93LkdyYXBoRG" +
    "VmIpkBCgpMb2dNZXNzYWdlEisKBWxldmVsGAEgASgOMhwudGVuc29yZmxvdy5Mb2dNZXNzYWdlLkxldmVsEg8KB21lc3NhZ2UYAiABKAkiTQoF" +
    "TGV2ZWwSCwoHVU5LTk9XThAAEg0KCURFQlVHR0lORxAKEggKBElORk8QFBIICgRXQVJOEB4SCQoFRVJST1IQKBIJCgVGQVRBTBAyIrYBCgpTZX" +
    "NzaW9uTG9nEjQKBnN0YXR1cxgBIAEoDjIkLnRlbnNvcmZsb3cuU2Vzc2lvbkxvZy5TZXNzaW9uU3RhdHVzEhcKD2NoZWNrcG9pbnRfcGF0aBgC" +
    "IAEoCRILCgNtc2cYAyABKAkiTAoNU2Vzc2lvblN0YXR1cxIWChJTVEFUVVNfVU5TUEVDSUZJRUQQABIJCgVTVEFSVBABEggKBFNUT1AQAhIOCg" +
    "pDSEVDS1BPSU5UEAMiNgoRVGFnZ2VkUnVuTWV0YWRhdGESCwoDdGFnGAEgASgJEhQKDHJ1bl9tZXRhZGF0YRgCIAEoDCIgCg5Tb3VyY2VNZXRh" +
    "ZGF0YRIOCgZ3cml0ZXIYASABKAki8AIKBUV2ZW50EhEKCXdhbGxfdGltZRgBIAEoARIMCgRzdGVwGAIgASgDEhYKDGZpbGVfdmVyc2lvbhgDIA" +
    "EoCUgAEhMKCWdyYXBoX2RlZhgEIAEoDEgAEiYKB3N1bW1hcnkYBSABKAsyEy50ZW5zb3JmbG93LlN1bW1hcnlIABItCgtsb2dfbWVzc2FnZRgG" +
    "IAEoCzIWLnRlbnNvcmZsb3cuTG9nTWVzc2FnZUgAEi0KC3Nlc3Npb25fbG9nGAcgASgLMhYudGVuc29yZmxvdy5TZXNzaW9uTG9nSAASPAoTdG" +
    "FnZ2VkX3J1bl9tZXRhZGF0YRgIIAEoCzIdLnRlbnNvcmZsb3cuVGFnZ2VkUnVuTWV0YWRhdGFIABIYCg5tZXRhX2dyYXBoX2RlZhgJIAEoDEgA" +
    "EjMKD3NvdXJjZV9tZXRhZGF0YRgKIAEoCzIaLnRlbnNvcmZsb3cuU291cmNlTWV0YWRhdGFCBgoEd2hhdCpvCglEYXRhQ2xhc3MSFgoSREFUQV" +
    "9DTEFTU19VTktOT1dOEAASFQoRREFUQV9DTEFTU19TQ0FMQVIQARIVChFEQVRBX0NMQVNTX1RFTlNPUhACEhwKGERBVEFfQ0xBU1NfQkxPQl9T" +
    "RVFVRU5DRRADYgZwcm90bzM",
  [file_graph],
);

export const DataClass = {
  DATA_CLASS_UNKNOWN: 0,
  DATA_CLASS_SCALAR: 1,
  DATA_CLASS_TENSOR: 2,
  DATA_CLASS_BLOB_SEQUENCE: 3,
} as const;
export type DataClass = number;
export const DataClassSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(file_event, 0);

export type HistogramProto = Message<"tensorflow.HistogramProto"> & {
  min: number;
  max: number;
  num: number;
  sum: number;
  sumSquares: number;
  bucketLimit: number[];
  bucket: number[];
};
export const HistogramProtoSchema: GenMessage<HistogramProto> = /*@__PURE__*/ messageDesc(
  file_event,
  0,
);

export type SummaryMetadata = Message<"tensorflow.SummaryMetadata"> & {
  pluginData?: SummaryMetadata_PluginData | undefined;
  displayName: string;
  summaryDescription: string;
  dataClass: DataClass;
};
export const SummaryMetadataSchema: GenMessage<SummaryMetadata> = /*@__PURE__*/ messageDesc(
  file_event,
  1,
);

export type SummaryMetadata_PluginData = Message<"tensorflow.SummaryMetadata.PluginData"> & {
  pluginName: string;
  content: Uint8Array;
};
export const SummaryMetadata_PluginDataSchema: GenMessage<SummaryMetadata_PluginData> =
  /*@__PURE__*/ messageDesc(file_event, 1, 0);

export type Summary = Message<"tensorflow.Summary"> & {
  value: Summary_Value[];
};
export const SummarySchema: GenMessage<Summary> = /*@__PURE__*/ messageDesc(file_event, 2);

export type Summary_Image = Message<"tensorflow.Summary.Image"> & {
  height: number;
  width: number;
  colorspace: number;
  encodedImageString: Uint8Array;
};
export const Summary_ImageSchema: GenMessage<Summary_Image> = /*@__PURE__*/ messageDesc(
  file_event,
  2,
  0,
);

export type Summary_Audio = Message<"tensorflow.Summary.Audio"> & {
  sampleRate: number;
  numChannels: bigint;
  lengthFrames: bigint;
  encodedAudioString: Uint8Array;
  contentType: string;
};
export const Summary_AudioSchema: GenMessage<Summary_Audio> = /*@__PURE__*/ messageDesc(
  file_event,
  2,
  1,
);

export type Summary_Value = Message<"tensorflow.Summary.Value"> & {
  nodeName: string;
  tag: string;
  metadata?: SummaryMetadata | undefined;
  value:
    | { case: "simpleValue"; value: number }
    | { case: "obsoleteOldStyleHistogram"; value: Uint8Array }
    | { case: "image"; value: Summary_Image }
    | { case: "histo"; value: HistogramProto }
    | { case: "audio"; value: Summary_Audio }
    | { case: "tensor"; value: TensorProto }
    | { case: undefined; value?: undefined };
};
export const Summary_ValueSchema: GenMessage<Summary_Value> = /*@__PURE__*/ messageDesc(
  file_event,
  2,
  2,
);

export type AllocationDescription = Message<"tensorflow.AllocationDescription"> & {
  requestedBytes: bigint;
  allocatedBytes: bigint;
  allocatorName: string;
  allocationId: bigint;
  hasSingleReference: boolean;
  ptr: bigint;
};
export const AllocationDescriptionSchema: GenMessage<AllocationDescription> =
  /*@__PURE__*/ messageDesc(file_event, 3);

export type TensorDescription = Message<"tensorflow.TensorDescription"> & {
  dtype: DataType;
  shape?: TensorShapeProto | undefined;
  allocationDescription?: AllocationDescription | undefined;
};
export const TensorDescriptionSchema: GenMessage<TensorDescription> = /*@__PURE__*/ messageDesc(
  file_event,
  4,
);

export type AllocationRecord = Message<"tensorflow.AllocationRecord"> & {
  allocMicros: bigint;
  allocBytes: bigint;
};
export const AllocationRecordSchema: GenMessage<AllocationRecord> = /*@__PURE__*/ messageDesc(
  file_event,
  5,
);

export type AllocatorMemoryUsed = Message<"tensorflow.AllocatorMemoryUsed"> & {
  allocatorName: string;
  totalBytes: bigint;
  peakBytes: bigint;
  liveBytes: bigint;
  allocationRecords: AllocationRecord[];
  allocatorBytesInUse: bigint;
};
export const AllocatorMemoryUsedSchema: GenMessage<AllocatorMemoryUsed> = /*@__PURE__*/ messageDesc(
  file_event,
  6,
);

export type NodeOutput = Message<"tensorflow.NodeOutput"> & {
  slot: number;
  tensorDescription?: TensorDescription | undefined;
};
export const NodeOutputSchema: GenMessage<NodeOutput> = /*@__PURE__*/ messageDesc(file_event, 7);

export type MemoryStats = Message<"tensorflow.MemoryStats"> & {
  tempMemorySize: bigint;
  persistentMemorySize: bigint;
  persistentTensorAllocIds: bigint[];
  deviceTempMemorySize: bigint;
  devicePersistentMemorySize: bigint;
  devicePersistentTensorAllocIds: bigint[];
};
export const MemoryStatsSchema: GenMessage<MemoryStats> = /*@__PURE__*/ messageDesc(file_event, 8);

export type NodeExecStats = Message<"tensorflow.NodeExecStats"> & {
  nodeName: string;
  allStartMicros: bigint;
  opStartRelMicros: bigint;
  opEndRelMicros: bigint;
  allEndRelMicros: bigint;
  memory: AllocatorMemoryUsed[];
  output: NodeOutput[];
  timelineLabel: string;
  scheduledMicros: bigint;
  threadId: number;
  referencedTensor: AllocationDescription[];
  memoryStats?: MemoryStats | undefined;
  allStartNanos: bigint;
  opStartRelNanos: bigint;
  opEndRelNanos: bigint;
  allEndRelNanos: bigint;
  scheduledNanos: bigint;
};
export const NodeExecStatsSchema: GenMessage<NodeExecStats> = /*@__PURE__*/ messageDesc(
  file_event,
  9,
);

export type DeviceStepStats = Message<"tensorflow.DeviceStepStats"> & {
  device: string;
  nodeStats: NodeExecStats[];
  threadNames: { [key: number]: string };
};
export const DeviceStepStatsSchema: GenMessage<DeviceStepStats> = /*@__PURE__*/ messageDesc(
  file_event,
  10,
);

export type StepStats = Message<"tensorflow.StepStats"> & {
  devStats: DeviceStepStats[];
};
export const StepStatsSchema: GenMessage<StepStats> = /*@__PURE__*/ messageDesc(file_event, 11);

export type CostGraphDef = Message<"tensorflow.CostGraphDef"> & {
  node: CostGraphDef_Node[];
  cost: CostGraphDef_AggregatedCost[];
};
export const CostGraphDefSchema: GenMessage<CostGraphDef> = /*@__PURE__*/ messageDesc(
  file_event,
  12,
);

export type CostGraphDef_Node = Message<"tensorflow.CostGraphDef.Node"> & {
  name: string;
  device: string;
  id: number;
  inputInfo: CostGraphDef_Node_InputInfo[];
  outputInfo: CostGraphDef_Node_OutputInfo[];
  temporaryMemorySize: bigint;
  persistentMemorySize: bigint;
  hostTempMemorySize: bigint;
  deviceTempMemorySize: bigint;
  devicePersistentMemorySize: bigint;
  computeCost: bigint;
  computeTime: bigint;
  memoryTime: bigint;
  isFinal: boolean;
  controlInput: number[];
  inaccurate: boolean;
};
export const CostGraphDef_NodeSchema: GenMessage<CostGraphDef_Node> = /*@__PURE__*/ messageDesc(
  file_event,
  12,
  0,
);

export type CostGraphDef_Node_InputInfo = Message<"tensorflow.CostGraphDef.Node.InputInfo"> & {
  precedingNode: number;
  precedingPort: number;
};
export const CostGraphDef_Node_InputInfoSchema: GenMessage<CostGraphDef_Node_InputInfo> =
  /*@__PURE__*/ messageDesc(file_event, 12, 0, 0);

export type CostGraphDef_Node_OutputInfo = Message<"tensorflow.CostGraphDef.Node.OutputInfo"> & {
  size: bigint;
  aliasInputPort: bigint;
  shape?: TensorShapeProto | undefined;
  dtype: DataType;
};
export const CostGraphDef_Node_OutputInfoSchema: GenMessage<CostGraphDef_Node_OutputInfo> =
  /*@__PURE__*/ messageDesc(file_event, 12, 0, 1);

export type CostGraphDef_AggregatedCost = Message<"tensorflow.CostGraphDef.AggregatedCost"> & {
  cost: number;
  dimension: string;
};
export const CostGraphDef_AggregatedCostSchema: GenMessage<CostGraphDef_AggregatedCost> =
  /*@__PURE__*/ messageDesc(file_event, 12, 1);

export type SessionMetadata = Message<"tensorflow.SessionMetadata"> & {
  name: string;
  version: bigint;
};
export const SessionMetadataSchema: GenMessage<SessionMetadata> = /*@__PURE__*/ messageDesc(
  file_event,
  13,
);

export type RunMetadata = Message<"tensorflow.RunMetadata"> & {
  stepStats?: StepStats | undefined;
  costGraph?: CostGraphDef | undefined;
  partitionGraphs: GraphDef[];
  functionGraphs: RunMetadata_FunctionGraphs[];
  sessionMetadata?: SessionMetadata | undefined;
};
export const RunMetadataSchema: GenMessage<RunMetadata> = /*@__PURE__*/ messageDesc(file_event, 14);

export type RunMetadata_FunctionGraphs = Message<"tensorflow.RunMetadata.FunctionGraphs"> & {
  partitionGraphs: GraphDef[];
  preOptimizationGraph?: GraphDef | undefined;
  postOptimizationGraph?: GraphDef | undefined;
};
export const RunMetadata_FunctionGraphsSchema: GenMessage<RunMetadata_FunctionGraphs> =
  /*@__PURE__*/ messageDesc(file_event, 14, 0);

export type LogMessage = Message<"tensorflow.LogMessage"> & {
  level: LogMessage_Level;
  message: string;
};
export const LogMessageSchema: GenMessage<LogMessage> = /*@__PURE__*/ messageDesc(file_event, 15);

export const LogMessage_Level = {
  UNKNOWN: 0,
  DEBUGGING: 10,
  INFO: 20,
  WARN: 30,
  ERROR: 40,
  FATAL: 50,
} as const;
export type LogMessage_Level = number;
export const LogMessage_LevelSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(file_event, 15, 0);

export type SessionLog = Message<"tensorflow.SessionLog"> & {
  status: SessionLog_SessionStatus;
  checkpointPath: string;
  msg: string;
};
export const SessionLogSchema: GenMessage<SessionLog> = /*@__PURE__*/ messageDesc(file_event, 16);

export const SessionLog_SessionStatus = {
  STATUS_UNSPECIFIED: 0,
  START: 1,
  STOP: 2,
  CHECKPOINT: 3,
} as const;
export type SessionLog_SessionStatus = number;
export const SessionLog_SessionStatusSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(
  file_event,
  16,
  0,
);

export type TaggedRunMetadata = Message<"tensorflow.TaggedRunMetadata"> & {
  tag: string;
  runMetadata: Uint8Array;
};
export const TaggedRunMetadataSchema: GenMessage<TaggedRunMetadata> = /*@__PURE__*/ messageDesc(
  file_event,
  17,
);

export type SourceMetadata = Message<"tensorflow.SourceMetadata"> & {
  writer: string;
};
export const SourceMetadataSchema: GenMessage<SourceMetadata> = /*@__PURE__*/ messageDesc(
  file_event,
  18,
);

export type Event = Message<"tensorflow.Event"> & {
  wallTime: number;
  step: bigint;
  what:
    | { case: "fileVersion"; value: string }
    | { case: "graphDef"; value: Uint8Array }
    | { case: "summary"; value: Summary }
    | { case: "logMessage"; value: LogMessage }
    | { case: "sessionLog"; value: SessionLog }
    | { case: "taggedRunMetadata"; value: TaggedRunMetadata }
    | { case: "metaGraphDef"; value: Uint8Array }
    | { case: undefined; value?: undefined };
  sourceMetadata?: SourceMetadata | undefined;
};
export const EventSchema: GenMessage<Event> = /*@__PURE__*/ messageDesc(file_event, 19);
