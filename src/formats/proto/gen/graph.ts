// Made by scripts/proto.mjs from graph.proto; change that file instead.
import type { Message } from "@bufbuild/protobuf";
import type { GenEnum, GenFile, GenMessage } from "@bufbuild/protobuf/codegenv2";
import { enumDesc, fileDesc, messageDesc } from "@bufbuild/protobuf/codegenv2";

export const file_graph: GenFile = /*@__PURE__*/ fileDesc(
  "CgtncmFwaC5wcm90bxIKdGVuc29yZmxvdyJ/CgtGdWxsVHlwZURlZhInCgd0eXBlX2lkGAEgASgOMhYudGVuc29yZmxvdy5GdWxsVHlwZUlkEi" +
    "UKBGFyZ3MYAiADKAsyFy50ZW5zb3JmbG93LkZ1bGxUeXBlRGVmEgsKAXMYAyABKAlIABILCgFpGAQgASgDSABCBgoEYXR0ciJ6ChBUZW5zb3JT" +
    "aGFwZVByb3RvEi0KA2RpbRgCIAMoCzIgLnRlbnNvcmZsb3cuVGVuc29yU2hhcGVQcm90by5EaW0SFAoMdW5rbm93bl9yYW5rGAMgASgIGiEKA0" +
    "RpbRIMCgRzaXplGAEgASgDEgwKBG5hbWUYAiABKAkinwIKE1Jlc291cmNlSGFuZGxlUHJvdG8SDgoGZGV2aWNlGAEgASgJEhEKCWNvbnRhaW5l" +
    "chgCIAEoCRIMCgRuYW1lGAMgASgJEhEKCWhhc2hfY29kZRgEIAEoBBIXCg9tYXliZV90eXBlX25hbWUYBSABKAkSSAoRZHR5cGVzX2FuZF9zaG" +
    "FwZXMYBiADKAsyLS50ZW5zb3JmbG93LlJlc291cmNlSGFuZGxlUHJvdG8uRHR5cGVBbmRTaGFwZRphCg1EdHlwZUFuZFNoYXBlEiMKBWR0eXBl" +
    "GAEgASgOMhQudGVuc29yZmxvdy5EYXRhVHlwZRIrCgVzaGFwZRgCIAEoCzIcLnRlbnNvcmZsb3cuVGVuc29yU2hhcGVQcm90byJnChZWYXJpYW" +
    "50VGVuc29yRGF0YVByb3RvEhEKCXR5cGVfbmFtZRgBIAEoCRIQCghtZXRhZGF0YRgCIAEoDBIoCgd0ZW5zb3JzGAMgAygLMhcudGVuc29yZmxv" +
    "dy5UZW5zb3JQcm90byL4AwoLVGVuc29yUHJvdG8SIwoFZHR5cGUYASABKA4yFC50ZW5zb3JmbG93LkRhdGFUeXBlEjIKDHRlbnNvcl9zaGFwZR" +
    "gCIAEoCzIcLnRlbnNvcmZsb3cuVGVuc29yU2hhcGVQcm90bxIWCg52ZXJzaW9uX251bWJlchgDIAEoBRIWCg50ZW5zb3JfY29udGVudBgEIAEo" +
    "DBIQCghoYWxmX3ZhbBgNIAMoBRIRCglmbG9hdF92YWwYBSADKAISEgoKZG91YmxlX3ZhbBgGIAMoARIPCgdpbnRfdmFsGAcgAygFEhIKCnN0cm" +
    "luZ192YWwYCCADKAwSFAoMc2NvbXBsZXhfdmFsGAkgAygCEhEKCWludDY0X3ZhbBgKIAMoAxIQCghib29sX3ZhbBgLIAMoCBIUCgxkY29tcGxl" +
    "eF92YWwYDCADKAESPAoTcmVzb3VyY2VfaGFuZGxlX3ZhbBgOIAMoCzIfLnRlbnNvcmZsb3cuUmVzb3VyY2VIYW5kbGVQcm90bxI3Cgt2YXJpYW" +
    "50X3ZhbBgPIAMoCzIiLnRlbnNvcmZsb3cuVmFyaWFudFRlbnNvckRhdGFQcm90bxISCgp1aW50MzJfdmFsGBAgAygNEhIKCnVpbnQ2NF92YWwY" +
    "ESADKAQSEgoKZmxvYXQ4X3ZhbBgSIAEoDCKSAQoMTmFtZUF0dHJMaXN0EgwKBG5hbWUYASABKAkSMAoEYXR0chgCIAMoCzIiLnRlbnNvcmZsb3" +
    "cuTmFtZUF0dHJMaXN0LkF0dHJFbnRyeRpCCglBdHRyRW50cnkSCwoDa2V5GAEgASgJEiQKBXZhbHVlGAIgASgLMhUudGVuc29yZmxvdy5BdHRy" +
    "VmFsdWU6AjgBIpYECglBdHRyVmFsdWUSCwoBcxgCIAEoDEgAEgsKAWkYAyABKANIABILCgFmGAQgASgCSAASCwoBYhgFIAEoCEgAEiQKBHR5cG" +
    "UYBiABKA4yFC50ZW5zb3JmbG93LkRhdGFUeXBlSAASLQoFc2hhcGUYByABKAsyHC50ZW5zb3JmbG93LlRlbnNvclNoYXBlUHJvdG9IABIpCgZ0" +
    "ZW5zb3IYCCABKAsyFy50ZW5zb3JmbG93LlRlbnNvclByb3RvSAASLwoEbGlzdBgBIAEoCzIfLnRlbnNvcmZsb3cuQXR0clZhbHVlLkxpc3RWYW" +
    "x1ZUgAEigKBGZ1bmMYCiABKAsyGC50ZW5zb3JmbG93Lk5hbWVBdHRyTGlzdEgAEhUKC3BsYWNlaG9sZGVyGAkgASgJSAAa2QEKCUxpc3RWYWx1" +
    "ZRIJCgFzGAIgAygMEgkKAWkYAyADKAMSCQoBZhgEIAMoAhIJCgFiGAUgAygIEiIKBHR5cGUYBiADKA4yFC50ZW5zb3JmbG93LkRhdGFUeXBlEi" +
    "sKBXNoYXBlGAcgAygLMhwudGVuc29yZmxvdy5UZW5zb3JTaGFwZVByb3RvEicKBnRlbnNvchgIIAMoCzIXLnRlbnNvcmZsb3cuVGVuc29yUHJv" +
    "dG8SJgoEZnVuYxgJIAMoCzIYLnRlbnNvcmZsb3cuTmFtZUF0dHJMaXN0QgcKBXZhbHVlIoYDCgdOb2RlRGVmEgwKBG5hbWUYASABKAkSCgoCb3" +
    "AYAiABKAkSDQoFaW5wdXQYAyADKAkSDgoGZGV2aWNlGAQgASgJEisKBGF0dHIYBSADKAsyHS50ZW5zb3JmbG93Lk5vZGVEZWYuQXR0ckVudHJ5" +
    "EkoKF2V4cGVyaW1lbnRhbF9kZWJ1Z19pbmZvGAYgASgLMikudGVuc29yZmxvdy5Ob2RlRGVmLkV4cGVyaW1lbnRhbERlYnVnSW5mbxIyChFleH" +
    "BlcmltZW50YWxfdHlwZRgHIAEoCzIXLnRlbnNvcmZsb3cuRnVsbFR5cGVEZWYaUQoVRXhwZXJpbWVudGFsRGVidWdJbmZvEhsKE29yaWdpbmFs" +
    "X25vZGVfbmFtZXMYASADKAkSGwoTb3JpZ2luYWxfZnVuY19uYW1lcxgCIAMoCRpCCglBdHRyRW50cnkSCwoDa2V5GAEgASgJEiQKBXZhbHVlGA" +
    "IgASgLMhUudGVuc29yZmxvdy5BdHRyVmFsdWU6AjgBIksKClZlcnNpb25EZWYSEAoIcHJvZHVjZXIYASABKAUSFAoMbWluX2NvbnN1bWVyGAIg" +
    "ASgFEhUKDWJhZF9jb25zdW1lcnMYAyADKAUiNQoNT3BEZXByZWNhdGlvbhIPCgd2ZXJzaW9uGAEgASgFEhMKC2V4cGxhbmF0aW9uGAIgASgJIv" +
    "MGCgVPcERlZhIMCgRuYW1lGAEgASgJEisKCWlucHV0X2FyZxgCIAMoCzIYLnRlbnNvcmZsb3cuT3BEZWYuQXJnRGVmEiwKCm91dHB1dF9hcmcY" +
    "AyADKAsyGC50ZW5zb3JmbG93Lk9wRGVmLkFyZ0RlZhIWCg5jb250cm9sX291dHB1dBgUIAMoCRInCgRhdHRyGAQgAygLMhkudGVuc29yZmxvdy" +
    "5PcERlZi5BdHRyRGVmEi4KC2RlcHJlY2F0aW9uGAggASgLMhkudGVuc29yZmxvdy5PcERlcHJlY2F0aW9uEg8KB3N1bW1hcnkYBSABKAkSEwoL" +
    "ZGVzY3JpcHRpb24YBiABKAkSFgoOaXNfY29tbXV0YXRpdmUYEiABKAgSFAoMaXNfYWdncmVnYXRlGBAgASgIEhMKC2lzX3N0YXRlZnVsGBEgAS" +
    "gIEiIKGmFsbG93c191bmluaXRpYWxpemVkX2lucHV0GBMgASgIEiQKHGlzX2Rpc3RyaWJ1dGVkX2NvbW11bmljYXRpb24YFSABKAganAIKBkFy" +
    "Z0RlZhIMCgRuYW1lGAEgASgJEhMKC2Rlc2NyaXB0aW9uGAIgASgJEiIKBHR5cGUYAyABKA4yFC50ZW5zb3JmbG93LkRhdGFUeXBlEhEKCXR5cG" +
    "VfYXR0chgEIAEoCRITCgtudW1iZXJfYXR0chgFIAEoCRIWCg50eXBlX2xpc3RfYXR0chgGIAEoCRJCCgtoYW5kbGVfZGF0YRgHIAMoCzItLnRl" +
    "bnNvcmZsb3cuUmVzb3VyY2VIYW5kbGVQcm90by5EdHlwZUFuZFNoYXBlEg4KBmlzX3JlZhgQIAEoCBI3ChZleHBlcmltZW50YWxfZnVsbF90eX" +
    "BlGBEgASgLMhcudGVuc29yZmxvdy5GdWxsVHlwZURlZhq9AQoHQXR0ckRlZhIMCgRuYW1lGAEgASgJEgwKBHR5cGUYAiABKAkSLAoNZGVmYXVs" +
    "dF92YWx1ZRgDIAEoCzIVLnRlbnNvcmZsb3cuQXR0clZhbHVlEhMKC2Rlc2NyaXB0aW9uGAQgASgJEhMKC2hhc19taW5pbXVtGAUgASgIEg8KB2" +
    "1pbmltdW0YBiABKAMSLQoOYWxsb3dlZF92YWx1ZXMYByABKAsyFS50ZW5zb3JmbG93LkF0dHJWYWx1ZSInCgZPcExpc3QSHQoCb3AYASADKAsy" +
    "ES50ZW5zb3JmbG93Lk9wRGVmIr4GCgtGdW5jdGlvbkRlZhIkCglzaWduYXR1cmUYASABKAsyES50ZW5zb3JmbG93Lk9wRGVmEi8KBGF0dHIYBS" +
    "ADKAsyIS50ZW5zb3JmbG93LkZ1bmN0aW9uRGVmLkF0dHJFbnRyeRI2CghhcmdfYXR0chgHIAMoCzIkLnRlbnNvcmZsb3cuRnVuY3Rpb25EZWYu" +
    "QXJnQXR0ckVudHJ5ElAKFnJlc291cmNlX2FyZ191bmlxdWVfaWQYCCADKAsyMC50ZW5zb3JmbG93LkZ1bmN0aW9uRGVmLlJlc291cmNlQXJnVW" +
    "5pcXVlSWRFbnRyeRIlCghub2RlX2RlZhgDIAMoCzITLnRlbnNvcmZsb3cuTm9kZURlZhItCgNyZXQYBCADKAsyIC50ZW5zb3JmbG93LkZ1bmN0" +
    "aW9uRGVmLlJldEVudHJ5EjwKC2NvbnRyb2xfcmV0GAYgAygLMicudGVuc29yZmxvdy5GdW5jdGlvbkRlZi5Db250cm9sUmV0RW50cnkaiAEKCE" +
    "FyZ0F0dHJzEjgKBGF0dHIYASADKAsyKi50ZW5zb3JmbG93LkZ1bmN0aW9uRGVmLkFyZ0F0dHJzLkF0dHJFbnRyeRpCCglBdHRyRW50cnkSCwoD" +
    "a2V5GAEgASgJEiQKBXZhbHVlGAIgASgLMhUudGVuc29yZmxvdy5BdHRyVmFsdWU6AjgBGkIKCUF0dHJFbnRyeRILCgNrZXkYASABKAkSJAoFdm" +
    "FsdWUYAiABKAsyFS50ZW5zb3JmbG93LkF0dHJWYWx1ZToCOAEaUAoMQXJnQXR0ckVudHJ5EgsKA2tleRgBIAEoDRIvCgV2YWx1ZRgCIAEoCzIg" +
    "LnRlbnNvcmZsb3cuRnVuY3Rpb25EZWYuQXJnQXR0cnM6AjgBGjoKGFJlc291cmNlQXJnVW5pcXVlSWRFbnRyeRILCgNrZXkYASABKA0SDQoFdm" +
    "FsdWUYAiABKA06AjgBGioKCFJldEVudHJ5EgsKA2tleRgBIAEoCRINCgV2YWx1ZRgCIAEoCToCOAEaMQoPQ29udHJvbFJldEVudHJ5EgsKA2tl" +
    "eRgBIAEoCRINCgV2YWx1ZRgCIAEoCToCOAEiOwoLR3JhZGllbnREZWYSFQoNZnVuY3Rpb25fbmFtZRgBIAEoCRIVCg1ncmFkaWVudF9mdW5jGA" +
    "IgASgJIkcKElJlZ2lzdGVyZWRHcmFkaWVudBIVCg1ncmFkaWVudF9mdW5jGAEgASgJEhoKEnJlZ2lzdGVyZWRfb3BfdHlwZRgCIAEoCSKoAQoS" +
    "RnVuY3Rpb25EZWZMaWJyYXJ5EikKCGZ1bmN0aW9uGAEgAygLMhcudGVuc29yZmxvdy5GdW5jdGlvbkRlZhIpCghncmFkaWVudBgCIAMoCzIXLn" +
    "RlbnNvcmZsb3cuR3JhZGllbnREZWYSPAoUcmVnaXN0ZXJlZF9ncmFkaWVudHMYAyADKAsyHi50ZW5zb3JmbG93LlJlZ2lzdGVyZWRHcmFkaWVu" +
    "dCKfBgoOR3JhcGhEZWJ1Z0luZm8SDQoFZmlsZXMYASADKAkSQAoMZnJhbWVzX2J5X2lkGAQgAygLMioudGVuc29yZmxvdy5HcmFwaERlYnVnSW" +
    "5mby5GcmFtZXNCeUlkRW50cnkSQAoMdHJhY2VzX2J5X2lkGAYgAygLMioudGVuc29yZmxvdy5HcmFwaERlYnVnSW5mby5UcmFjZXNCeUlkRW50" +
    "cnkSNgoGdHJhY2VzGAIgAygLMiYudGVuc29yZmxvdy5HcmFwaERlYnVnSW5mby5UcmFjZXNFbnRyeRJHChBuYW1lX3RvX3RyYWNlX2lkGAUgAy" +
    "gLMi0udGVuc29yZmxvdy5HcmFwaERlYnVnSW5mby5OYW1lVG9UcmFjZUlkRW50cnkaWAoLRmlsZUxpbmVDb2wSEgoKZmlsZV9pbmRleBgBIAEo" +
    "BRIMCgRsaW5lGAIgASgFEgsKA2NvbBgDIAEoBRIMCgRmdW5jGAQgASgJEgwKBGNvZGUYBSABKAkaXgoKU3RhY2tUcmFjZRI+Cg5maWxlX2xpbm" +
    "VfY29scxgBIAMoCzImLnRlbnNvcmZsb3cuR3JhcGhEZWJ1Z0luZm8uRmlsZUxpbmVDb2wSEAoIZnJhbWVfaWQYAiADKAYaWQoPRnJhbWVzQnlJ" +
    "ZEVudHJ5EgsKA2tleRgBIAEoBhI1CgV2YWx1ZRgCIAEoCzImLnRlbnNvcmZsb3cuR3JhcGhEZWJ1Z0luZm8uRmlsZUxpbmVDb2w6AjgBGlgKD1" +
    "RyYWNlc0J5SWRFbnRyeRILCgNrZXkYASABKAYSNAoFdmFsdWUYAiABKAsyJS50ZW5zb3JmbG93LkdyYXBoRGVidWdJbmZvLlN0YWNrVHJhY2U6" +
    "AjgBGlQKC1RyYWNlc0VudHJ5EgsKA2tleRgBIAEoCRI0CgV2YWx1ZRgCIAEoCzIlLnRlbnNvcmZsb3cuR3JhcGhEZWJ1Z0luZm8uU3RhY2tUcm" +
    "FjZToCOAEaNAoSTmFtZVRvVHJhY2VJZEVudHJ5EgsKA2tleRgBIAEoCRINCgV2YWx1ZRgCIAEoBjoCOAEiyQEKCEdyYXBoRGVmEiEKBG5vZGUY" +
    "ASADKAsyEy50ZW5zb3JmbG93Lk5vZGVEZWYSKAoIdmVyc2lvbnMYBCABKAsyFi50ZW5zb3JmbG93LlZlcnNpb25EZWYSDwoHdmVyc2lvbhgDIA" +
    "EoBRIvCgdsaWJyYXJ5GAIgASgLMh4udGVuc29yZmxvdy5GdW5jdGlvbkRlZkxpYnJhcnkSLgoKZGVidWdfaW5mbxgFIAEoCzIaLnRlbnNvcmZs" +
    "b3cuR3JhcGhEZWJ1Z0luZm8q2gQKCkZ1bGxUeXBlSWQSDQoJVEZUX1VOU0VUEAASCwoHVEZUX1ZBUhABEgsKB1RGVF9BTlkQAhIPCgtURlRfUF" +
    "JPRFVDVBADEg0KCVRGVF9OQU1FRBAEEhAKDFRGVF9GT1JfRUFDSBAUEhAKDFRGVF9DQUxMQUJMRRBkEg8KClRGVF9URU5TT1IQ6AcSDgoJVEZU" +
    "X0FSUkFZEOkHEhEKDFRGVF9PUFRJT05BTBDqBxIQCgtURlRfTElURVJBTBDrBxIQCgtURlRfRU5DT0RFRBDsBxIVChBURlRfU0hBUEVfVEVOU0" +
    "9SEO0HEg0KCFRGVF9CT09MEMgBEg4KCVRGVF9VSU5UOBDJARIPCgpURlRfVUlOVDE2EMoBEg8KClRGVF9VSU5UMzIQywESDwoKVEZUX1VJTlQ2" +
    "NBDMARINCghURlRfSU5UOBDNARIOCglURlRfSU5UMTYQzgESDgoJVEZUX0lOVDMyEM8BEg4KCVRGVF9JTlQ2NBDQARINCghURlRfSEFMRhDRAR" +
    "IOCglURlRfRkxPQVQQ0gESDwoKVEZUX0RPVUJMRRDTARIRCgxURlRfQkZMT0FUMTYQ1wESEgoNVEZUX0NPTVBMRVg2NBDUARITCg5URlRfQ09N" +
    "UExFWDEyOBDVARIPCgpURlRfU1RSSU5HENYBEhAKC1RGVF9EQVRBU0VUEPZOEg8KClRGVF9SQUdHRUQQ904SEQoMVEZUX0lURVJBVE9SEPhOEh" +
    "MKDlRGVF9NVVRFWF9MT0NLENpPEhcKElRGVF9MRUdBQ1lfVkFSSUFOVBDbTyraCQoIRGF0YVR5cGUSDgoKRFRfSU5WQUxJRBAAEgwKCERUX0ZM" +
    "T0FUEAESDQoJRFRfRE9VQkxFEAISDAoIRFRfSU5UMzIQAxIMCghEVF9VSU5UOBAEEgwKCERUX0lOVDE2EAUSCwoHRFRfSU5UOBAGEg0KCURUX1" +
    "NUUklORxAHEhAKDERUX0NPTVBMRVg2NBAIEgwKCERUX0lOVDY0EAkSCwoHRFRfQk9PTBAKEgwKCERUX1FJTlQ4EAsSDQoJRFRfUVVJTlQ4EAwS" +
    "DQoJRFRfUUlOVDMyEA0SDwoLRFRfQkZMT0FUMTYQDhINCglEVF9RSU5UMTYQDxIOCgpEVF9RVUlOVDE2EBASDQoJRFRfVUlOVDE2EBESEQoNRF" +
    "RfQ09NUExFWDEyOBASEgsKB0RUX0hBTEYQExIPCgtEVF9SRVNPVVJDRRAUEg4KCkRUX1ZBUklBTlQQFRINCglEVF9VSU5UMzIQFhINCglEVF9V" +
    "SU5UNjQQFxISCg5EVF9GTE9BVDhfRTVNMhAYEhQKEERUX0ZMT0FUOF9FNE0zRk4QGRIWChJEVF9GTE9BVDhfRTRNM0ZOVVoQGhIZChVEVF9GTE" +
    "9BVDhfRTRNM0IxMUZOVVoQGxIWChJEVF9GTE9BVDhfRTVNMkZOVVoQHBILCgdEVF9JTlQ0EB0SDAoIRFRfVUlOVDQQHhILCgdEVF9JTlQyEB8S" +
    "DAoIRFRfVUlOVDIQIBIUChBEVF9GTE9BVDRfRTJNMUZOECESEAoMRFRfRkxPQVRfUkVGEGUSEQoNRFRfRE9VQkxFX1JFRhBmEhAKDERUX0lOVD" +
    "MyX1JFRhBnEhAKDERUX1VJTlQ4X1JFRhBoEhAKDERUX0lOVDE2X1JFRhBpEg8KC0RUX0lOVDhfUkVGEGoSEQoNRFRfU1RSSU5HX1JFRhBrEhQK" +
    "EERUX0NPTVBMRVg2NF9SRUYQbBIQCgxEVF9JTlQ2NF9SRUYQbRIPCgtEVF9CT09MX1JFRhBuEhAKDERUX1FJTlQ4X1JFRhBvEhEKDURUX1FVSU" +
    "5UOF9SRUYQcBIRCg1EVF9RSU5UMzJfUkVGEHESEwoPRFRfQkZMT0FUMTZfUkVGEHISEQoNRFRfUUlOVDE2X1JFRhBzEhIKDkRUX1FVSU5UMTZf" +
    "UkVGEHQSEQoNRFRfVUlOVDE2X1JFRhB1EhUKEURUX0NPTVBMRVgxMjhfUkVGEHYSDwoLRFRfSEFMRl9SRUYQdxITCg9EVF9SRVNPVVJDRV9SRU" +
    "YQeBISCg5EVF9WQVJJQU5UX1JFRhB5EhEKDURUX1VJTlQzMl9SRUYQehIRCg1EVF9VSU5UNjRfUkVGEHsSFgoSRFRfRkxPQVQ4X0U1TTJfUkVG" +
    "EHwSGAoURFRfRkxPQVQ4X0U0TTNGTl9SRUYQfRIaChZEVF9GTE9BVDhfRTRNM0ZOVVpfUkVGEH4SHQoZRFRfRkxPQVQ4X0U0TTNCMTFGTlVaX1" +
    "JFRhB/EhsKFkRUX0ZMT0FUOF9FNU0yRk5VWl9SRUYQgAESEAoLRFRfSU5UNF9SRUYQgQESEQoMRFRfVUlOVDRfUkVGEIIBEhAKC0RUX0lOVDJf" +
    "UkVGEIMBEhEKDERUX1VJTlQyX1JFRhCEARIZChREVF9GTE9BVDRfRTJNMUZOX1JFRhCFAWIGcHJvdG8z",
  [],
);

