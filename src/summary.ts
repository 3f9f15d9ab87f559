/** `tf.summary`: what TensorBoard shows of a run. */

export {
  FileWriter,
  FileWriterCache,
  type FileWriterOptions,
  type Step,
} from "./formats/file-writer.ts";
export {
  audio,
  histogram,
  image,
  type MergeAllOptions,
  type MergeOptions,
  merge,
  mergeAll,
  type OutputsOptions,
  type SummaryOptions,
  scalar,
  type TensorSummaryOptions,
  tensorSummary,
  text,
} from "./formats/summaries.ts";
