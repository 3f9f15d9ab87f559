// Made by scripts/proto.mjs from objects.proto; change that file instead.
import type { Message } from "@bufbuild/protobuf";
import type { GenEnum, GenFile, GenMessage } from "@bufbuild/protobuf/codegenv2";
import { enumDesc, fileDesc, messageDesc } from "@bufbuild/protobuf/codegenv2";
import type { Any } from "@bufbuild/protobuf/wkt";
import { file_google_protobuf_any, file_google_protobuf_wrappers } from "@bufbuild/protobuf/wkt";
import type { DataType, TensorProto, TensorShapeProto, VersionDef } from "./graph.ts";
import { file_graph } from "./graph.ts";

export const file_objects: GenFile = /*@__PURE__*/ fileDesc(
  "Cg1vYmplY3RzLnByb3RvEgp0ZW5zb3JmbG93ImAKEFNhdmVTbGljZUluZm9EZWYSEQoJZnVsbF9uYW1lGAEgASgJEhIKCmZ1bGxfc2hhcGUYAi" +
    "ADKAMSEgoKdmFyX29mZnNldBgDIAMoAxIRCgl2YXJfc2hhcGUYBCADKAMiyAIKC1ZhcmlhYmxlRGVmEhUKDXZhcmlhYmxlX25hbWUYASABKAkS" +
    "GgoSaW5pdGlhbF92YWx1ZV9uYW1lGAYgASgJEhgKEGluaXRpYWxpemVyX25hbWUYAiABKAkSFQoNc25hcHNob3RfbmFtZRgDIAEoCRI5ChNzYX" +
    "ZlX3NsaWNlX2luZm9fZGVmGAQgASgLMhwudGVuc29yZmxvdy5TYXZlU2xpY2VJbmZvRGVmEhMKC2lzX3Jlc291cmNlGAUgASgIEhEKCXRyYWlu" +
    "YWJsZRgHIAEoCBI8Cg9zeW5jaHJvbml6YXRpb24YCCABKA4yIy50ZW5zb3JmbG93LlZhcmlhYmxlU3luY2hyb25pemF0aW9uEjQKC2FnZ3JlZ2" +
    "F0aW9uGAkgASgOMh8udGVuc29yZmxvdy5WYXJpYWJsZUFnZ3JlZ2F0aW9uIgsKCU5vbmVWYWx1ZSJxCg9UZW5zb3JTcGVjUHJvdG8SDAoEbmFt" +
    "ZRgBIAEoCRIrCgVzaGFwZRgCIAEoCzIcLnRlbnNvcmZsb3cuVGVuc29yU2hhcGVQcm90bxIjCgVkdHlwZRgDIAEoDjIULnRlbnNvcmZsb3cuRG" +
    "F0YVR5cGUizAEKFkJvdW5kZWRUZW5zb3JTcGVjUHJvdG8SDAoEbmFtZRgBIAEoCRIrCgVzaGFwZRgCIAEoCzIcLnRlbnNvcmZsb3cuVGVuc29y" +
    "U2hhcGVQcm90bxIjCgVkdHlwZRgDIAEoDjIULnRlbnNvcmZsb3cuRGF0YVR5cGUSKAoHbWluaW11bRgEIAEoCzIXLnRlbnNvcmZsb3cuVGVuc2" +
    "9yUHJvdG8SKAoHbWF4aW11bRgFIAEoCzIXLnRlbnNvcmZsb3cuVGVuc29yUHJvdG8iOAoJTGlzdFZhbHVlEisKBnZhbHVlcxgBIAMoCzIbLnRl" +
    "bnNvcmZsb3cuU3RydWN0dXJlZFZhbHVlIjkKClR1cGxlVmFsdWUSKwoGdmFsdWVzGAEgAygLMhsudGVuc29yZmxvdy5TdHJ1Y3R1cmVkVmFsdW" +
    "UiigEKCURpY3RWYWx1ZRIxCgZmaWVsZHMYASADKAsyIS50ZW5zb3JmbG93LkRpY3RWYWx1ZS5GaWVsZHNFbnRyeRpKCgtGaWVsZHNFbnRyeRIL" +
    "CgNrZXkYASABKAkSKgoFdmFsdWUYAiABKAsyGy50ZW5zb3JmbG93LlN0cnVjdHVyZWRWYWx1ZToCOAEiRAoJUGFpclZhbHVlEgsKA2tleRgBIA" +
    "EoCRIqCgV2YWx1ZRgCIAEoCzIbLnRlbnNvcmZsb3cuU3RydWN0dXJlZFZhbHVlIkYKD05hbWVkVHVwbGVWYWx1ZRIMCgRuYW1lGAEgASgJEiUK" +
    "BnZhbHVlcxgCIAMoCzIVLnRlbnNvcmZsb3cuUGFpclZhbHVlIvEFCg9TdHJ1Y3R1cmVkVmFsdWUSKwoKbm9uZV92YWx1ZRgBIAEoCzIVLnRlbn" +
    "NvcmZsb3cuTm9uZVZhbHVlSAASFwoNZmxvYXQ2NF92YWx1ZRgLIAEoAUgAEhUKC2ludDY0X3ZhbHVlGAwgASgSSAASFgoMc3RyaW5nX3ZhbHVl" +
    "GA0gASgJSAASFAoKYm9vbF92YWx1ZRgOIAEoCEgAEjoKEnRlbnNvcl9zaGFwZV92YWx1ZRgfIAEoCzIcLnRlbnNvcmZsb3cuVGVuc29yU2hhcG" +
    "VQcm90b0gAEjIKEnRlbnNvcl9kdHlwZV92YWx1ZRggIAEoDjIULnRlbnNvcmZsb3cuRGF0YVR5cGVIABI4ChF0ZW5zb3Jfc3BlY192YWx1ZRgh" +
    "IAEoCzIbLnRlbnNvcmZsb3cuVGVuc29yU3BlY1Byb3RvSAASNAoPdHlwZV9zcGVjX3ZhbHVlGCIgASgLMhkudGVuc29yZmxvdy5UeXBlU3BlY1" +
    "Byb3RvSAASRwoZYm91bmRlZF90ZW5zb3Jfc3BlY192YWx1ZRgjIAEoCzIiLnRlbnNvcmZsb3cuQm91bmRlZFRlbnNvclNwZWNQcm90b0gAEisK" +
    "Cmxpc3RfdmFsdWUYMyABKAsyFS50ZW5zb3JmbG93Lkxpc3RWYWx1ZUgAEi0KC3R1cGxlX3ZhbHVlGDQgASgLMhYudGVuc29yZmxvdy5UdXBsZV" +
    "ZhbHVlSAASKwoKZGljdF92YWx1ZRg1IAEoCzIVLnRlbnNvcmZsb3cuRGljdFZhbHVlSAASOAoRbmFtZWRfdHVwbGVfdmFsdWUYNiABKAsyGy50" +
    "ZW5zb3JmbG93Lk5hbWVkVHVwbGVWYWx1ZUgAEi8KDHRlbnNvcl92YWx1ZRg3IAEoCzIXLnRlbnNvcmZsb3cuVGVuc29yUHJvdG9IABIuCgtudW" +
    "1weV92YWx1ZRg4IAEoCzIXLnRlbnNvcmZsb3cuVGVuc29yUHJvdG9IAEIGCgRraW5kIvIDCg1UeXBlU3BlY1Byb3RvEkAKD3R5cGVfc3BlY19j" +
    "bGFzcxgBIAEoDjInLnRlbnNvcmZsb3cuVHlwZVNwZWNQcm90by5UeXBlU3BlY0NsYXNzEi8KCnR5cGVfc3RhdGUYAiABKAsyGy50ZW5zb3JmbG" +
    "93LlN0cnVjdHVyZWRWYWx1ZRIcChR0eXBlX3NwZWNfY2xhc3NfbmFtZRgDIAEoCRIbChNudW1fZmxhdF9jb21wb25lbnRzGAQgASgFIrICCg1U" +
    "eXBlU3BlY0NsYXNzEgsKB1VOS05PV04QABIWChJTUEFSU0VfVEVOU09SX1NQRUMQARIXChNJTkRFWEVEX1NMSUNFU19TUEVDEAISFgoSUkFHR0" +
    "VEX1RFTlNPUl9TUEVDEAMSFQoRVEVOU09SX0FSUkFZX1NQRUMQBBIVChFEQVRBX0RBVEFTRVRfU1BFQxAFEhYKEkRBVEFfSVRFUkFUT1JfU1BF" +
    "QxAGEhEKDU9QVElPTkFMX1NQRUMQBxIUChBQRVJfUkVQTElDQV9TUEVDEAgSEQoNVkFSSUFCTEVfU1BFQxAJEhYKElJPV19QQVJUSVRJT05fU1" +
    "BFQxAKEhgKFFJFR0lTVEVSRURfVFlQRV9TUEVDEAwSFwoTRVhURU5TSU9OX1RZUEVfU1BFQxANIjQKD1JlZ2lzdGVyZWRTYXZlchIMCgRuYW1l" +
    "GAEgASgJEhMKC29iamVjdF9uYW1lGAIgASgJItsFChRUcmFja2FibGVPYmplY3RHcmFwaBI/CgVub2RlcxgBIAMoCzIwLnRlbnNvcmZsb3cuVH" +
    "JhY2thYmxlT2JqZWN0R3JhcGguVHJhY2thYmxlT2JqZWN0GoEFCg9UcmFja2FibGVPYmplY3QSUgoIY2hpbGRyZW4YASADKAsyQC50ZW5zb3Jm" +
    "bG93LlRyYWNrYWJsZU9iamVjdEdyYXBoLlRyYWNrYWJsZU9iamVjdC5PYmplY3RSZWZlcmVuY2USVQoKYXR0cmlidXRlcxgCIAMoCzJBLnRlbn" +
    "NvcmZsb3cuVHJhY2thYmxlT2JqZWN0R3JhcGguVHJhY2thYmxlT2JqZWN0LlNlcmlhbGl6ZWRUZW5zb3ISXgoOc2xvdF92YXJpYWJsZXMYAyAD" +
    "KAsyRi50ZW5zb3JmbG93LlRyYWNrYWJsZU9iamVjdEdyYXBoLlRyYWNrYWJsZU9iamVjdC5TbG90VmFyaWFibGVSZWZlcmVuY2USNQoQcmVnaX" +
    "N0ZXJlZF9zYXZlchgEIAEoCzIbLnRlbnNvcmZsb3cuUmVnaXN0ZXJlZFNhdmVyEjkKFWhhc19jaGVja3BvaW50X3ZhbHVlcxgFIAEoCzIaLmdv" +
    "b2dsZS5wcm90b2J1Zi5Cb29sVmFsdWUaNgoPT2JqZWN0UmVmZXJlbmNlEg8KB25vZGVfaWQYASABKAUSEgoKbG9jYWxfbmFtZRgCIAEoCRpLCh" +
    "BTZXJpYWxpemVkVGVuc29yEgwKBG5hbWUYASABKAkSEQoJZnVsbF9uYW1lGAIgASgJEhYKDmNoZWNrcG9pbnRfa2V5GAMgASgJGmwKFVNsb3RW" +
    "YXJpYWJsZVJlZmVyZW5jZRIhChlvcmlnaW5hbF92YXJpYWJsZV9ub2RlX2lkGAEgASgFEhEKCXNsb3RfbmFtZRgCIAEoCRIdChVzbG90X3Zhcm" +
    "lhYmxlX25vZGVfaWQYAyABKAUiYAoPU2F2ZWRVc2VyT2JqZWN0EhIKCmlkZW50aWZpZXIYASABKAkSJwoHdmVyc2lvbhgCIAEoCzIWLnRlbnNv" +
    "cmZsb3cuVmVyc2lvbkRlZhIQCghtZXRhZGF0YRgDIAEoCSIqCgpTYXZlZEFzc2V0EhwKFGFzc2V0X2ZpbGVfZGVmX2luZGV4GAEgASgFIu8BCg" +
    "xGdW5jdGlvblNwZWMSMAoLZnVsbGFyZ3NwZWMYASABKAsyGy50ZW5zb3JmbG93LlN0cnVjdHVyZWRWYWx1ZRIRCglpc19tZXRob2QYAiABKAgS" +
    "NAoPaW5wdXRfc2lnbmF0dXJlGAUgASgLMhsudGVuc29yZmxvdy5TdHJ1Y3R1cmVkVmFsdWUSOAoLaml0X2NvbXBpbGUYBiABKA4yIy50ZW5zb3" +
    "JmbG93LkZ1bmN0aW9uU3BlYy5KaXRDb21waWxlIioKCkppdENvbXBpbGUSCwoHREVGQVVMVBAAEgYKAk9OEAESBwoDT0ZGEAIiXAoNU2F2ZWRG" +
    "dW5jdGlvbhIaChJjb25jcmV0ZV9mdW5jdGlvbnMYASADKAkSLwoNZnVuY3Rpb25fc3BlYxgCIAEoCzIYLnRlbnNvcmZsb3cuRnVuY3Rpb25TcG" +
    "VjItcCCg1TYXZlZFZhcmlhYmxlEiMKBWR0eXBlGAEgASgOMhQudGVuc29yZmxvdy5EYXRhVHlwZRIrCgVzaGFwZRgCIAEoCzIcLnRlbnNvcmZs" +
    "b3cuVGVuc29yU2hhcGVQcm90bxIRCgl0cmFpbmFibGUYAyABKAgSPAoPc3luY2hyb25pemF0aW9uGAQgASgOMiMudGVuc29yZmxvdy5WYXJpYW" +
    "JsZVN5bmNocm9uaXphdGlvbhI0CgthZ2dyZWdhdGlvbhgFIAEoDjIfLnRlbnNvcmZsb3cuVmFyaWFibGVBZ2dyZWdhdGlvbhIMCgRuYW1lGAYg" +
    "ASgJEg4KBmRldmljZRgHIAEoCRJPCixleHBlcmltZW50YWxfZGlzdHJpYnV0ZWRfdmFyaWFibGVfY29tcG9uZW50cxgIIAMoCzIZLnRlbnNvcm" +
    "Zsb3cuU2F2ZWRWYXJpYWJsZSKtAQoZU2F2ZWRCYXJlQ29uY3JldGVGdW5jdGlvbhIeChZjb25jcmV0ZV9mdW5jdGlvbl9uYW1lGAEgASgJEhkK" +
    "EWFyZ3VtZW50X2tleXdvcmRzGAIgAygJEiQKHGFsbG93ZWRfcG9zaXRpb25hbF9hcmd1bWVudHMYAyABKAMSLwoNZnVuY3Rpb25fc3BlYxgEIA" +
    "EoCzIYLnRlbnNvcmZsb3cuRnVuY3Rpb25TcGVjIiIKDVNhdmVkQ29uc3RhbnQSEQoJb3BlcmF0aW9uGAEgASgJIh8KDVNhdmVkUmVzb3VyY2US" +
    "DgoGZGV2aWNlGAEgASgJIjkKDkNhcHR1cmVkVGVuc29yEgwKBG5hbWUYASABKAkSGQoRY29uY3JldGVfZnVuY3Rpb24YAiABKAkiQQoOU2F2ZW" +
    "FibGVPYmplY3QSFQoNc2F2ZV9mdW5jdGlvbhgCIAEoBRIYChByZXN0b3JlX2Z1bmN0aW9uGAMgASgFIr4HCgtTYXZlZE9iamVjdBJSCghjaGls" +
    "ZHJlbhgBIAMoCzJALnRlbnNvcmZsb3cuVHJhY2thYmxlT2JqZWN0R3JhcGguVHJhY2thYmxlT2JqZWN0Lk9iamVjdFJlZmVyZW5jZRJWCgxkZX" +
    "BlbmRlbmNpZXMYDyADKAsyQC50ZW5zb3JmbG93LlRyYWNrYWJsZU9iamVjdEdyYXBoLlRyYWNrYWJsZU9iamVjdC5PYmplY3RSZWZlcmVuY2US" +
    "XgoOc2xvdF92YXJpYWJsZXMYAyADKAsyRi50ZW5zb3JmbG93LlRyYWNrYWJsZU9iamVjdEdyYXBoLlRyYWNrYWJsZU9iamVjdC5TbG90VmFyaW" +
    "FibGVSZWZlcmVuY2USMgoLdXNlcl9vYmplY3QYBCABKAsyGy50ZW5zb3JmbG93LlNhdmVkVXNlck9iamVjdEgAEicKBWFzc2V0GAUgASgLMhYu" +
    "dGVuc29yZmxvdy5TYXZlZEFzc2V0SAASLQoIZnVuY3Rpb24YBiABKAsyGS50ZW5zb3JmbG93LlNhdmVkRnVuY3Rpb25IABItCgh2YXJpYWJsZR" +
    "gHIAEoCzIZLnRlbnNvcmZsb3cuU2F2ZWRWYXJpYWJsZUgAEkcKFmJhcmVfY29uY3JldGVfZnVuY3Rpb24YCCABKAsyJS50ZW5zb3JmbG93LlNh" +
    "dmVkQmFyZUNvbmNyZXRlRnVuY3Rpb25IABItCghjb25zdGFudBgJIAEoCzIZLnRlbnNvcmZsb3cuU2F2ZWRDb25zdGFudEgAEi0KCHJlc291cm" +
    "NlGAogASgLMhkudGVuc29yZmxvdy5TYXZlZFJlc291cmNlSAASNQoPY2FwdHVyZWRfdGVuc29yGAwgASgLMhoudGVuc29yZmxvdy5DYXB0dXJl" +
    "ZFRlbnNvckgAEkYKEHNhdmVhYmxlX29iamVjdHMYCyADKAsyLC50ZW5zb3JmbG93LlNhdmVkT2JqZWN0LlNhdmVhYmxlT2JqZWN0c0VudHJ5Eh" +
    "cKD3JlZ2lzdGVyZWRfbmFtZRgNIAEoCRIzChVzZXJpYWxpemVkX3VzZXJfcHJvdG8YDiABKAsyFC5nb29nbGUucHJvdG9idWYuQW55EhgKEHJl" +
    "Z2lzdGVyZWRfc2F2ZXIYECABKAkaUgoUU2F2ZWFibGVPYmplY3RzRW50cnkSCwoDa2V5GAEgASgJEikKBXZhbHVlGAIgASgLMhoudGVuc29yZm" +
    "xvdy5TYXZlYWJsZU9iamVjdDoCOAFCBgoEa2luZCKoAQoVU2F2ZWRDb25jcmV0ZUZ1bmN0aW9uEhQKDGJvdW5kX2lucHV0cxgCIAMoBRJCCh1j" +
    "YW5vbmljYWxpemVkX2lucHV0X3NpZ25hdHVyZRgDIAEoCzIbLnRlbnNvcmZsb3cuU3RydWN0dXJlZFZhbHVlEjUKEG91dHB1dF9zaWduYXR1cm" +
    "UYBCABKAsyGy50ZW5zb3JmbG93LlN0cnVjdHVyZWRWYWx1ZSLoAQoQU2F2ZWRPYmplY3RHcmFwaBImCgVub2RlcxgBIAMoCzIXLnRlbnNvcmZs" +
    "b3cuU2F2ZWRPYmplY3QSTwoSY29uY3JldGVfZnVuY3Rpb25zGAIgAygLMjMudGVuc29yZmxvdy5TYXZlZE9iamVjdEdyYXBoLkNvbmNyZXRlRn" +
    "VuY3Rpb25zRW50cnkaWwoWQ29uY3JldGVGdW5jdGlvbnNFbnRyeRILCgNrZXkYASABKAkSMAoFdmFsdWUYAiABKAsyIS50ZW5zb3JmbG93LlNh" +
    "dmVkQ29uY3JldGVGdW5jdGlvbjoCOAEqrAEKF1ZhcmlhYmxlU3luY2hyb25pemF0aW9uEiEKHVZBUklBQkxFX1NZTkNIUk9OSVpBVElPTl9BVV" +
    "RPEAASIQodVkFSSUFCTEVfU1lOQ0hST05JWkFUSU9OX05PTkUQARIlCiFWQVJJQUJMRV9TWU5DSFJPTklaQVRJT05fT05fV1JJVEUQAhIkCiBW" +
    "QVJJQUJMRV9TWU5DSFJPTklaQVRJT05fT05fUkVBRBADKp4BChNWYXJpYWJsZUFnZ3JlZ2F0aW9uEh0KGVZBUklBQkxFX0FHR1JFR0FUSU9OX0" +
    "5PTkUQABIcChhWQVJJQUJMRV9BR0dSRUdBVElPTl9TVU0QARIdChlWQVJJQUJMRV9BR0dSRUdBVElPTl9NRUFOEAISKwonVkFSSUFCTEVfQUdH" +
    "UkVHQVRJT05fT05MWV9GSVJTVF9SRVBMSUNBEANiBnByb3RvMw",
  [file_graph, file_google_protobuf_wrappers, file_google_protobuf_any],
);