export const FullTypeId = {
  TFT_UNSET: 0,
  TFT_VAR: 1,
  TFT_ANY: 2,
  TFT_PRODUCT: 3,
  TFT_NAMED: 4,
  TFT_FOR_EACH: 20,
  TFT_CALLABLE: 100,
  TFT_TENSOR: 1000,
  TFT_ARRAY: 1001,
  TFT_OPTIONAL: 1002,
  TFT_LITERAL: 1003,
  TFT_ENCODED: 1004,
  TFT_SHAPE_TENSOR: 1005,
  TFT_BOOL: 200,
  TFT_UINT8: 201,
  TFT_UINT16: 202,
  TFT_UINT32: 203,
  TFT_UINT64: 204,
  TFT_INT8: 205,
  TFT_INT16: 206,
  TFT_INT32: 207,
  TFT_INT64: 208,
  TFT_HALF: 209,
  TFT_FLOAT: 210,
  TFT_DOUBLE: 211,
  TFT_BFLOAT16: 215,
  TFT_COMPLEX64: 212,
  TFT_COMPLEX128: 213,
  TFT_STRING: 214,
  TFT_DATASET: 10102,
  TFT_RAGGED: 10103,
  TFT_ITERATOR: 10104,
  TFT_MUTEX_LOCK: 10202,
  TFT_LEGACY_VARIANT: 10203,
} as const;
export type FullTypeId = number;
export const FullTypeIdSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(file_graph, 0);

