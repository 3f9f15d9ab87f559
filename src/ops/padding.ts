/** Windows over images: padding, strides and layouts that convolutions and pooling have in common. */

import { TypeError, ValueError } from "../core/errors.ts";
import { checkList } from "../core/kind.ts";
import { type Dim, TensorShape } from "../core/shape.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import type { Pair } from "../engines/routines/window.ts";
import { brief } from "./constant.ts";
import { ShapeError } from "./define.ts";

/** `"SAME"`, `"VALID"`, or the rows [before, after] for every dimension. */
export type Padding = "SAME" | "VALID" | readonly (readonly number[])[];

/** Where the channels are: last, or before rows and columns. */
export type DataFormat = "NHWC" | "NCHW";

/** One number for both directions, two for rows and columns, or one per dimension. */
export type WindowSize = number | readonly number[];

/** The attributes that say how an op is padded. */
export interface PaddingAttrs {
  readonly padding: string;
  readonly explicit_paddings: readonly number[];
}

/** The `padding` argument as attributes. */
export function paddingAttrs(padding: Padding | string): PaddingAttrs {
  if (typeof padding === "string") {
    if (padding === "EXPLICIT") {
      throw new ValueError(
        "'EXPLICIT' is not a valid value for `padding`. To use explicit padding, `padding` must be a list.",
      );
    }
    return { padding, explicit_paddings: [] };
  }
  checkList(padding, "`padding` is SAME, VALID, or a list; the latter");
  padding.forEach((pair, i) => {
    const problem = !Array.isArray(pair)
      ? `of type ${typeof pair}`
      : pair.length !== 2
        ? `of size ${pair.length}`
        : null;
    if (problem) {
      throw new ValueError(
        "When `padding` is a list, each element of `padding` must be a list/tuple of size 2. " +
          `Received: padding=${brief(padding)} with element at index ${i} ${problem}`,
      );
    }
  });
  if (padding.length !== 4) {
    throw new ValueError(
      `When padding is a list, it must be of size 4. Received: padding=${brief(padding)} of size ${padding.length}`,
    );
  }
  return { padding: "EXPLICIT", explicit_paddings: padding.flat() };
}

/** A window's sizes, one per dimension of an image batch with `spatial` spatial dimensions. */
export function windowSizes(
  value: WindowSize | undefined,
  {
    spatial = 2,
    format,
    name,
  }: { readonly spatial?: number; readonly format: string; readonly name: string },
): number[] {
  if (value === undefined) return new Array<number>(spatial + 2).fill(1);
  if (typeof value !== "number" && !Array.isArray(value)) {
    throw new TypeError(`Expected int for argument '${name}' not ${brief(value)}.`);
  }
  const sizes = typeof value === "number" ? [value] : [...value];
  if (sizes.length === spatial + 2) return sizes;
  if (sizes.length !== 1 && sizes.length !== spatial) {
    throw new ValueError(
      `${name} should be of length 1, ${spatial} or ${spatial + 2}. Received: ${name}=${brief(sizes)} of length ${sizes.length}`,
    );
  }
  const inner = sizes.length === 1 ? new Array<number>(spatial).fill(sizes[0] as number) : sizes;
  return format.startsWith("NC") ? [1, 1, ...inner] : [1, ...inner, 1];
}

/** Positions of the dimensions in a layout. */
export interface Layout {
  readonly channel: number;
  readonly rows: number;
  readonly columns: number;
}

export function layoutOf(format: string): Layout {
  return format === "NCHW"
    ? { channel: 1, rows: 2, columns: 3 }
    : { channel: 3, rows: 1, columns: 2 };
}

/** The sizes in both spatial directions out of one per dimension. */
export function spatialPair(values: readonly number[], { rows, columns }: Layout): Pair {
  return [values[rows] as number, values[columns] as number];
}

/** One direction of a window. */
export interface Extent {
  readonly size: Dim;
  readonly filter: Dim;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: string;
  /** With EXPLICIT padding: elements before and after. */
  readonly explicit: Pair;
}

/**
 * The number of windows along one direction. With f = (filter − 1) · dilation + 1:
 * SAME ⌈size / stride⌉, VALID ⌊(size − f) / stride⌋ + 1, EXPLICIT as VALID on the padded size.
 */
