/**
 * `tensorscope/formats`: TensorFlow's files as messages and arrays. `tf` reads and writes graphs, checkpoints and event
 * files with what is in here.
 */

export { clone, create, equals } from "@bufbuild/protobuf";
export { BundleReader, type BundleReaderOptions } from "./bundle.ts";
export { BundleWriter, type BundleWriterOptions } from "./bundle-writer.ts";
export type { CheckpointFile, TensorInfo } from "./checkpoint.ts";
export { crc32c, maskCrc, maskedCrc32c, unmaskCrc } from "./crc32c.ts";
export { FormatError, type FormatPlace } from "./errors.ts";
export {
  EventFileWriter,
  type EventWriterOptions,
  isEventFile,
  summaryIterator,
} from "./events.ts";
export {
  type FileStat,
  type FileSystem,
  fileSystem,
  MemoryFileSystem,
  NodeFileSystem,
  type ReadableFile,
  setFileSystem,
  type WritableFile,
} from "./files.ts";
export { type GraphDefOptions, graphDefOf, graphDefVersion, nodeDefOf } from "./graph-def.ts";
export { readGraph, writeGraph } from "./graph-file.ts";
export { type ImportOptions, importGraphDef } from "./import-graph.ts";
export { inlineCalls } from "./inline-calls.ts";
export {
  createMetaGraphDef,
  type ExportMetaGraphOptions,
  exportMetaGraph,
  type ImportMetaGraphOptions,
  importMetaGraph,
  importScopedMetaGraph,
  type MetaGraphOptions,
  opsUsedBy,
  readMetaGraph,
} from "./meta-graph.ts";
export { type NpzOptions, readNpy, readNpz, writeNpy, writeNpz } from "./npz.ts";
export { listedOp, listedOps, runsHere } from "./op-list.ts";
export { hasCheckpoint, openCheckpoint } from "./open.ts";
export * from "./proto/index.ts";
export { encodeRecord, type FileRecord, RecordReader } from "./records.ts";
export {
  readSafetensors,
  type Safetensors,
  type SafetensorsOptions,
  writeSafetensors,
} from "./safetensors.ts";
export { assetsOf, metaGraphWithTags, readSavedModel } from "./saved-model.ts";
export { type ByteSink, type TableEntry, TableReader, TableWriter } from "./table.ts";
export { arrayFromTensor, makeTensorProto, tensorFromArray } from "./tensor.ts";
export { fromText, toText } from "./text.ts";
export { V1Reader } from "./v1.ts";