export const DataType = {
  DT_INVALID: 0,
  DT_FLOAT: 1,
  DT_DOUBLE: 2,
  DT_INT32: 3,
  DT_UINT8: 4,
  DT_INT16: 5,
  DT_INT8: 6,
  DT_STRING: 7,
  DT_COMPLEX64: 8,
  DT_INT64: 9,
  DT_BOOL: 10,
  DT_QINT8: 11,
  DT_QUINT8: 12,
  DT_QINT32: 13,
  DT_BFLOAT16: 14,
  DT_QINT16: 15,
  DT_QUINT16: 16,
  DT_UINT16: 17,
  DT_COMPLEX128: 18,
  DT_HALF: 19,
  DT_RESOURCE: 20,
  DT_VARIANT: 21,
  DT_UINT32: 22,
  DT_UINT64: 23,
  DT_FLOAT8_E5M2: 24,
  DT_FLOAT8_E4M3FN: 25,
  DT_FLOAT8_E4M3FNUZ: 26,
  DT_FLOAT8_E4M3B11FNUZ: 27,
  DT_FLOAT8_E5M2FNUZ: 28,
  DT_INT4: 29,
  DT_UINT4: 30,
  DT_INT2: 31,
  DT_UINT2: 32,
  DT_FLOAT4_E2M1FN: 33,
  DT_FLOAT_REF: 101,
  DT_DOUBLE_REF: 102,
  DT_INT32_REF: 103,
  DT_UINT8_REF: 104,
  DT_INT16_REF: 105,
  DT_INT8_REF: 106,
  DT_STRING_REF: 107,
  DT_COMPLEX64_REF: 108,
  DT_INT64_REF: 109,
  DT_BOOL_REF: 110,
  DT_QINT8_REF: 111,
  DT_QUINT8_REF: 112,
  DT_QINT32_REF: 113,
  DT_BFLOAT16_REF: 114,
  DT_QINT16_REF: 115,
  DT_QUINT16_REF: 116,
  DT_UINT16_REF: 117,
  DT_COMPLEX128_REF: 118,
  DT_HALF_REF: 119,
  DT_RESOURCE_REF: 120,
  DT_VARIANT_REF: 121,
  DT_UINT32_REF: 122,
  DT_UINT64_REF: 123,
  DT_FLOAT8_E5M2_REF: 124,
  DT_FLOAT8_E4M3FN_REF: 125,
  DT_FLOAT8_E4M3FNUZ_REF: 126,
  DT_FLOAT8_E4M3B11FNUZ_REF: 127,
  DT_FLOAT8_E5M2FNUZ_REF: 128,
  DT_INT4_REF: 129,
  DT_UINT4_REF: 130,
  DT_INT2_REF: 131,
  DT_UINT2_REF: 132,
  DT_FLOAT4_E2M1FN_REF: 133,
} as const;
export type DataType = number;
export const DataTypeSchema: GenEnum<number> = /*@__PURE__*/ enumDesc(file_graph, 1);