export const VariableSynchronization = {
  VARIABLE_SYNCHRONIZATION_AUTO: 0,
  VARIABLE_SYNCHRONIZATION_NONE: 1,
  VARIABLE_SYNCHRONIZATION_ON_WRITE: 2,
  VARIABLE_SYNCHRONIZATION_ON_READ: 3,
} as const;
export type VariableSynchronization = number;
export const VariableSynchronizationSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(
  file_objects,
  0,
);

export const VariableAggregation = {
  VARIABLE_AGGREGATION_NONE: 0,
  VARIABLE_AGGREGATION_SUM: 1,
  VARIABLE_AGGREGATION_MEAN: 2,
  VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA: 3,
} as const;
export type VariableAggregation = number;
export const VariableAggregationSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(file_objects, 1);

export type SaveSliceInfoDef = Message<"tensorflow.SaveSliceInfoDef"> & {
  fullName: string;
  fullShape: bigint[];
  varOffset: bigint[];
  varShape: bigint[];
};
export const SaveSliceInfoDefSchema: GenMessage<SaveSliceInfoDef> = /*@__PURE__*/ messageDesc(
  file_objects,
  0,
);

export type VariableDef = Message<"tensorflow.VariableDef"> & {
  variableName: string;
  initialValueName: string;
  initializerName: string;
  snapshotName: string;
  saveSliceInfoDef?: SaveSliceInfoDef | undefined;
  isResource: boolean;
  trainable: boolean;
  synchronization: VariableSynchronization;
  aggregation: VariableAggregation;
};
export const VariableDefSchema: GenMessage<VariableDef> = /*@__PURE__*/ messageDesc(
  file_objects,
  1,
);

