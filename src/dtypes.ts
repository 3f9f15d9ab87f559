/** The namespace tf.dtypes: element types and conversions between them. */

export {
  asDType,
  bfloat16,
  bool,
  complex64,
  complex128,
  DType,
  float16,
  float16 as half,
  float32,
  float64,
  float64 as double,
  int8,
  int16,
  int32,
  int64,
  resource,
  string,
  uint8,
  uint16,
  uint32,
  uint64,
  variant,
} from "./core/dtypes.ts";
export { cast, saturateCast } from "./ops/cast.ts";