export type FullTypeDef = Message<"tensorflow.FullTypeDef"> & {
  typeId: FullTypeId;
  args: FullTypeDef[];
  attr:
    | { case: "s"; value: string }
    | { case: "i"; value: bigint }
    | { case: undefined; value?: undefined };
};
export const FullTypeDefSchema: GenMessage<FullTypeDef> = /*@__PURE__*/ messageDesc(file_graph, 0);

export type TensorShapeProto = Message<"tensorflow.TensorShapeProto"> & {
  dim: TensorShapeProto_Dim[];
  unknownRank: boolean;
};
export const TensorShapeProtoSchema: GenMessage<TensorShapeProto> = /*@__PURE__*/ messageDesc(
  file_graph,
  1,
);

export type TensorShapeProto_Dim = Message<"tensorflow.TensorShapeProto.Dim"> & {
  size: bigint;
  name: string;
};
export const TensorShapeProto_DimSchema: GenMessage<TensorShapeProto_Dim> =
  /*@__PURE__*/ messageDesc(file_graph, 1, 0);

export type ResourceHandleProto = Message<"tensorflow.ResourceHandleProto"> & {
  device: string;
  container: string;
  name: string;
  hashCode: bigint;
  maybeTypeName: string;
  dtypesAndShapes: ResourceHandleProto_DtypeAndShape[];
};
export const ResourceHandleProtoSchema: GenMessage<ResourceHandleProto> = /*@__PURE__*/ messageDesc(
  file_graph,
  2,
);

