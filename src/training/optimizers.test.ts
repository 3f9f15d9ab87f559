/** Optimizers: three steps of each, what they are made of, and what they refuse. */

import { describe, expect, test } from "vitest";
import * as tf from "../index.ts";

interface Kind {
  readonly name: string;
  readonly make: () => tf.train.Optimizer;
  /** w = [1, 2] after one, two and three steps with the gradient [0.1, -0.2]. */
  readonly steps: readonly (readonly [number, number])[];
}

const kinds: readonly Kind[] = [
  {
    name: "gradient descent",
    make: () => new tf.train.GradientDescentOptimizer(3),
    steps: [
      [0.7, 2.6],
      [0.4, 3.2],
      [0.1, 3.8],
    ],
  },
  {
    name: "momentum",
    make: () => new tf.train.MomentumOptimizer(2, 0.9),
    steps: [
      [0.8, 2.4],
      [0.42, 3.16],
      [-0.122, 4.244],
    ],
  },
  {
    name: "nesterov momentum",
    make: () => new tf.train.MomentumOptimizer(2, 0.9, { useNesterov: true }),
    steps: [
      [0.62, 2.76],
      [0.078, 3.844],
      [-0.6098, 5.2196],
    ],
  },
  {
    name: "adam",
    make: () => new tf.train.AdamOptimizer(),
    steps: [
      [0.999000003, 2.000999998],
      [0.998000005, 2.001999997],
      [0.997000007, 2.002999996],
    ],
  },
  {
    name: "rmsprop",
    make: () => new tf.train.RMSPropOptimizer(2),
    steps: [
      [0.789298513, 2.420703162],
      [0.567336464, 2.863077117],
      [0.333527854, 3.328117949],
    ],
  },
  {
    name: "rmsprop with momentum",
    make: () => new tf.train.RMSPropOptimizer(2, { momentum: 0.5 }),
    steps: [
      [0.789298513, 2.420703162],
      [0.461985721, 3.073428698],
      [0.064520715, 3.864832298],
    ],
  },
  {
    name: "centered rmsprop",
    make: () => new tf.train.RMSPropOptimizer(2, { centered: true }),
    steps: [
      [0.78928682, 2.420796269],
      [0.567275408, 2.86356139],
      [0.333349374, 3.329528237],
    ],
  },
  {
    name: "adagrad",
    make: () => new tf.train.AdagradOptimizer(3),
    steps: [
      [0.095465966, 3.603567451],
      [-0.770559438, 5.017781014],
      [-1.602609732, 6.296985312],
    ],
  },
  {
    name: "adadelta",
    make: () => new tf.train.AdadeltaOptimizer(1),
    steps: [
      [0.999552791, 2.000447212],
      [0.999099885, 2.000900122],
      [0.998643125, 2.001356886],
    ],
  },
  {
    name: "ftrl",
    make: () => new tf.train.FtrlOptimizer(3),
    steps: [
      [-0.857996623, 1.913258942],
      [-1.724022027, 3.327472504],
      [-2.556072321, 4.606676803],
    ],
  },
  {
    name: "ftrl with l1 and l2",
    make: () =>
      new tf.train.FtrlOptimizer(3, {
        l1RegularizationStrength: 0.001,
        l2RegularizationStrength: 2,
      }),
    steps: [
      [-0.022832711, 0.057610021],
      [-0.047131272, 0.10590262],
      [-0.071402027, 0.154021795],
    ],
  },
  {
    name: "ftrl with shrinkage",
    make: () =>
      new tf.train.FtrlOptimizer(3, {
        l1RegularizationStrength: 0.001,
        l2RegularizationStrength: 2,
        l2ShrinkageRegularizationStrength: 0.1,
      }),
    steps: [
      [-0.071487951, -0.038881333],
      [-0.092312404, 0.010806021],
      [-0.112102175, 0.058405219],
    ],
  },
];

function numbers(value: unknown): number[] {
  return (value as tf.NDArray).toArray() as number[];
}