export type NoneValue = Message<"tensorflow.NoneValue"> & {};
export const NoneValueSchema: GenMessage<NoneValue> = /*@__PURE__*/ messageDesc(file_objects, 2);

export type TensorSpecProto = Message<"tensorflow.TensorSpecProto"> & {
  name: string;
  shape?: TensorShapeProto | undefined;
  dtype: DataType;
};
export const TensorSpecProtoSchema: GenMessage<TensorSpecProto> = /*@__PURE__*/ messageDesc(
  file_objects,
  3,
);

export type BoundedTensorSpecProto = Message<"tensorflow.BoundedTensorSpecProto"> & {
  name: string;
  shape?: TensorShapeProto | undefined;
  dtype: DataType;
  minimum?: TensorProto | undefined;
  maximum?: TensorProto | undefined;
};
export const BoundedTensorSpecProtoSchema: GenMessage<BoundedTensorSpecProto> =
  /*@__PURE__*/ messageDesc(file_objects, 4);

export type ListValue = Message<"tensorflow.ListValue"> & {
  values: StructuredValue[];
};
export const ListValueSchema: GenMessage<ListValue> = /*@__PURE__*/ messageDesc(file_objects, 5);

export type TupleValue = Message<"tensorflow.TupleValue"> & {
  values: StructuredValue[];
};
export const TupleValueSchema: GenMessage<TupleValue> = /*@__PURE__*/ messageDesc(file_objects, 6);