export type ResourceHandleProto_DtypeAndShape =
  Message<"tensorflow.ResourceHandleProto.DtypeAndShape"> & {
    dtype: DataType;
    shape?: TensorShapeProto | undefined;
  };
export const ResourceHandleProto_DtypeAndShapeSchema: GenMessage<ResourceHandleProto_DtypeAndShape> =
  /*@__PURE__*/ messageDesc(file_graph, 2, 0);

export type VariantTensorDataProto = Message<"tensorflow.VariantTensorDataProto"> & {
  typeName: string;
  metadata: Uint8Array;
  tensors: TensorProto[];
};
export const VariantTensorDataProtoSchema: GenMessage<VariantTensorDataProto> =
  /*@__PURE__*/ messageDesc(file_graph, 3);

export type TensorProto = Message<"tensorflow.TensorProto"> & {
  dtype: DataType;
  tensorShape?: TensorShapeProto | undefined;
  versionNumber: number;
  tensorContent: Uint8Array;
  halfVal: number[];
  floatVal: number[];
  doubleVal: number[];
  intVal: number[];
  stringVal: Uint8Array[];
  scomplexVal: number[];
  int64Val: bigint[];
  boolVal: boolean[];
  dcomplexVal: number[];
  resourceHandleVal: ResourceHandleProto[];
  variantVal: VariantTensorDataProto[];
  uint32Val: number[];
  uint64Val: bigint[];
  float8Val: Uint8Array;
};
export const TensorProtoSchema: GenMessage<TensorProto> = /*@__PURE__*/ messageDesc(file_graph, 4);

