/** Sound of summaries: WAV files of 16-bit samples. */

import { ByteWriter } from "./bytes.ts";

export interface SoundShape {
  /** Samples per second. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of one channel. */
  readonly frames: number;
}

const bytesPerSample = 2;

/** A WAV file; `sampleAt` gives samples from -1 to 1, the channels of one frame after each other. */
export function encodeWav(
  sampleAt: (index: number) => number,
  { sampleRate, channels, frames }: SoundShape,
): Uint8Array {
  const dataSize = frames * channels * bytesPerSample;
  const out = new ByteWriter(44 + dataSize);
  const text = (value: string): void => out.put(new TextEncoder().encode(value));
  text("RIFF");
  out.uint32(36 + dataSize);
  text("WAVEfmt ");
  out.uint32(16);
  out.uint16(1); // uncompressed
  out.uint16(channels);
  out.uint32(sampleRate);
  out.uint32(sampleRate * channels * bytesPerSample);
  out.uint16(channels * bytesPerSample);
  out.uint16(8 * bytesPerSample);
  text("data");
  out.uint32(dataSize);
  for (let i = 0; i < frames * channels; i++) out.uint16(toInt16(sampleAt(i)) & 0xffff);
  return out.bytes;
}

/** Halves are rounded away from zero; what is no number is silence. */
function toInt16(sample: number): number {
  const scaled = Math.sign(sample) * Math.floor(Math.abs(sample) * 32768 + 0.5);
  if (Number.isNaN(sample)) return 0;
  return Math.max(-32768, Math.min(32767, scaled));
}