export type DictValue = Message<"tensorflow.DictValue"> & {
  fields: { [key: string]: StructuredValue };
};
export const DictValueSchema: GenMessage<DictValue> = /*@__PURE__*/ messageDesc(file_objects, 7);

export type PairValue = Message<"tensorflow.PairValue"> & {
  key: string;
  value?: StructuredValue | undefined;
};
export const PairValueSchema: GenMessage<PairValue> = /*@__PURE__*/ messageDesc(file_objects, 8);

export type NamedTupleValue = Message<"tensorflow.NamedTupleValue"> & {
  name: string;
  values: PairValue[];
};
export const NamedTupleValueSchema: GenMessage<NamedTupleValue> = /*@__PURE__*/ messageDesc(
  file_objects,
  9,
);

export type StructuredValue = Message<"tensorflow.StructuredValue"> & {
  kind:
    | { case: "noneValue"; value: NoneValue }
    | { case: "float64Value"; value: number }
    | { case: "int64Value"; value: bigint }
    | { case: "stringValue"; value: string }
    | { case: "boolValue"; value: boolean }
    | { case: "tensorShapeValue"; value: TensorShapeProto }
    | { case: "tensorDtypeValue"; value: DataType }
    | { case: "tensorSpecValue"; value: TensorSpecProto }
    | { case: "typeSpecValue"; value: TypeSpecProto }
    | { case: "boundedTensorSpecValue"; value: BoundedTensorSpecProto }
    | { case: "listValue"; value: ListValue }
    | { case: "tupleValue"; value: TupleValue }
    | { case: "dictValue"; value: DictValue }
    | { case: "namedTupleValue"; value: NamedTupleValue }
    | { case: "tensorValue"; value: TensorProto }
    | { case: "numpyValue"; value: TensorProto }
    | { case: undefined; value?: undefined };
};
export const StructuredValueSchema: GenMessage<StructuredValue> = /*@__PURE__*/ messageDesc(
  file_objects,
  10,
);