export type NameAttrList = Message<"tensorflow.NameAttrList"> & {
  name: string;
  attr: { [key: string]: AttrValue };
};
export const NameAttrListSchema: GenMessage<NameAttrList> = /*@__PURE__*/ messageDesc(
  file_graph,
  5,
);

export type AttrValue = Message<"tensorflow.AttrValue"> & {
  value:
    | { case: "s"; value: Uint8Array }
    | { case: "i"; value: bigint }
    | { case: "f"; value: number }
    | { case: "b"; value: boolean }
    | { case: "type"; value: DataType }
    | { case: "shape"; value: TensorShapeProto }
    | { case: "tensor"; value: TensorProto }
    | { case: "list"; value: AttrValue_ListValue }
    | { case: "func"; value: NameAttrList }
    | { case: "placeholder"; value: string }
    | { case: undefined; value?: undefined };
};
export const AttrValueSchema: GenMessage<AttrValue> = /*@__PURE__*/ messageDesc(file_graph, 6);

export type AttrValue_ListValue = Message<"tensorflow.AttrValue.ListValue"> & {
  s: Uint8Array[];
  i: bigint[];
  f: number[];
  b: boolean[];
  type: DataType[];
  shape: TensorShapeProto[];
  tensor: TensorProto[];
  func: NameAttrList[];
};
export const AttrValue_ListValueSchema: GenMessage<AttrValue_ListValue> = /*@__PURE__*/ messageDesc(
  file_graph,
  6,
  0,
);

