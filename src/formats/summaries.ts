/** tf.summary's functions: each makes a scope, a tag and one summary operation. */

import { create } from "@bufbuild/protobuf";
import { float32, string } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { NDArray } from "../core/ndarray.ts";
import { Tensor } from "../core/tensor.ts";
import { warn } from "../core/warn.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import { createOp, type Named } from "../ops/create.ts";
import { nameScope } from "../ops/scopes.ts";
import {
  AudioSummaryV2,
  HistogramSummary,
  ImageSummary,
  MergeSummary,
  ScalarSummary,
  TensorSummaryV2,
} from "./ops-summary.ts";
import { encode } from "./proto/codec.ts";
import { type SummaryMetadata, SummaryMetadataSchema } from "./proto/gen/event.ts";

export interface SummaryOptions {
  /** The collections that the summary is added to; `[GraphKeys.SUMMARIES]` by default. */
  readonly collections?: readonly string[] | undefined;
  /** The first part of the tag, by which TensorBoard groups. */
  readonly family?: string | undefined;
}

export interface OutputsOptions extends SummaryOptions {
  /** How many elements of the batch are summarized at most; 3 by default. */
  readonly maxOutputs?: number | undefined;
}

/** Replaces what no name of a node may have, and takes slashes off the front. */
function cleanTag(name: string): string {
  const clean = name.replace(/[^-/\p{L}\p{N}_.]/gu, "_").replace(/^\/+/, "");
  if (clean !== name) warn(`Summary name ${name} is illegal; using ${clean} instead.`);
  return clean;
}

/** Where a summary goes: the name of its node, and its tag. */
interface Place {
  readonly scope: string;
  readonly tag: string;
}

/** Makes one summary in a scope of its own: its unique name is the node's name and, after the family, the tag. */
function inSummaryScope(
  name: string | null,
  { collections = [GraphKeys.SUMMARIES], family }: SummaryOptions,
  { values, defaultName }: { readonly values: unknown; readonly defaultName?: string },
  body: (place: Place) => Tensor,
): Tensor {
  const clean = name === null ? null : cleanTag(name);
  const group = family === undefined ? undefined : cleanTag(family);
  const wanted = group === undefined ? clean : `${group}/${clean ?? "None"}`;
  const options = { values: [values], ...(defaultName === undefined ? {} : { defaultName }) };
  return nameScope(wanted, options, (scope) => {
    const path = scope.replace(/\/+$/, "");
    const made = body({ scope, tag: group === undefined ? path : `${group}/${path}` });
    // The graph of the values is the default one in here.
    for (const key of collections) getDefaultGraph().addToCollection(key, made);
    return made;
  });
}

/**
 * A summary of one number. Its tag is the node's name with all scopes.
 * TensorFlow: `tf.summary.scalar`.
 */
export function scalar(name: string, tensor: TensorLike, options: SummaryOptions = {}): Tensor {
  return inSummaryScope(
    name,
    options,
    { values: tensor },
    ({ tag, scope }) => createOp(ScalarSummary, [tag, tensor], {}, scope).output,
  );
}

/**
 * A summary of how values are distributed, over buckets that grow by a tenth. Fails when run on NaN or infinity.
 * TensorFlow: `tf.summary.histogram`.
 */
export function histogram(
  name: string | null,
  values: TensorLike,
  options: SummaryOptions = {},
): Tensor {
  return inSummaryScope(
    name,
    options,
    { values, defaultName: "HistogramSummary" },
    ({ tag, scope }) => createOp(HistogramSummary, [tag, values], {}, scope).output,
  );
}

/**
 * A summary of images [batch, height, width, channels] with 1, 3 or 4 channels, as PNG. Floats are scaled so that the
 * largest becomes 255 or, with negative values, 0 becomes 128. Tags are `{name}/image/{i}`, or `{name}/image`
 * when `maxOutputs` is 1. TensorFlow: `tf.summary.image`.
 */
export function image(name: string, tensor: TensorLike, options: OutputsOptions = {}): Tensor {
  const attrs = { max_images: atLeastOne("max_images", "ImageSummary", options.maxOutputs) };
  return inSummaryScope(
    name,
    options,
    { values: tensor },
    ({ tag, scope }) => createOp(ImageSummary, [tag, tensor], attrs, scope).output,
  );
}