export type TypeSpecProto = Message<"tensorflow.TypeSpecProto"> & {
  typeSpecClass: TypeSpecProto_TypeSpecClass;
  typeState?: StructuredValue | undefined;
  typeSpecClassName: string;
  numFlatComponents: number;
};
export const TypeSpecProtoSchema: GenMessage<TypeSpecProto> = /*@__PURE__*/ messageDesc(
  file_objects,
  11,
);

export const TypeSpecProto_TypeSpecClass = {
  UNKNOWN: 0,
  SPARSE_TENSOR_SPEC: 1,
  INDEXED_SLICES_SPEC: 2,
  RAGGED_TENSOR_SPEC: 3,
  TENSOR_ARRAY_SPEC: 4,
  DATA_DATASET_SPEC: 5,
  DATA_ITERATOR_SPEC: 6,
  OPTIONAL_SPEC: 7,
  PER_REPLICA_SPEC: 8,
  VARIABLE_SPEC: 9,
  ROW_PARTITION_SPEC: 10,
  REGISTERED_TYPE_SPEC: 12,
  EXTENSION_TYPE_SPEC: 13,
} as const;
export type TypeSpecProto_TypeSpecClass = number;
export const TypeSpecProto_TypeSpecClassSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(
  file_objects,
  11,
  0,
);