function inGraph<R>(body: () => R): R {
  return new tf.Graph().asDefault(body);
}

describe("three steps with a constant gradient", () => {
  for (const { name, make, steps } of kinds) {
    for (const useResource of [false, true]) {
      test(`${name} of a ${useResource ? "resource" : "reference"} variable`, () => {
        inGraph(() => {
          const w = new tf.Variable([1, 2], { name: "w", useResource });
          const train = make().applyGradients([[tf.constant([0.1, -0.2]), w]]);
          const session = new tf.Session();
          session.runSync(tf.globalVariablesInitializer());
          for (const step of steps) {
            session.runSync(train);
            const found = numbers(session.runSync(w));
            for (const [i, value] of found.entries())
              expect(value).toBeCloseTo(step[i] as number, 5);
          }
        });
      });
    }
  }
});

describe("sparse gradients", () => {
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const optimizers: readonly (readonly [string, () => tf.train.Optimizer])[] = [
    ["gradient descent", () => new tf.train.GradientDescentOptimizer(0.1)],
    ["momentum", () => new tf.train.MomentumOptimizer(0.1, 0.9)],
    ["adam", () => new tf.train.AdamOptimizer(0.1)],
    ["adagrad", () => new tf.train.AdagradOptimizer(0.1)],
    ["adadelta", () => new tf.train.AdadeltaOptimizer(0.1)],
    ["ftrl", () => new tf.train.FtrlOptimizer(0.1)],
    ["rmsprop", () => new tf.train.RMSPropOptimizer(0.1)],
    [
      "centered rmsprop",
      () => new tf.train.RMSPropOptimizer(0.1, { centered: true, momentum: 0.5 }),
    ],
    [
      "proximal adagrad",
      () => new tf.train.ProximalAdagradOptimizer(0.1, { l1RegularizationStrength: 0.01 }),
    ],
  ];
  for (const [name, make] of optimizers) {
    for (const useResource of [false, true]) {
      test(`${name} gives touched rows what the summed gradient would (${useResource ? "resource" : "reference"})`, () => {
        inGraph(() => {
          const dense = new tf.Variable(rows, { name: "dense", useResource });
          const sparse = new tf.Variable(rows, { name: "sparse", useResource });
          const slices = new tf.IndexedSlices(
            tf.constant([
              [1, 2],
              [3, 4],
              [5, 6],
            ]),
            tf.constant([0, 2, 0], { dtype: tf.int32 }),
          );
          const sum = tf.constant([
            [6, 8],
            [0, 0],
            [3, 4],
          ]);
          const trainSparse = make().applyGradients([[slices, sparse]]);
          const trainDense = make().applyGradients([[sum, dense]]);
          const session = new tf.Session();
          session.runSync(tf.globalVariablesInitializer());
          for (let step = 0; step < 2; step++) {
            session.runSync(trainSparse);
            session.runSync(trainDense);
          }
          const found = session.runSync(sparse).toArray() as number[][];
          const wanted = session.runSync(dense).toArray() as number[][];
          for (const row of [0, 2]) {
            for (const [i, value] of (found[row] as number[]).entries()) {
              expect(value).toBeCloseTo(wanted[row]?.[i] as number, 4);
            }
          }
          expect(found[1]).toEqual([3, 4]);
        });
      });
    }
  }
});