/**
 * A summary of sound: samples from -1 to 1, [batch, frames] or [batch, frames, channels], as WAV. `sampleRate` is in
 * hertz. Tags are `{name}/audio/{i}`, or `{name}/audio` when `maxOutputs` is 1. TensorFlow: `tf.summary.audio`.
 */
export function audio(
  name: string,
  tensor: TensorLike,
  sampleRate: TensorLike,
  options: OutputsOptions = {},
): Tensor {
  const attrs = { max_outputs: atLeastOne("max_outputs", "AudioSummaryV2", options.maxOutputs) };
  return inSummaryScope(name, options, { values: tensor }, ({ tag, scope }) => {
    const rate = convertToTensor(sampleRate, { dtype: float32, name: "sample_rate" });
    return createOp(AudioSummaryV2, [tag, tensor, rate], attrs, scope).output;
  });
}

function atLeastOne(attr: string, type: string, value = 3): number {
  if (value >= 1) return value;
  throw new ValueError(`Attr '${attr}' of '${type}' Op passed ${value} less than minimum 1.`);
}

export interface TensorSummaryOptions extends SummaryOptions {
  readonly summaryDescription?: string | undefined;
  /** Says which plugin of TensorBoard shows the values, and what it should know. */
  readonly summaryMetadata?: SummaryMetadata | undefined;
  /** What TensorBoard calls the values instead of their tag. */
  readonly displayName?: string | undefined;
}

/** A summary that holds a tensor of any type and shape. TensorFlow: `tf.summary.tensor_summary`. */
export function tensorSummary(
  name: string,
  tensor: TensorLike,
  { summaryDescription, summaryMetadata, displayName, ...options }: TensorSummaryOptions = {},
): Tensor {
  const metadata = create(SummaryMetadataSchema, {
    ...(summaryMetadata as SummaryMetadata),
    ...(summaryDescription === undefined ? {} : { summaryDescription }),
    ...(displayName === undefined ? {} : { displayName }),
  });
  const bytes = new NDArray([encode(SummaryMetadataSchema, metadata)], [], string);
  return inSummaryScope(
    name,
    options,
    { values: tensor },
    ({ tag, scope }) => createOp(TensorSummaryV2, [tag, tensor, bytes], {}, scope).output,
  );
}

/**
 * A summary of text, which TensorBoard shows as Markdown; vectors and matrices as tables.
 * TensorFlow: `tf.summary.text`.
 */
export function text(
  name: string,
  tensor: TensorLike,
  { collections }: Pick<SummaryOptions, "collections"> = {},
): Tensor {
  if (tensor instanceof Tensor && tensor.dtype.base !== string) {
    throw new ValueError(
      `Expected tensor ${tensor.name} to have dtype string, got ${describe(tensor)}`,
    );
  }
  const summaryMetadata = create(SummaryMetadataSchema, { pluginData: { pluginName: "text" } });
  return tensorSummary(name, tensor, { collections, summaryMetadata });
}

const describe = (tensor: Tensor): string => `<dtype: '${tensor.dtype.name}'>`;

export interface MergeOptions extends Named {
  /** The collections that the merged summary is added to; none by default. */
  readonly collections?: readonly string[] | undefined;
}

/** One summary with the values of several. Fails when run if two have the same tag. TensorFlow: `tf.summary.merge`. */
export function merge(
  inputs: readonly TensorLike[],
  { collections = [], name }: MergeOptions = {},
): Tensor {
  const clean = name === undefined ? undefined : cleanTag(name);
  return nameScope(clean ?? null, { defaultName: "Merge", values: inputs }, () => {
    const made = createOp(MergeSummary, [inputs], {}, clean).output;
    for (const key of collections) made.graph.addToCollection(key, made);
    return made;
  });
}

export interface MergeAllOptions extends Named {
  /** The collection that holds the summaries; `GraphKeys.SUMMARIES` by default. */
  readonly key?: string | undefined;
  /** Takes only summaries whose names match this regular expression at their start. */
  readonly scope?: string | undefined;
}

/** All summaries of the default graph as one; null when there are none. TensorFlow: `tf.summary.merge_all`. */
export function mergeAll({
  key = GraphKeys.SUMMARIES,
  scope,
  name,
}: MergeAllOptions = {}): Tensor | null {
  const summaries = getDefaultGraph().getCollection<Tensor>(key, scope);
  return summaries.length === 0 ? null : merge(summaries, name === undefined ? {} : { name });
}