export type RegisteredSaver = Message<"tensorflow.RegisteredSaver"> & {
  name: string;
  objectName: string;
};
export const RegisteredSaverSchema: GenMessage<RegisteredSaver> = /*@__PURE__*/ messageDesc(
  file_objects,
  12,
);

export type TrackableObjectGraph = Message<"tensorflow.TrackableObjectGraph"> & {
  nodes: TrackableObjectGraph_TrackableObject[];
};
export const TrackableObjectGraphSchema: GenMessage<TrackableObjectGraph> =
  /*@__PURE__*/ messageDesc(file_objects, 13);

export type TrackableObjectGraph_TrackableObject =
  Message<"tensorflow.TrackableObjectGraph.TrackableObject"> & {
    children: TrackableObjectGraph_TrackableObject_ObjectReference[];
    attributes: TrackableObjectGraph_TrackableObject_SerializedTensor[];
    slotVariables: TrackableObjectGraph_TrackableObject_SlotVariableReference[];
    registeredSaver?: RegisteredSaver | undefined;
    hasCheckpointValues?: boolean | undefined;
  };
export const TrackableObjectGraph_TrackableObjectSchema: GenMessage<TrackableObjectGraph_TrackableObject> =
  /*@__PURE__*/ messageDesc(file_objects, 13, 0);

