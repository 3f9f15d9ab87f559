/** Switches of TensorFlow 2 that scripts for `tf.compat.v1` begin with: what they ask for is how this library works. */

import { NotImplementedError } from "./errors.ts";

/** Without effect: there is no other behavior here. TensorFlow: `tf.disable_v2_behavior`. */
export function disableV2Behavior(): void {}
/** Without effect: graphs are never executed eagerly. TensorFlow: `tf.disable_eager_execution`. */
export function disableEagerExecution(): void {}
/** Without effect: conditionals are Switch and Merge. TensorFlow: `tf.disable_control_flow_v2`. */
export function disableControlFlowV2(): void {}
/** Without effect: tensors are compared by identity. TensorFlow: `tf.disable_tensor_equality`. */
export function disableTensorEquality(): void {}
/** Always throws. TensorFlow: `tf.enable_eager_execution`. */
export function enableEagerExecution(): never {
  throw new NotImplementedError("tf.enable_eager_execution: only graphs are supported.");
}
/** Always false. TensorFlow: `tf.executing_eagerly`. */
export function executingEagerly(): boolean {
  return false;
}
/** Always false. TensorFlow: `tf.control_flow_v2_enabled`. */
export function controlFlowV2Enabled(): boolean {
  return false;
}
