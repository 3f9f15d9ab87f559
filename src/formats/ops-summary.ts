/** The summary operations: tensors become serialized Summary messages, which event files keep. */

import { create } from "@bufbuild/protobuf";
import { float16, float32, float64, string, uint8 } from "../core/dtypes.ts";
import { NDArray, sizeOf } from "../core/ndarray.ts";
import { type AttrSpec, a, defineOp } from "../ops/define.ts";
import { reals } from "../ops/dtype-lists.ts";
import { encodeWav } from "./audio.ts";
import { bytesOf, stringBytes } from "./elements.ts";
import { FormatError } from "./errors.ts";
import { histogramOf } from "./histogram.ts";
import { encodePng, pixelsOf } from "./image.ts";
import { decode, encode } from "./proto/codec.ts";
import {
  type Summary_Value,
  Summary_ValueSchema,
  SummaryMetadataSchema,
  SummarySchema,
} from "./proto/gen/event.ts";
import { type TensorProto, TensorProtoSchema } from "./proto/gen/graph.ts";

type Text = string | Uint8Array;

/** A message of values as the scalar string tensor that a summary operation gives. */
function serialized(values: Summary_Value[]): NDArray {
  return new NDArray([encode(SummarySchema, create(SummarySchema, { value: values }))], [], string);
}

function textOf(element: unknown): string {
  return typeof element === "string" ? element : new TextDecoder().decode(element as Uint8Array);
}

function scalarText(array: NDArray, problem: string): string {
  if (array.rank !== 0) throw new Error(problem);
  return textOf(array.at(0));
}

const shapeText = (shape: readonly number[]): string => `[${shape.join(",")}]`;

export const ScalarSummary = defineOp({
  type: "ScalarSummary",
  inputs: ["tags: string", "values: T"],
  outputs: ["summary: string"],
  attrs: { T: a.type(reals) },
  shape: () => [[]],
  gradient: "none",
  lower: "host",
  host: ([tags, values]) => {
    const [names, numbers] = [tags as NDArray, values as NDArray];
    if (shapeText(names.shape) !== shapeText(numbers.shape)) {
      const tag = names.size === 1 ? ` (tag '${textOf(names.at(0))}')` : "";
      throw new Error(
        `tags and values are not the same shape: ${shapeText(names.shape)} != ${shapeText(numbers.shape)}${tag}`,
      );
    }
    const all = Array.from(names.values(), (tag, i) =>
      create(Summary_ValueSchema, {
        tag: textOf(tag),
        value: { case: "simpleValue", value: Math.fround(Number(numbers.at(i))) },
      }),
    );
    return [serialized(all)];
  },
});

export const HistogramSummary = defineOp({
  type: "HistogramSummary",
  inputs: ["tag: string", "values: T"],
  outputs: ["summary: string"],
  attrs: { T: a.type(reals, float32) },
  shape: () => [[]],
  gradient: "none",
  lower: "host",
  host: ([tag, values], { op }) => {
    const name = scalarText(tag as NDArray, "tags must be scalar");
    const numbers = Array.from((values as NDArray).values(), Number);
    for (const number of numbers) {
      if (Number.isNaN(number)) throw new Error(`Nan in summary histogram for: ${op.name}`);
      if (!Number.isFinite(number)) throw new Error(`Infinity in Histogram for: ${op.name}`);
    }
    const value = { case: "histo", value: histogramOf(numbers) } as const;
    return [serialized([create(Summary_ValueSchema, { tag: name, value })])];
  },
});

/** What a pixel that is not finite looks like: red. */
const red = new NDArray(Uint8Array.of(255, 0, 0, 255), [4], uint8);

/** Several values of one call are numbered, unless no more than one may come. */
const numbered = (name: string, kind: string, i: number, most: number): string =>
  most > 1 ? `${name}/${kind}/${i}` : `${name}/${kind}`;

export const ImageSummary = defineOp({
  type: "ImageSummary",
  inputs: ["tag: string", "tensor: T"],
  outputs: ["summary: string"],
  attrs: {
    max_images: a.int(3, 1),
    T: a.type([uint8, float32, float16, float64], float32),
    bad_color: { ...a.tensor(), defaultValue: red } as AttrSpec<NDArray>,
  },
  shape: () => [[]],
  gradient: "none",
  lower: "host",
  host: ([tag, tensor], { attrs: { max_images: most, bad_color: badColor } }) => {
    const images = tensor as NDArray;
    const name = scalarText(tag as NDArray, "Tags must be a scalar");
    const [batch = 0, height = 0, width = 0, channels = 0] = images.shape;
    if (images.rank !== 4 || ![1, 3, 4].includes(channels)) {
      throw new Error(
        `Tensor must be 4-D with last dim 1, 3, or 4, not ${shapeText(images.shape)}`,
      );
    }
    if (height === 0 || width === 0) {
      throw new Error(`input tensor must have non-zero dims. Found: [${images.shape.join(", ")}].`);
    }
    if (badColor.dtype !== uint8) {
      throw new Error(`bad_color must be uint8, got ${badColor.dtype.name.replace("32", "")}`);
    }
    if (badColor.size < channels) {
      throw new Error(
        `expected depth <= bad_color.size, got depth = ${channels}, bad_color.size = ${badColor.size}`,
      );
    }
    const shape = { height, width, channels };
    const values = Array.from({ length: Math.min(most, batch) }, (_, i) =>
      create(Summary_ValueSchema, {
        tag: numbered(name, "image", i, most),
        value: {
          case: "image",
          value: {
            $typeName: "tensorflow.Summary.Image",
            height,
            width,
            colorspace: channels,
            encodedImageString: encodePng(pixelsOf(images, i, shape, badColor), shape),
          },
        },
      }),
    );
    return [serialized(values)];
  },
});