export type TrackableObjectGraph_TrackableObject_ObjectReference =
  Message<"tensorflow.TrackableObjectGraph.TrackableObject.ObjectReference"> & {
    nodeId: number;
    localName: string;
  };
export const TrackableObjectGraph_TrackableObject_ObjectReferenceSchema: GenMessage<TrackableObjectGraph_TrackableObject_ObjectReference> =
  /*@__PURE__*/ messageDesc(file_objects, 13, 0, 0);

export type TrackableObjectGraph_TrackableObject_SerializedTensor =
  Message<"tensorflow.TrackableObjectGraph.TrackableObject.SerializedTensor"> & {
    name: string;
    fullName: string;
    checkpointKey: string;
  };
export const TrackableObjectGraph_TrackableObject_SerializedTensorSchema: GenMessage<TrackableObjectGraph_TrackableObject_SerializedTensor> =
  /*@__PURE__*/ messageDesc(file_objects, 13, 0, 1);

export type TrackableObjectGraph_TrackableObject_SlotVariableReference =
  Message<"tensorflow.TrackableObjectGraph.TrackableObject.SlotVariableReference"> & {
    originalVariableNodeId: number;
    slotName: string;
    slotVariableNodeId: number;
  };
export const TrackableObjectGraph_TrackableObject_SlotVariableReferenceSchema: GenMessage<TrackableObjectGraph_TrackableObject_SlotVariableReference> =
  /*@__PURE__*/ messageDesc(file_objects, 13, 0, 2);

export type SavedUserObject = Message<"tensorflow.SavedUserObject"> & {
  identifier: string;
  version?: VersionDef | undefined;
  metadata: string;
};
export const SavedUserObjectSchema: GenMessage<SavedUserObject> = /*@__PURE__*/ messageDesc(
  file_objects,
  14,
);

export type SavedAsset = Message<"tensorflow.SavedAsset"> & {
  assetFileDefIndex: number;
};
export const SavedAssetSchema: GenMessage<SavedAsset> = /*@__PURE__*/ messageDesc(file_objects, 15);

export type FunctionSpec = Message<"tensorflow.FunctionSpec"> & {
  fullargspec?: StructuredValue | undefined;
  isMethod: boolean;
  inputSignature?: StructuredValue | undefined;
  jitCompile: FunctionSpec_JitCompile;
};
export const FunctionSpecSchema: GenMessage<FunctionSpec> = /*@__PURE__*/ messageDesc(
  file_objects,
  16,
);