export type NodeDef = Message<"tensorflow.NodeDef"> & {
  name: string;
  op: string;
  input: string[];
  device: string;
  attr: { [key: string]: AttrValue };
  experimentalDebugInfo?: NodeDef_ExperimentalDebugInfo | undefined;
  experimentalType?: FullTypeDef | undefined;
};
export const NodeDefSchema: GenMessage<NodeDef> = /*@__PURE__*/ messageDesc(file_graph, 7);

export type NodeDef_ExperimentalDebugInfo = Message<"tensorflow.NodeDef.ExperimentalDebugInfo"> & {
  originalNodeNames: string[];
  originalFuncNames: string[];
};
export const NodeDef_ExperimentalDebugInfoSchema: GenMessage<NodeDef_ExperimentalDebugInfo> =
  /*@__PURE__*/ messageDesc(file_graph, 7, 0);

export type VersionDef = Message<"tensorflow.VersionDef"> & {
  producer: number;
  minConsumer: number;
  badConsumers: number[];
};
export const VersionDefSchema: GenMessage<VersionDef> = /*@__PURE__*/ messageDesc(file_graph, 8);

export type OpDeprecation = Message<"tensorflow.OpDeprecation"> & {
  version: number;
  explanation: string;
};
export const OpDeprecationSchema: GenMessage<OpDeprecation> = /*@__PURE__*/ messageDesc(
  file_graph,
  9,
);