export const AudioSummaryV2 = defineOp({
  type: "AudioSummaryV2",
  inputs: ["tag: string", "tensor: float32", "sample_rate: float32"],
  outputs: ["summary: string"],
  attrs: { max_outputs: a.int(3, 1) },
  shape: () => [[]],
  gradient: "none",
  lower: "host",
  host: ([tag, tensor, rate], { attrs: { max_outputs: most } }) => {
    const sounds = tensor as NDArray;
    const name = scalarText(tag as NDArray, "Tag must be a scalar");
    if (sounds.rank !== 2 && sounds.rank !== 3) {
      throw new Error(`Tensor must be 3-D or 2-D, got: ${shapeText(sounds.shape)}`);
    }
    if ((rate as NDArray).size !== 1) {
      throw new Error("sample_rate must be rank-0 or contain a single value");
    }
    const sampleRate = (rate as NDArray).at(0) as number;
    if (!(sampleRate > 0)) throw new Error("sample_rate must be > 0");
    const [batch = 0, frames = 0, channels = 1] = sounds.shape;
    const size = frames * channels;
    const shape = { sampleRate: Math.round(sampleRate), channels, frames };
    const values = Array.from({ length: Math.min(most, batch) }, (_, i) =>
      create(Summary_ValueSchema, {
        tag: numbered(name, "audio", i, most),
        value: {
          case: "audio",
          value: {
            $typeName: "tensorflow.Summary.Audio",
            sampleRate,
            numChannels: BigInt(channels),
            lengthFrames: BigInt(frames),
            encodedAudioString: encodeWav((at) => sounds.at(i * size + at) as number, shape),
            contentType: "audio/wav",
          },
        },
      }),
    );
    return [serialized(values)];
  },
});

/** An array as the runtime writes it: strings one by one, everything else as its bytes. */
function contentProto(array: NDArray): TensorProto {
  const proto = create(TensorProtoSchema, {
    dtype: array.dtype.enum,
    tensorShape: { dim: array.shape.map((size) => ({ size: BigInt(size) })) },
  });
  if (array.dtype === string) {
    proto.stringVal = (array.data as Text[]).slice(0, sizeOf(array.shape)).map(stringBytes);
  } else proto.tensorContent = bytesOf(array).slice();
  return proto;
}

export const TensorSummaryV2 = defineOp({
  type: "TensorSummaryV2",
  inputs: ["tag: string", "tensor: T", "serialized_summary_metadata: string"],
  outputs: ["summary: string"],
  attrs: { T: a.type() },
  shape: () => [[]],
  gradient: "none",
  lower: "host",
  host: ([tag, tensor, metadata]) => {
    const name = scalarText(tag as NDArray, "tag must be scalar");
    const bytes = metadata as NDArray;
    if (bytes.rank !== 0) throw new Error("serialized_summary_metadata must be scalar");
    const value = create(Summary_ValueSchema, {
      tag: name,
      value: { case: "tensor", value: contentProto(tensor as NDArray) },
      metadata: decode(SummaryMetadataSchema, stringBytes(bytes.at(0) as Text)),
    });
    return [serialized([value])];
  },
});

export const MergeSummary = defineOp({
  type: "MergeSummary",
  inputs: ["inputs: N * string"],
  outputs: ["summary: string"],
  attrs: { N: a.int(undefined, 1) },
  shape: () => [[]],
  gradient: "none",
  lower: "host",
  host: (inputs) => {
    const tags = new Set<string>();
    const all: Summary_Value[] = [];
    for (const text of inputs.flatMap((input) => [...input.values()])) {
      for (const value of parse(text as Text)) {
        if (tags.has(value.tag)) {
          throw new Error(`Duplicate tag ${value.tag} found in summary inputs `);
        }
        tags.add(value.tag);
        all.push(value);
      }
    }
    return [serialized(all)];
  },
});

function parse(text: Text): Summary_Value[] {
  try {
    return decode(SummarySchema, stringBytes(text)).value;
  } catch (error) {
    if (error instanceof FormatError) throw new Error("Could not parse one of the summary inputs");
    throw error;
  }
}