describe("names", () => {
  const namesFrom = (start: number): string[] =>
    tf
      .getDefaultGraph()
      .getOperations()
      .slice(start)
      .map((op) => op.name);

  test("gradient descent with a global step ends in the AssignAdd of the step", () => {
    inGraph(() => {
      const w = new tf.Variable([1, 2], { name: "w" });
      const globalStep = tf.train.getOrCreateGlobalStep();
      const grad = tf.constant([1, 1]);
      const start = tf.getDefaultGraph().getOperations().length;
      const train = new tf.train.GradientDescentOptimizer(0.1).applyGradients([[grad, w]], {
        globalStep,
      });
      expect(namesFrom(start)).toEqual([
        "GradientDescent/learning_rate",
        "GradientDescent/update_w/ApplyGradientDescent",
        "GradientDescent/update",
        "GradientDescent/value",
        "GradientDescent",
      ]);
      expect(train.type).toBe("AssignAdd");
      expect(tf.getDefaultGraph().getCollection(tf.GraphKeys.TRAIN_OP)).toEqual([train]);
    });
  });

  test("a second adam has slots and powers of its own", () => {
    inGraph(() => {
      const w = new tf.Variable([1, 2], { name: "w" });
      const grad = tf.constant([1, 1]);
      const first = new tf.train.AdamOptimizer(0.1);
      const second = new tf.train.AdamOptimizer(0.1);
      first.applyGradients([[grad, w]]);
      second.applyGradients([[grad, w]]);
      expect(first.variables().map((v) => v.name)).toEqual([
        "beta1_power:0",
        "beta2_power:0",
        "w/Adam:0",
        "w/Adam_1:0",
      ]);
      expect(second.variables().map((v) => v.name)).toEqual([
        "beta1_power_1:0",
        "beta2_power_1:0",
        "w/Adam_2:0",
        "w/Adam_3:0",
      ]);
      expect(first.getSlotNames()).toEqual(["m", "v"]);
      expect(first.getSlot(w, "v")?.name).toBe("w/Adam_1:0");
      expect(first.getSlot(w, "none")).toBeNull();
    });
  });

  test("hyper-parameters are cast for variables of another dtype", () => {
    inGraph(() => {
      const w = new tf.Variable([1, 2], { name: "w", dtype: tf.float64 });
      const grad = tf.constant([1, 1], { dtype: tf.float64 });
      const start = tf.getDefaultGraph().getOperations().length;
      new tf.train.GradientDescentOptimizer(() => 0.5).applyGradients([[grad, w]]);
      expect(namesFrom(start)).toEqual([
        "GradientDescent/learning_rate",
        "GradientDescent/update_w/Cast",
        "GradientDescent/update_w/ApplyGradientDescent",
        "GradientDescent",
      ]);
    });
  });
});

test("adam takes its learning rate first or among the options", () => {
  inGraph(() => {
    const w = new tf.Variable([1], { name: "w" });
    const grad = tf.constant([1]);
    new tf.train.AdamOptimizer(0.25, { beta1: 0.5, name: "first" }).applyGradients([[grad, w]]);
    new tf.train.AdamOptimizer({ learningRate: 0.25, beta1: 0.5, name: "second" }).applyGradients([
      [grad, w],
    ]);
    const session = new tf.Session();
    for (const name of ["first", "second"]) {
      expect(session.runSync(`${name}/learning_rate:0`)).toMatchObject({ shape: [] });
      expect((session.runSync(`${name}/learning_rate:0`) as tf.NDArray).item()).toBe(0.25);
      expect((session.runSync(`${name}/beta1:0`) as tf.NDArray).item()).toBe(0.5);
    }
  });
});

test("a constraint is applied after the update", () => {
  for (const useResource of [false, true]) {
    inGraph(() => {
      const constraint = (value: tf.Tensor) => tf.maximum(value, 0);
      const w = new tf.Variable([1, 2], { name: "w", useResource, constraint });
      const optimizer = new tf.train.GradientDescentOptimizer(1);
      const train = optimizer.applyGradients([[tf.constant([3, 1]), w]]);
      const session = new tf.Session();
      session.runSync(tf.globalVariablesInitializer());
      session.runSync(train);
      expect(numbers(session.runSync(w))).toEqual([0, 1]);
      const slices = new tf.IndexedSlices(tf.constant([1]), tf.constant([0], { dtype: tf.int32 }));
      expect(() => optimizer.applyGradients([[slices, w]])).toThrow(
        "Cannot use a constraint function on a sparse variable.",
      );
    });
  }
});