export const FunctionSpec_JitCompile = {
  DEFAULT: 0,
  ON: 1,
  OFF: 2,
} as const;
export type FunctionSpec_JitCompile = number;
export const FunctionSpec_JitCompileSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(
  file_objects,
  16,
  0,
);

export type SavedFunction = Message<"tensorflow.SavedFunction"> & {
  concreteFunctions: string[];
  functionSpec?: FunctionSpec | undefined;
};
export const SavedFunctionSchema: GenMessage<SavedFunction> = /*@__PURE__*/ messageDesc(
  file_objects,
  17,
);

export type SavedVariable = Message<"tensorflow.SavedVariable"> & {
  dtype: DataType;
  shape?: TensorShapeProto | undefined;
  trainable: boolean;
  synchronization: VariableSynchronization;
  aggregation: VariableAggregation;
  name: string;
  device: string;
  experimentalDistributedVariableComponents: SavedVariable[];
};
export const SavedVariableSchema: GenMessage<SavedVariable> = /*@__PURE__*/ messageDesc(
  file_objects,
  18,
);

export type SavedBareConcreteFunction = Message<"tensorflow.SavedBareConcreteFunction"> & {
  concreteFunctionName: string;
  argumentKeywords: string[];
  allowedPositionalArguments: bigint;
  functionSpec?: FunctionSpec | undefined;
};
export const SavedBareConcreteFunctionSchema: GenMessage<SavedBareConcreteFunction> =
  /*@__PURE__*/ messageDesc(file_objects, 19);

export type SavedConstant = Message<"tensorflow.SavedConstant"> & {
  operation: string;
};
export const SavedConstantSchema: GenMessage<SavedConstant> = /*@__PURE__*/ messageDesc(
  file_objects,
  20,
);

export type SavedResource = Message<"tensorflow.SavedResource"> & {
  device: string;
};
export const SavedResourceSchema: GenMessage<SavedResource> = /*@__PURE__*/ messageDesc(
  file_objects,
  21,
);

export type CapturedTensor = Message<"tensorflow.CapturedTensor"> & {
  name: string;
  concreteFunction: string;
};
export const CapturedTensorSchema: GenMessage<CapturedTensor> = /*@__PURE__*/ messageDesc(
  file_objects,
  22,
);

export type SaveableObject = Message<"tensorflow.SaveableObject"> & {
  saveFunction: number;
  restoreFunction: number;
};
export const SaveableObjectSchema: GenMessage<SaveableObject> = /*@__PURE__*/ messageDesc(
  file_objects,
  23,
);

export type SavedObject = Message<"tensorflow.SavedObject"> & {
  children: TrackableObjectGraph_TrackableObject_ObjectReference[];
  dependencies: TrackableObjectGraph_TrackableObject_ObjectReference[];
  slotVariables: TrackableObjectGraph_TrackableObject_SlotVariableReference[];
  kind:
    | { case: "userObject"; value: SavedUserObject }
    | { case: "asset"; value: SavedAsset }
    | { case: "function"; value: SavedFunction }
    | { case: "variable"; value: SavedVariable }
    | { case: "bareConcreteFunction"; value: SavedBareConcreteFunction }
    | { case: "constant"; value: SavedConstant }
    | { case: "resource"; value: SavedResource }
    | { case: "capturedTensor"; value: CapturedTensor }
    | { case: undefined; value?: undefined };
  saveableObjects: { [key: string]: SaveableObject };
  registeredName: string;
  serializedUserProto?: Any | undefined;
  registeredSaver: string;
};
export const SavedObjectSchema: GenMessage<SavedObject> = /*@__PURE__*/ messageDesc(
  file_objects,
  24,
);

export type SavedConcreteFunction = Message<"tensorflow.SavedConcreteFunction"> & {
  boundInputs: number[];
  canonicalizedInputSignature?: StructuredValue | undefined;
  outputSignature?: StructuredValue | undefined;
};
export const SavedConcreteFunctionSchema: GenMessage<SavedConcreteFunction> =
  /*@__PURE__*/ messageDesc(file_objects, 25);

export type SavedObjectGraph = Message<"tensorflow.SavedObjectGraph"> & {
  nodes: SavedObject[];
  concreteFunctions: { [key: string]: SavedConcreteFunction };
};
export const SavedObjectGraphSchema: GenMessage<SavedObjectGraph> = /*@__PURE__*/ messageDesc(
  file_objects,
  26,
);
