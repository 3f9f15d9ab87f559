/** Histograms over TensorFlow's fixed buckets, which grow by a tenth from one to the next. */

import { create } from "@bufbuild/protobuf";
import { type HistogramProto, HistogramProtoSchema } from "./proto/gen/event.ts";

/** Upper ends of the buckets, ascending: negatives, 0, positives from 1e-12 to 1e20, the largest double. */
let limits: Float64Array | undefined;

function bucketLimits(): Float64Array {
  if (limits) return limits;
  const positive: number[] = [];
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push(limit);
  positive.push(Number.MAX_VALUE);
  limits = Float64Array.from([...positive.map((limit) => -limit).reverse(), 0, ...positive]);
  return limits;
}

/** The bucket of a value: the first whose limit is above it. A bucket holds its lower end, not its upper one. */
function bucketOf(value: number, ends: Float64Array): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Counts finite values. Of each run of empty buckets only the last is kept. Without values the smallest value is
 * the largest double, and the other way round. TensorFlow: `histogram::Histogram`.
 */
export function histogramOf(values: Iterable<number>): HistogramProto {
  const ends = bucketLimits();
  const counts = new Float64Array(ends.length);
  let [min, max, num, sum, sumSquares] = [Number.MAX_VALUE, -Number.MAX_VALUE, 0, 0, 0];
  for (const value of values) {
    const bucket = bucketOf(value, ends);
    counts[bucket] = (counts[bucket] as number) + 1;
    if (min > value) min = value;
    if (max < value) max = value;
    num += 1;
    sum += value;
    sumSquares += value * value;
  }
  const histogram = create(HistogramProtoSchema, { min, max, num, sum, sumSquares });
  for (let i = 0; i < ends.length; ) {
    let end = ends[i] as number;
    const count = counts[i++] as number;
    while (count === 0 && i < ends.length && counts[i] === 0) end = ends[i++] as number;
    histogram.bucketLimit.push(end);
    histogram.bucket.push(count);
  }
  return histogram;
}
