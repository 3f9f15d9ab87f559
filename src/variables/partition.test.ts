// Partitioned variables, partitioners, partition infos.
import { beforeEach, describe, expect, test } from "vitest";
import { float32, float64, string } from "../core/dtypes.ts";
import { getDefaultGraph, resetDefaultGraph } from "../core/graph.ts";
import type { NDArray } from "../core/ndarray.ts";
import { asShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { ones } from "../ops/array.ts";
import { constant } from "../ops/constant.ts";
import { identity } from "../ops/identity.ts";
import { Session } from "../session/session.ts";
import { getVariable } from "./get-variable.ts";
import { constantInitializer, onesInitializer, zerosInitializer } from "./initializers.ts";
import {
  createPartitionedVariables,
  fixedSizePartitioner,
  minMaxVariablePartitioner,
  variableAxisSizePartitioner,
} from "./partition.ts";
import { PartitionedVariable } from "./partitioned.ts";
import { getVariableScope, variableScope } from "./scope.ts";
import { PartitionInfo } from "./slices.ts";

beforeEach(() => resetDefaultGraph());

function initialized(): Session {
  const session = new Session();
  for (const variable of getVariableScope().globalVariables())
    session.runSync(variable.initializer);
  return session;
}

function value(session: Session, tensor: unknown): unknown {
  return (session.runSync(tensor as Tensor) as NDArray).toArray();
}

describe("a partitioned variable", () => {
  test("has parts whose lengths differ by one at most, and joins them", () => {
    const v = getVariable("v", [5, 2], {
      initializer: onesInitializer(),
      partitioner: fixedSizePartitioner(3),
    });
    expect(v).toBeInstanceOf(PartitionedVariable);
    expect([...v].map(String)).toEqual([
      "<tf.Variable 'v/part_0:0' shape=(2, 2) dtype=float32_ref>",
      "<tf.Variable 'v/part_1:0' shape=(2, 2) dtype=float32_ref>",
      "<tf.Variable 'v/part_2:0' shape=(1, 2) dtype=float32_ref>",
    ]);
    expect([...v].map((part) => part.saveSliceInfo?.spec)).toEqual([
      "5 2 0,2:0,2",
      "5 2 2,2:0,2",
      "5 2 4,1:0,2",
    ]);
    expect([v.name, v.length]).toEqual(["v", 3]);
    const before = getDefaultGraph().operations.length;
    expect(v.asTensor().name).toBe("v:0");
    expect(identity(v, { name: "again" }).op.inputs[0]?.name).toBe("v_1:0");
    expect(
      getDefaultGraph()
        .getOperations()
        .slice(before)
        .map(({ name }) => name),
    ).toEqual([
      "v/ConcatPartitions/concat/axis",
      "v/ConcatPartitions/concat",
      "v",
      "v/ConcatPartitions/concat_1/axis",
      "v/ConcatPartitions/concat_1",
      "v_1",
      "again",
    ]);
  });

  test("of one part is still partitioned; a scalar is not", () => {
    const partitioner = fixedSizePartitioner(1);
    const v = getVariable("v", [2], { initializer: zerosInitializer(), partitioner });
    expect(v.asTensor().op.inputs[0]?.name).toBe("v/part_0/read:0");
    variableScope("s", { partitioner }, () => expect(getVariable("x", []).name).toBe("s/x:0"));
  });

  test("takes a whole, a list of parts or another one", () => {
    const make = (name: string, fill: number) =>
      getVariable(name, [3], {
        initializer: constantInitializer(fill),
        partitioner: fixedSizePartitioner(2),
      });
    const v = make("v", 1);
    const w = make("w", 5);
    const session = initialized();
    for (const op of v.assign(constant([1, 2, 3]))) session.runSync(op as Tensor);
    expect(value(session, v.asTensor())).toEqual([1, 2, 3]);
    for (const op of v.assignAdd(w)) session.runSync(op as Tensor);
    expect(value(session, v.asTensor())).toEqual([6, 7, 8]);
    for (const op of v.assignSub([[1, 1], [2]], { readValue: false }))
      session.runSync(op as Tensor);
    expect(value(session, v.asTensor())).toEqual([5, 6, 6]);
    expect(() => v.assign([[1, 1]])).toThrow(
      "Expected one value for each of the 2 parts of v, got 1.",
    );
  });

  test("slices constant initial values", () => {
    const v = getVariable("v", {
      initializer: constant([1, 2, 3]),
      partitioner: fixedSizePartitioner(2),
    });
    expect(value(initialized(), v.asTensor())).toEqual([1, 2, 3]);
  });

  test("tells initializers which part they fill", () => {
    const seen: unknown[] = [];
    getVariable("v", [4, 3], {
      partitioner: fixedSizePartitioner(2),
      initializer: (shape, { partitionInfo }) => {
        seen.push([shape, partitionInfo?.fullShape, partitionInfo?.varOffset]);
        return ones(shape);
      },
    });
    expect(seen).toEqual([
      [
        [2, 3],
        [4, 3],
        [0, 0],
      ],
      [
        [2, 3],
        [4, 3],
        [2, 0],
      ],
    ]);
  });

  test("is shared whole", () => {
    const partitioner = fixedSizePartitioner(2);
    const v = variableScope("a", () => {
      const made = getVariable("v", [6], { initializer: zerosInitializer(), partitioner });
      getVariable("plain", [6]);
      expect(() => getVariable("v", [6], { partitioner })).toThrow(
        "Partitioned variable with name a/v already exists. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?",
      );
      expect(() => getVariable("plain", [6], { partitioner })).toThrow(
        "A partitioner was provided, but an unpartitioned version of the variable was found: a/plain.  Perhaps a variable of the same name was already created without partitioning?",
      );
      expect(() => getVariable("v", [6])).toThrow(
        "No partitioner was provided, but a partitioned version of the variable was found: a/v/part_0. Perhaps a variable of the same name was already created with partitioning?",
      );
      return made;
    });
    variableScope("a", { reuse: true }, () => {
      expect(getVariable("v", [6], { partitioner })).toBe(v);
      expect(getVariable("v", [6])).toBe(v);
      const other = fixedSizePartitioner(3);
      expect(() => getVariable("v", [6], { partitioner: other })).toThrow(
        "Trying to reuse partitioned variable a/v, but specified partitions [3] and found partitions [2].",
      );
      expect(() => getVariable("v", [4], { partitioner })).toThrow(
        "Trying to reuse partitioned variable a/v, but specified shape (4,) and found shape (6,).",
      );
      expect(() => getVariable("v", [6], { partitioner, dtype: float64 })).toThrow(
        "Trying to reuse partitioned variable a/v, but specified dtype float64 and found dtype float32.",
      );
      expect(() => getVariable("u", [6], { partitioner })).toThrow(
        "PartitionedVariable a/u does not exist, or was not created with tf.get_variable(). Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?",
      );
    });
  });

  test("refuses what partitioners should not return", () => {
    const make = (partitioner: unknown, shape: (number | null)[] = [2, 2]) =>
      getVariable("v", shape, { partitioner: partitioner as never });
    expect(() => make(fixedSizePartitioner(2), [null, 2])).toThrow(
      "Shape of a new partitioned variable must be fully defined, but instead was (?, 2).",
    );
    expect(() => make(() => 3)).toThrow("Partitioner must return a sequence, but saw: 3");
    expect(() => make(() => [1])).toThrow(
      "Partitioner returned a partition list that does not match the Variable's rank: [1] vs. (2, 2)",
    );
    expect(() => make(() => [0, 1])).toThrow(
      "Partitioner returned zero partitions for some axes: [0, 1]",
    );
    expect(() => make(() => [2, 2])).toThrow(
      "Can only slice a variable along one dimension: shape: (2, 2), partitioning: [2, 2]",
    );
  });

  test("made by the deprecated function is named by its scope", () => {
    const names = () =>
      createPartitionedVariables([4, 2], [2, 1], onesInitializer()).map(({ name }) => name);
    expect(names()).toEqual(["PartitionedVariable/part_0:0", "PartitionedVariable/part_1:0"]);
    expect(names()).toEqual(["PartitionedVariable_1/part_0:0", "PartitionedVariable_1/part_1:0"]);
    expect(() => createPartitionedVariables([4], [1, 2], null)).toThrow(
      "The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: [4], slicing: [1, 2]",
    );
    variableScope(
      "s",
      {
        customGetter: function mine(getter, name, options) {
          return getter(name, options);
        },
      },
      () =>
        expect(() => createPartitionedVariables([4], [2], null)).toThrow(
          "Private access to _get_partitioned_variable is not allowed when a custom getter is set.  Current custom getter: mine.",
        ),
    );
  });
});

describe("partitioners", () => {
  test("of a fixed size", () => {
    expect(fixedSizePartitioner(3)(asShape([5, 2]), float32)).toEqual([3, 1]);
    expect(fixedSizePartitioner(3, { axis: 1 })(asShape([5, 2]), float32)).toEqual([1, 2]);
  });

  test("by bytes per part", () => {
    expect(variableAxisSizePartitioner(16)(asShape([8, 2]), float32)).toEqual([4, 1]);
    expect(variableAxisSizePartitioner(16, { maxShards: 3 })(asShape([8, 2]), float32)).toEqual([
      3, 1,
    ]);
    expect(variableAxisSizePartitioner(32)(asShape([8]), string)).toEqual([4]);
    expect(() => variableAxisSizePartitioner(0)).toThrow(
      "Both max_shard_bytes and bytes_per_string_element must be positive.",
    );
  });

  test("by bytes at least", () => {
    const partitioner = minMaxVariablePartitioner({ maxPartitions: 3, minSliceSize: 8 });
    expect(partitioner(asShape([9]), float32)).toEqual([3]);
    expect(partitioner(asShape([3]), float32)).toEqual([2]);
    expect(() => minMaxVariablePartitioner({ axis: 1 })(asShape([2]), float32)).toThrow(
      "Cannot partition variable along axis 1 when shape is only (2,)",
    );
  });
});

describe("PartitionInfo", () => {
  test("finds the dimension that is cut", () => {
    const info = new PartitionInfo([9, 3], [4, 0]);
    expect(info.singleSliceDim([2, 3])).toBe(0);
    expect(info.singleOffset([2, 3])).toBe(4);
    expect(new PartitionInfo([9, 3], [0, 0]).singleSliceDim([9, 3])).toBeNull();
  });

  test("checks its arguments", () => {
    expect(() => new PartitionInfo([2], [0, 0])).toThrow(
      "Expected equal length, but `var_offset` is of length 2 while full_shape is of length 1.",
    );
    expect(() => new PartitionInfo([2], [2])).toThrow(
      "Expected 0 <= offset < shape but found offset=2, shape=2",
    );
    expect(() => new PartitionInfo(2 as never, [2])).toThrow(
      "`full_shape` must be a sequence (like tuple or list)",
    );
    expect(() => new PartitionInfo([9, 3], [4, 0]).singleSliceDim([6, 3])).toThrow(
      "would exceed self.full_shape=[9, 3]",
    );
    expect(() => new PartitionInfo([9, 3], [4, 0]).singleSliceDim([2, 2])).toThrow(
      "since slice dim could be either dimension 1 or 0.",
    );
  });
});
