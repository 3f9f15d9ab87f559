/** Every error the library throws: Python's kinds for wrong calls, TensorFlow's kinds for failed runs. */

/** Common base: catch this to catch all of them. `hint` says what to do. */
export class TensorscopeError extends Error {
  readonly hint: string | undefined;
  /** The message without the hint. */
  readonly text: string;

  constructor(message: string, hint?: string) {
    super(hint ? `${message}\n${hint}` : message);
    this.text = message;
    this.hint = hint;
    this.name = new.target.name;
  }
}

export class ValueError extends TensorscopeError {}
/** What is fetched is inside a conditional, where it need not be computed. */
export class InaccessibleTensorError extends ValueError {}
/**
 * A value of the wrong kind, named as Python names it. It shadows JavaScript's TypeError where it is imported (so
 * that lint rule is off): the library throws this one, JavaScript's own means a mistake of ours.
 */
class PythonTypeError extends TensorscopeError {
  constructor(message: string, hint?: string) {
    super(message, hint);
    this.name = "TypeError";
  }
}

export { PythonTypeError as TypeError };
export class LookupError extends TensorscopeError {}
export class KeyError extends LookupError {}
export class RuntimeError extends TensorscopeError {}
export class NotImplementedError extends RuntimeError {}
export class AssertionError extends TensorscopeError {}

/** What an OpError tells about the operation that failed. */
export interface FailedNode {
  readonly name: string;
  readonly type: string;
}

/** A failure while a graph runs. `errorCode` is TensorFlow's (and gRPC's) status number. */
export class OpError<N extends FailedNode = FailedNode> extends TensorscopeError {
  readonly op: N | undefined;
  readonly errorCode: number;

  constructor(op: N | undefined, message: string, errorCode: number, hint?: string) {
    super(message, hint);
    this.op = op;
    this.errorCode = errorCode;
  }
}

function opError(code: number) {
  return class extends OpError {
    constructor(op: FailedNode | undefined, message: string, hint?: string) {
      super(op, message, code, hint);
    }
  };
}

export class CancelledError extends opError(1) {}
export class UnknownError extends opError(2) {}
export class InvalidArgumentError extends opError(3) {}
export class DeadlineExceededError extends opError(4) {}
export class NotFoundError extends opError(5) {}
export class AlreadyExistsError extends opError(6) {}
export class PermissionDeniedError extends opError(7) {}
export class ResourceExhaustedError extends opError(8) {}
export class FailedPreconditionError extends opError(9) {}
export class AbortedError extends opError(10) {}
export class OutOfRangeError extends opError(11) {}
export class UnimplementedError extends opError(12) {}
export class InternalError extends opError(13) {}
export class UnavailableError extends opError(14) {}
export class DataLossError extends opError(15) {}

/** A string as Python's `repr` writes it. */
export function repr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replaceAll(quote, `\\${quote}`);
  return quote + escaped + quote;
}

/** Our own mistake, not the user's. */
export function internal(message: string): Error {
  return new Error(`internal: ${message}`);
}