export type OpDef = Message<"tensorflow.OpDef"> & {
  name: string;
  inputArg: OpDef_ArgDef[];
  outputArg: OpDef_ArgDef[];
  controlOutput: string[];
  attr: OpDef_AttrDef[];
  deprecation?: OpDeprecation | undefined;
  summary: string;
  description: string;
  isCommutative: boolean;
  isAggregate: boolean;
  isStateful: boolean;
  allowsUninitializedInput: boolean;
  isDistributedCommunication: boolean;
};
export const OpDefSchema: GenMessage<OpDef> = /*@__PURE__*/ messageDesc(file_graph, 10);

export type OpDef_ArgDef = Message<"tensorflow.OpDef.ArgDef"> & {
  name: string;
  description: string;
  type: DataType;
  typeAttr: string;
  numberAttr: string;
  typeListAttr: string;
  handleData: ResourceHandleProto_DtypeAndShape[];
  isRef: boolean;
  experimentalFullType?: FullTypeDef | undefined;
};
export const OpDef_ArgDefSchema: GenMessage<OpDef_ArgDef> = /*@__PURE__*/ messageDesc(
  file_graph,
  10,
  0,
);

export type OpDef_AttrDef = Message<"tensorflow.OpDef.AttrDef"> & {
  name: string;
  type: string;
  defaultValue?: AttrValue | undefined;
  description: string;
  hasMinimum: boolean;
  minimum: bigint;
  allowedValues?: AttrValue | undefined;
};
export const OpDef_AttrDefSchema: GenMessage<OpDef_AttrDef> = /*@__PURE__*/ messageDesc(
  file_graph,
  10,
  1,
);

export type OpList = Message<"tensorflow.OpList"> & {
  op: OpDef[];
};
export const OpListSchema: GenMessage<OpList> = /*@__PURE__*/ messageDesc(file_graph, 11);

export type FunctionDef = Message<"tensorflow.FunctionDef"> & {
  signature?: OpDef | undefined;
  attr: { [key: string]: AttrValue };
  argAttr: { [key: number]: FunctionDef_ArgAttrs };
  resourceArgUniqueId: { [key: number]: number };
  nodeDef: NodeDef[];
  ret: { [key: string]: string };
  controlRet: { [key: string]: string };
};
export const FunctionDefSchema: GenMessage<FunctionDef> = /*@__PURE__*/ messageDesc(file_graph, 12);

export type FunctionDef_ArgAttrs = Message<"tensorflow.FunctionDef.ArgAttrs"> & {
  attr: { [key: string]: AttrValue };
};
export const FunctionDef_ArgAttrsSchema: GenMessage<FunctionDef_ArgAttrs> =
  /*@__PURE__*/ messageDesc(file_graph, 12, 0);

export type GradientDef = Message<"tensorflow.GradientDef"> & {
  functionName: string;
  gradientFunc: string;
};
export const GradientDefSchema: GenMessage<GradientDef> = /*@__PURE__*/ messageDesc(file_graph, 13);

export type RegisteredGradient = Message<"tensorflow.RegisteredGradient"> & {
  gradientFunc: string;
  registeredOpType: string;
};
export const RegisteredGradientSchema: GenMessage<RegisteredGradient> = /*@__PURE__*/ messageDesc(
  file_graph,
  14,
);

export type FunctionDefLibrary = Message<"tensorflow.FunctionDefLibrary"> & {
  function: FunctionDef[];
  gradient: GradientDef[];
  registeredGradients: RegisteredGradient[];
};
export const FunctionDefLibrarySchema: GenMessage<FunctionDefLibrary> = /*@__PURE__*/ messageDesc(
  file_graph,
  15,
);

export type GraphDebugInfo = Message<"tensorflow.GraphDebugInfo"> & {
  files: string[];
  framesById: { [key: string]: GraphDebugInfo_FileLineCol };
  tracesById: { [key: string]: GraphDebugInfo_StackTrace };
  traces: { [key: string]: GraphDebugInfo_StackTrace };
  nameToTraceId: { [key: string]: bigint };
};
export const GraphDebugInfoSchema: GenMessage<GraphDebugInfo> = /*@__PURE__*/ messageDesc(
  file_graph,
  16,
);

export type GraphDebugInfo_FileLineCol = Message<"tensorflow.GraphDebugInfo.FileLineCol"> & {
  fileIndex: number;
  line: number;
  col: number;
  func: string;
  code: string;
};
export const GraphDebugInfo_FileLineColSchema: GenMessage<GraphDebugInfo_FileLineCol> =
  /*@__PURE__*/ messageDesc(file_graph, 16, 0);

export type GraphDebugInfo_StackTrace = Message<"tensorflow.GraphDebugInfo.StackTrace"> & {
  fileLineCols: GraphDebugInfo_FileLineCol[];
  frameId: bigint[];
};
export const GraphDebugInfo_StackTraceSchema: GenMessage<GraphDebugInfo_StackTrace> =
  /*@__PURE__*/ messageDesc(file_graph, 16, 1);

export type GraphDef = Message<"tensorflow.GraphDef"> & {
  node: NodeDef[];
  versions?: VersionDef | undefined;
  version: number;
  library?: FunctionDefLibrary | undefined;
  debugInfo?: GraphDebugInfo | undefined;
};
export const GraphDefSchema: GenMessage<GraphDef> = /*@__PURE__*/ messageDesc(file_graph, 17);
