/** The dtypes that ops allow, in TensorFlow's order: error messages list them. */

import {
  bfloat16,
  complex64,
  complex128,
  type DType,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../core/dtypes.ts";

export const floats: readonly DType[] = [bfloat16, float16, float32, float64];
export const floatsAndComplex: readonly DType[] = [...floats, complex64, complex128];
export const signed: readonly DType[] = [...floats, int8, int16, int32, int64];
export const signedAndComplex: readonly DType[] = [...signed, complex64, complex128];
export const integers: readonly DType[] = [
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
];
/** What comparisons and extremes take. */
export const reals: readonly DType[] = [
  float32,
  float64,
  int32,
  uint8,
  int16,
  int8,
  int64,
  bfloat16,
  uint16,
  float16,
  uint32,
  uint64,
];
/** What sums and products take; TensorFlow's list has quantized types too. */
export const numbers: readonly DType[] = [
  float32,
  float64,
  int32,
  uint8,
  int16,
  int8,
  complex64,
  int64,
  bfloat16,
  uint16,
  complex128,
  float16,
  uint32,
  uint64,
];
