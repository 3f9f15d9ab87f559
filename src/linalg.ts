/** tf.linalg: linear algebra under its later names. */

export { globalNorm } from "./ops/clip.ts";
export {
  cholesky,
  matrixDeterminant as det,
  matrixInverse as inv,
  matrixSolve as solve,
  matrixTriangularSolve as triangularSolve,
  qr,
} from "./ops/linalg.ts";
export { matmul, matvec } from "./ops/matmul.ts";
export {
  diag as tensorDiag,
  diagPart as tensorDiagPart,
  eye,
  matrixBandPart as bandPart,
  matrixDiag as diag,
  matrixDiagPart as diagPart,
  matrixSetDiag as setDiag,
  trace,
} from "./ops/matrix.ts";
export { l2Normalize } from "./ops/nn.ts";
export { norm } from "./ops/norm.ts";
export { tensordot } from "./ops/tensordot.ts";
export { matrixTranspose } from "./ops/transpose.ts";
