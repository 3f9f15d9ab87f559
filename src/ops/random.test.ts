// Random ops: seeds, streams and the values that TensorFlow prints for them.
import { expect, test } from "vitest";
import { int32, int64, string } from "../core/dtypes.ts";
import { Graph } from "../core/graph.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import { Session } from "../session/session.ts";
import {
  getSeed,
  multinomial,
  randomGamma,
  randomNormal,
  randomPoisson,
  randomShuffle,
  randomUniform,
  setRandomSeed,
  truncatedNormal,
} from "./random.ts";
import { randomCrop } from "./random-crop.ts";

function inGraph(body: (run: (fetch: Tensor) => NDArray, graph: Graph) => void): void {
  const graph = new Graph();
  graph.asDefault(() => {
    const session = new Session("", { graph });
    body((fetch) => session.runSync(fetch) as NDArray, graph);
  });
}

const numbers = (array: NDArray): number[] => Array.from(array.values(), Number);

function expectClose(array: NDArray, expected: readonly number[]): void {
  expect(array.size).toBe(expected.length);
  numbers(array).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] as number, 6);
  });
}

test("seeds: the graph's, the op's, a count, and none", () => {
  inGraph(() => {
    expect(getSeed()).toEqual([null, null]);
    expect(getSeed(1)).toEqual([87654321, 1]);
    setRandomSeed(1);
    expect([getSeed(), getSeed(), getSeed(9), getSeed()]).toEqual([
      [1, 0],
      [1, 1],
      [1, 9],
      [1, 2],
    ]);
    setRandomSeed(0);
    expect(getSeed(0)).toEqual([0, 2 ** 31 - 1]);
    expect(getSeed(-1)).toEqual([0, 2 ** 31 - 2]);
  });
});

test("a run goes on where the last one ended", () => {
  inGraph((run) => {
    const uniform = randomUniform([6], { seed: 1234 });
    expectClose(
      run(uniform),
      [0.848307014, 0.323571324, 0.30670011, 0.0696997643, 0.913856506, 0.170479059],
    );
    expectClose(
      run(uniform),
      [0.592119455, 0.195638657, 0.554915547, 0.0358660221, 0.180731416, 0.176797628],
    );
    const normal = randomNormal([2, 3], { seed: 1234 });
    expectClose(
      run(normal),
      [0.51340485, -0.25581399, 0.65199131, 1.39236379, 0.37256798, 0.20336303],
    );
    expectClose(
      run(normal),
      [0.96462417, 0.34291974, 0.24251089, 1.05785966, 1.65749764, 0.82108968],
    );
  });
});

test("the other distributions give TensorFlow's values", () => {
  inGraph((run) => {
    const options = { seed: 1234 };
    expectClose(
      run(truncatedNormal([6], options)),
      [0.513404846, -0.255813986, 0.651991308, 1.39236379, 0.166253299, -0.916179717],
    );
    const ints = run(randomUniform([10], { maxval: 10, dtype: int32, ...options }));
    expect(numbers(ints)).toEqual([9, 5, 3, 4, 0, 6, 8, 0, 5, 0]);
    const longs = run(randomUniform([6], { maxval: 1000, dtype: int64, ...options }));
    expect(numbers(longs)).toEqual([459, 707, 456, 778, 535, 780]);
    expect(numbers(run(randomShuffle(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7), options)))).toEqual([
      3, 6, 0, 7, 4, 2, 1, 5,
    ]);
    expect(
      numbers(
        run(
          multinomial(
            [
              [1, 2, 0.5],
              [0, 3, 3],
            ],
            6,
            { seed: 3 },
          ),
        ),
      ),
    ).toEqual([0, 1, 0, 1, 1, 1, 1, 2, 1, 1, 1, 2]);
    expect(numbers(run(randomPoisson([1, 20], [3], { seed: 3 })))).toEqual([1, 27, 1, 33, 0, 22]);
    expectClose(
      run(randomGamma([3], [0.5, 2], { beta: [[1], [3]], seed: 3 })),
      [
        0.00218824646, 3.22780323, 0.00853613112, 0.39509243, 0.0351882726, 4.27498865, 0.144594893,
        0.716035366, 0.0222735293, 1.22366834, 0.567938685, 0.844686151,
      ],
    );
  });
});

test("a crop lies inside, and one that is too large is refused", () => {
  inGraph((run) => {
    const rows = Array.from({ length: 4 }, (_, i) =>
      Array.from({ length: 10 }, (__, j) => 10 * i + j),
    );
    expect(numbers(run(randomCrop(rows, [2, 3], { seed: 3 })))).toEqual([17, 18, 19, 27, 28, 29]);
    expect(() => run(randomCrop([[1, 2]], [2, 1]))).toThrow(
      "assertion failed: [Need value.shape >= size, got ] [1 2] [2 1]",
    );
  });
});

test("without seeds every session draws other numbers", () => {
  inGraph((run, graph) => {
    const uniform = randomUniform([4]);
    const first = numbers(run(uniform));
    expect(numbers(run(uniform))).not.toEqual(first);
    const other = new Session("", { graph }).runSync(uniform) as NDArray;
    expect(numbers(other)).not.toEqual(first);
  });
});

test("the plain range [0, 1) takes two nodes, another one seven", () => {
  inGraph((_, graph) => {
    randomUniform([2]);
    expect(graph.getOperations().map((op) => op.name)).toEqual([
      "random_uniform/shape",
      "random_uniform/RandomUniform",
    ]);
    randomUniform([2], { minval: 1, maxval: 3, name: "x" });
    expect(
      graph
        .getOperations()
        .slice(2)
        .map((op) => `${op.name}: ${op.type}`),
    ).toEqual([
      "x/shape: Const",
      "x/min: Const",
      "x/max: Const",
      "x/RandomUniform: RandomUniform",
      "x/sub: Sub",
      "x/mul: Mul",
      "x: AddV2",
    ]);
  });
});

test("what cannot be drawn is refused", () => {
  inGraph((run) => {
    expect(() => randomUniform([2], { dtype: int32 })).toThrow(
      "Must specify maxval for integer dtype tf.int32",
    );
    expect(() => randomUniform([2], { dtype: string })).toThrow(
      "Argument `dtype` got invalid value <dtype: 'string'>. Accepted dtypes are (tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64).",
    );
    expect(() => run(randomUniform([2], { minval: 5, maxval: 3, dtype: int32 }))).toThrow(
      "Need minval < maxval, got 5 >= 3",
    );
    expect(() => randomUniform([-2])).toThrow("Invalid value in tensor used for shape: -2");
    expect(() => multinomial([[1, 2]], -3)).toThrow(
      "Dimension size, given by scalar input 1, must be non-negative but is -3",
    );
  });
});