test("minimize counts the global step, of either kind", () => {
  for (const useResource of [false, true]) {
    inGraph(() => {
      const w = new tf.Variable(3, { name: "w" });
      const globalStep = new tf.Variable(0, {
        name: "step",
        dtype: tf.int64,
        trainable: false,
        useResource,
      });
      const train = new tf.train.GradientDescentOptimizer(0.5).minimize(tf.square(w), {
        globalStep,
      });
      const session = new tf.Session();
      session.runSync(tf.globalVariablesInitializer());
      session.runSync(train);
      session.runSync(train);
      expect(session.runSync(globalStep).item()).toBe(2n);
      expect(session.runSync(w).item()).toBe(0);
    });
  }
});

test("dual averaging uses the number of the step", () => {
  inGraph(() => {
    const w = new tf.Variable([0, 0], { name: "w" });
    const globalStep = tf.train.getOrCreateGlobalStep();
    const optimizer = new tf.train.AdagradDAOptimizer(3, globalStep);
    const train = optimizer.applyGradients([[tf.constant([0.1, 0.2]), w]], { globalStep });
    const session = new tf.Session();
    session.runSync(tf.globalVariablesInitializer());
    session.runSync(train);
    const found = numbers(session.runSync(w));
    // -lr g / √(0.1 + g²)
    expect(found[0]).toBeCloseTo(-0.904534, 5);
    expect(found[1]).toBeCloseTo(-1.603567, 5);
  });
});

describe("gates", () => {
  test("each is a number of its own", () => {
    const { GATE_NONE, GATE_OP, GATE_GRAPH } = tf.train.Optimizer;
    expect([GATE_NONE, GATE_OP, GATE_GRAPH]).toEqual([0, 1, 2]);
  });
  test("other numbers are refused", () => {
    inGraph(() => {
      const w = new tf.Variable(1, { name: "w" });
      const optimizer = new tf.train.GradientDescentOptimizer(0.1);
      expect(() => optimizer.computeGradients(tf.square(w), { gateGradients: 7 })).toThrow(
        "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  Not 7",
      );
    });
  });
  test("the whole graph can wait", () => {
    inGraph(() => {
      const w = new tf.Variable(1, { name: "w" });
      const b = new tf.Variable(1, { name: "b" });
      const unused = new tf.Variable(1, { name: "unused" });
      const pairs = new tf.train.GradientDescentOptimizer(0.1).computeGradients(w.add(b), {
        varList: [w, [b, [unused]]],
        gateGradients: tf.train.Optimizer.GATE_GRAPH,
      });
      expect(pairs.map(([, variable]) => variable.name)).toEqual(["w:0", "b:0", "unused:0"]);
      expect(pairs.map(([grad]) => (grad as tf.Tensor | null)?.name ?? null)).toEqual([
        "tuple/control_dependency:0",
        "tuple/control_dependency_1:0",
        null,
      ]);
    });
  });
});

