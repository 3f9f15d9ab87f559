// Variables at the level of ops: what is read, written and refused.
import { expect, test } from "vitest";
import { float32, int32, string } from "../core/dtypes.ts";
import { Graph } from "../core/graph.ts";
import type { NDArray } from "../core/ndarray.ts";
import { TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { Session } from "../session/session.ts";
import { constant } from "./constant.ts";
import type { TensorLike } from "./convert.ts";
import { placeholderWithDefault } from "./identity.ts";
import {
  resourceGather,
  resourceGatherNd,
  scatterAdd,
  scatterNdAdd,
  scatterSub,
  scatterUpdate,
} from "./scatter.ts";
import {
  assign,
  assignAdd,
  assignAddVariableOp,
  assignSubVariableOp,
  assignVariableOp,
  countUpTo,
  destroyResourceOp,
  isVariableInitialized,
  readVariableOp,
  varHandleOp,
  varIsInitializedOp,
  variableShape,
  variableV2,
} from "./state.ts";

/** Runs a test in a graph of its own; `run` fetches as nested arrays. */
function inSession(body: (run: (fetch: unknown) => unknown) => void): void {
  const graph = new Graph();
  graph.asDefault(() => {
    const session = new Session("", { graph });
    body((fetch) => {
      const value = session.runSync(fetch as Tensor) as NDArray | null;
      return value === null ? null : value.toArray();
    });
  });
}

const two = new TensorShape([2]);
const ref = (name = "v"): Tensor => variableV2(two, float32, { name });
const handle = (name = "h"): Tensor => varHandleOp(two, float32, { name, sharedName: name });
const open = (value: TensorLike): Tensor => placeholderWithDefault(value, null);

test("a reference is read, overwritten and added to", () => {
  inSession((run) => {
    const v = ref();
    expect(run(isVariableInitialized(v))).toBe(false);
    expect(() => run(assignAdd(v, [1, 2]))).toThrow("Attempting to use uninitialized value v");
    expect(run(assign(v, [1, 2]))).toEqual([1, 2]);
    expect(run(isVariableInitialized(v))).toBe(true);
    expect(run(assignAdd(v, [3, 4]))).toEqual([4, 6]);
    expect(run(v)).toEqual([4, 6]);
  });
});

test("a resource says how it was missed", () => {
  inSession((run) => {
    const h = handle();
    expect(run(varIsInitializedOp(h))).toBe(false);
    expect(() => run(readVariableOp(h, float32))).toThrow(
      "Could not find variable h. This could mean that the variable has been deleted. In TF1, it can also mean the variable is uninitialized. Debug info: container=localhost, status error message=Container localhost does not exist. (Could not find resource: localhost/h)",
    );
    run(assignVariableOp(handle("other"), [1, 2]));
    expect(() => run(assignAddVariableOp(h, [1, 2]))).toThrow(
      "Resource localhost/h/N10tensorflow3VarE does not exist.",
    );
    run(assignVariableOp(h, [1, 2]));
    run(assignSubVariableOp(h, [1, 1]));
    expect(run(readVariableOp(h, float32))).toEqual([0, 1]);
    expect(run(variableShape(h))).toEqual([2]);
    run(destroyResourceOp(h));
    expect(run(varIsInitializedOp(h))).toBe(false);
  });
});

test("shapes that do not fit are refused when building, or when running", () => {
  inSession((run) => {
    const v = ref();
    expect(() => assign(v, [1, 2, 3])).toThrow(
      "Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2] and [3]. for '{{node Assign}} = Assign[T=DT_FLOAT, use_locking=true, validate_shape=true](v, Assign/value)' with input shapes: [2], [3].",
    );
    expect(() => run(assign(v, open([1, 2, 3])))).toThrow(
      "Assign requires shapes of both tensors to match. lhs shape= [2] rhs shape= [3]",
    );
    run(assign(v, [1, 2]));
    expect(() => run(assignAdd(v, open([1, 2, 3])))).toThrow(
      "Parameters and update must be the same size",
    );
    const h = handle();
    run(assignVariableOp(h, [1, 2]));
    expect(() => run(assignAddVariableOp(h, open([1, 2, 3])))).toThrow(
      "Cannot update variable with shape [2] using a Tensor with shape [3], shapes must be equal.",
    );
    expect(() => readVariableOp(h, int32)).toThrow(
      "Trying to read variable with wrong dtype. Expected float got int32",
    );
  });
});

test("a variable of open shape takes the shape of what it is assigned", () => {
  inSession((run) => {
    const v = variableV2(new TensorShape(null), float32, { name: "v" });
    run(assign(v, [1, 2, 3], { validateShape: false }));
    expect(run(v)).toEqual([1, 2, 3]);
    run(assign(v, [[1], [2]], { validateShape: false }));
    expect(run(v)).toEqual([[1], [2]]);
  });
});

test("scattering applies repeated indices in order and checks them", () => {
  inSession((run) => {
    const v = ref();
    run(assign(v, [1, 2]));
    expect(run(scatterAdd(v, [0, 0], [3, 5]))).toEqual([9, 2]);
    expect(run(scatterSub(v, [1, 0], 2))).toEqual([7, 0]);
    expect(run(scatterNdAdd(v, [[1]], [4]))).toEqual([7, 4]);
    expect(() => run(scatterAdd(v, [0, 7], [3, 5]))).toThrow("indices[1] = 7 is not in [0, 2)");
    expect(() => run(scatterAdd(v, [0, 1], open([3, 5, 6])))).toThrow(
      "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape [3], indices.shape [2], params.shape [2]",
    );
    expect(() => scatterNdAdd(v, [[0], [1]], [3, 5, 6])).toThrow(
      "Dimensions [0,1) of indices[shape=[2,1]] = [2] must match dimensions [0,1) of updates[shape=[3]] = [3]",
    );
  });
});

test("strings are variables too", () => {
  inSession((run) => {
    const v = variableV2(two, string, { name: "words" });
    expect(run(scatterUpdate(assign(v, ["a", "b"]), [1], ["z"]))).toEqual(["a", "z"]);
  });
});

test("rows of a resource are gathered without reading all of it", () => {
  inSession((run) => {
    const h = handle();
    run(assignVariableOp(h, [1, 2]));
    expect(run(resourceGather(h, [1, 0, 1], float32))).toEqual([2, 1, 2]);
    expect(run(resourceGatherNd(h, [[1]], float32))).toEqual([2]);
    expect(() => run(resourceGather(h, [0, 7], float32))).toThrow(
      "indices[1] = 7 is not in [0, 2)",
    );
  });
});

test("countUpTo ends with OutOfRangeError", () => {
  inSession((run) => {
    const counter = variableV2(new TensorShape([]), int32, { name: "counter" });
    run(assign(counter, constant(0, { dtype: int32 })));
    const next = countUpTo(counter, 2);
    expect([run(next), run(next)]).toEqual([0, 1]);
    expect(() => run(next)).toThrow("Reached limit of 2");
  });
});

test("only variables can be written", () => {
  inSession(() => {
    expect(() => assign(constant([1, 2]), [1, 2])).toThrow(
      'A variable is needed to write to, got Tensor("Const:0", shape=(2,), dtype=float32).',
    );
  });
});