export function outputDim({ size, filter, stride, dilation, padding, explicit }: Extent): Dim {
  if (stride <= 0) throw new ShapeError(`Stride must be > 0, but got ${stride}`);
  if (dilation < 1) throw new ShapeError(`Dilation rate must be >= 1, but got ${dilation}`);
  if (padding === "SAME") return size === null ? null : Math.ceil(size / stride);
  if (size === null || filter === null) return null;
  const padded = padding === "EXPLICIT" ? size + explicit[0] + explicit[1] : size;
  const reach = (filter - 1) * dilation + 1;
  if (padded < reach) {
    throw new ShapeError(`Negative dimension size caused by subtracting ${reach} from ${padded}`);
  }
  return Math.floor((padded - reach) / stride) + 1;
}

/** Elements of padding [before, after] along one direction whose sizes are known. */
export function padsOf({ size, filter, stride, dilation, padding, explicit }: Extent): Pair {
  if (padding === "EXPLICIT") return explicit;
  if (padding !== "SAME") return [0, 0];
  const reach = ((filter as number) - 1) * dilation + 1;
  const windows = Math.ceil((size as number) / stride);
  const total = Math.max(0, (windows - 1) * stride + reach - (size as number));
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** Everything about a window but the sizes of image and filter. */
export interface WindowAttrs extends PaddingAttrs {
  readonly strides: readonly number[];
  readonly dilations?: readonly number[];
  readonly data_format: string;
}

/** Both directions of a window over images of `sizes` [rows, columns]. */
export function extentsOf(
  attrs: WindowAttrs,
  sizes: readonly [Dim, Dim],
  filters: readonly [Dim, Dim],
): readonly [Extent, Extent] {
  const layout = layoutOf(attrs.data_format);
  checkExplicit(attrs, layout);
  const extent = (axis: 0 | 1): Extent => {
    const dim = axis === 0 ? layout.rows : layout.columns;
    const { padding, explicit_paddings: explicit } = attrs;
    return {
      size: sizes[axis],
      filter: filters[axis],
      stride: attrs.strides[dim] as number,
      dilation: attrs.dilations?.[dim] ?? 1,
      padding,
      explicit: [explicit[2 * dim] ?? 0, explicit[2 * dim + 1] ?? 0],
    };
  };
  return [extent(0), extent(1)];
}

function checkExplicit(
  { padding, explicit_paddings: pads }: PaddingAttrs,
  { channel }: Layout,
): void {
  if (padding !== "EXPLICIT") return;
  if (pads.length !== 8) {
    throw new ShapeError(
      `explicit_paddings attribute must contain 8 values, but got: ${pads.length}`,
    );
  }
  if (pads.some((pad) => pad < 0))
    throw new ShapeError("All elements of explicit_paddings must be nonnegative");
  if ([0, 1, 2 * channel, 2 * channel + 1].some((at) => pads[at] !== 0)) {
    throw new ShapeError(
      "Nonzero explicit padding in the batch or depth dimensions is not supported",
    );
  }
}

/** A shape [batch, rows, columns, channels] in a layout. */
export function imageShape(
  format: string,
  batch: Dim,
  [rows, columns]: readonly [Dim, Dim],
  channels: Dim,
): TensorShape {
  return new TensorShape(
    format === "NCHW" ? [batch, channels, rows, columns] : [batch, rows, columns, channels],
  );
}

/** An image batch with its channels last, which is what routines take. */
export function toChannelsLast(k: Builder, x: Value, format: string): Value {
  return format === "NCHW" ? k.transpose(x, [0, 2, 3, 1]) : x;
}

/** The inverse of `toChannelsLast`. */
export function fromChannelsLast(k: Builder, x: Value, format: string): Value {
  return format === "NCHW" ? k.transpose(x, [0, 3, 1, 2]) : x;
}

/** A shape in a layout as [batch, rows, columns, channels]. */
export function channelsLastShape(shape: readonly number[], format: string): number[] {
  const order = format === "NCHW" ? [0, 2, 3, 1] : [0, 1, 2, 3];
  return order.map((axis) => shape[axis] as number);
}

/** Refuses a string attribute that an op does not know. */
export function checkChoice(
  type: string,
  attr: string,
  value: string,
  choices: readonly string[],
): void {
  if (choices.includes(value)) return;
  const known = choices.map((choice) => `"${choice}"`).join(", ");
  throw new ValueError(`Attr '${attr}' of '${type}' Op passed string '${value}' not in: ${known}.`);
}