describe("errors", () => {
  const optimizer = () => new tf.train.GradientDescentOptimizer(0.1);

  test("an optimizer needs a name", () => {
    expect(() => new tf.train.GradientDescentOptimizer(0.1, { name: "" })).toThrow(
      "Must specify the optimizer name",
    );
  });
  test("there must be variables", () => {
    inGraph(() => {
      expect(() => optimizer().minimize(tf.constant(1))).toThrow("No variables to optimize.");
      expect(() => optimizer().applyGradients([])).toThrow("No variables provided.");
    });
  });
  test("some variable must have a gradient", () => {
    inGraph(() => {
      const w = new tf.Variable([1], { name: "w" });
      const c = tf.constant(1, { name: "c" });
      expect(() => optimizer().minimize(c)).toThrow(
        `No gradients provided for any variable, check your graph for ops that do not support gradients, between variables ["<tf.Variable 'w:0' shape=(1,) dtype=float32_ref>"] and loss Tensor("c:0", shape=(), dtype=float32).`,
      );
      expect(() => optimizer().applyGradients([[null, w]])).toThrow(
        `No gradients provided for any variable: ["<tf.Variable 'w:0' shape=(1,) dtype=float32_ref>"].`,
      );
    });
  });
  test("a loss must be floating point", () => {
    inGraph(() => {
      new tf.Variable([1], { name: "w" });
      const loss = tf.constant(1, { dtype: tf.int32 });
      expect(() => optimizer().computeGradients(loss)).toThrow(
        "Invalid type tf.int32 for Const:0, expected: [tf.float32, tf.float64, tf.float16, tf.bfloat16].",
      );
    });
  });
  test("a tensor has gradients but cannot be updated", () => {
    inGraph(() => {
      const c = tf.constant(1, { name: "c" });
      const pairs = optimizer().computeGradients(tf.square(c), { varList: [c] });
      expect(pairs[0]?.[0]).toBeInstanceOf(tf.Tensor);
      expect(() => optimizer().applyGradients(pairs)).toThrow(
        "('Trying to update a Tensor ', <tf.Tensor 'c:0' shape=() dtype=float32>)",
      );
    });
  });
  test("what is neither variable nor tensor is refused", () => {
    inGraph(() => {
      const loss = tf.constant(1);
      expect(() => optimizer().computeGradients(loss, { varList: ["w" as never] })).toThrow(
        "Trying to optimize unsupported type",
      );
    });
  });
  test("settings must be in range", () => {
    expect(() => new tf.train.AdagradOptimizer(0.1, { initialAccumulatorValue: -1 })).toThrow(
      "initial_accumulator_value must be positive: -1.0",
    );
    expect(() => new tf.train.FtrlOptimizer(0.1, { initialAccumulatorValue: -1 })).toThrow(
      "initial_accumulator_value -1.000000 needs to be positive or zero",
    );
    expect(() => new tf.train.FtrlOptimizer(0.1, { learningRatePower: 1 })).toThrow(
      "learning_rate_power 1.000000 needs to be negative or zero",
    );
    expect(
      () => new tf.train.FtrlOptimizer(0.1, { l2ShrinkageRegularizationStrength: -0.5 }),
    ).toThrow("l2_shrinkage_regularization_strength -0.500000 needs to be positive or zero");
  });
});

describe("an optimizer of one's own", () => {
  /** Steps of fixed size against the sign of the gradient. */
  class SignOptimizer extends tf.train.Optimizer {
    constructor(options: tf.train.OptimizerOptions = {}) {
      super({ name: "Sign", ...options });
    }
    protected override createSlots(variables: readonly tf.Variable[]): void {
      for (const variable of variables) this.zerosSlot(variable, "count");
    }
    protected override applyDense(grad: tf.Tensor, variable: tf.Variable) {
      const slot = this.getSlot(variable, "count") as tf.Variable;
      return tf.group(variable.assignSub(tf.sign(grad)), slot.assignAdd([1, 1]));
    }
    protected override applySparse(grad: tf.IndexedSlices, variable: tf.Variable) {
      return variable.scatterSub(new tf.IndexedSlices(tf.sign(grad.values), grad.indices));
    }
  }

  test("has slots, names and sums of rows like the others", () => {
    inGraph(() => {
      const w = new tf.Variable([1, 2], { name: "w" });
      const optimizer = new SignOptimizer();
      const train = optimizer.applyGradients([[tf.constant([0.5, -0.5]), w]]);
      const indices = tf.constant([1, 1], { dtype: tf.int32 });
      const sparse = optimizer.applyGradients([
        [new tf.IndexedSlices(tf.constant([3, -4]), indices), w],
      ]);
      expect([train.name, sparse.name]).toEqual(["Sign", "Sign_1"]);
      expect(optimizer.variables().map((v) => v.name)).toEqual(["w/Sign:0"]);
      const session = new tf.Session();
      session.runSync(tf.globalVariablesInitializer());
      session.runSync(train);
      expect(numbers(session.runSync(w))).toEqual([0, 3]);
      session.runSync(sparse);
      expect(numbers(session.runSync(w))).toEqual([0, 4]);
    });
  });
});
