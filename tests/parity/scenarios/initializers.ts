/** Initializers under both of their names, with values (reference section 15). */

import * as tf from "tensorscope";
import { type Context, scenario } from "../harness.ts";

/** One variable per initializer, v0, v1, …; records their values. */
async function make(
  s: Context,
  initializers: readonly tf.InitializerLike[],
  shape: number[],
  dtype: tf.DType = tf.float32,
  exact = false,
) {
  const variables: unknown[] = [];
  for (let i = 0; i < initializers.length; i++) {
    variables.push(tf.getVariable(`v${i}`, shape, { dtype, initializer: initializers[i]! }));
  }
  await s.values({ variables }, { after: [tf.globalVariablesInitializer()], exact });
}

scenario("zeros, ones and constants", async (s) => {
  await make(
    s,
    [
      tf.zerosInitializer(),
      tf.initializers.zeros(),
      tf.onesInitializer(),
      tf.initializers.ones(),
      tf.constantInitializer(2.5),
      tf.initializers.constant(3),
      tf.constantInitializer([1, 2, 3, 4, 5, 6]),
      tf.constantInitializer([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      tf.constantInitializer([7]),
      tf.constantInitializer(0),
    ],
    [2, 3],
    undefined,
    true,
  );
});

scenario("zeros, ones and constants of other dtypes", async (s) => {
  await make(
    s,
    [tf.zerosInitializer(), tf.onesInitializer(), tf.constantInitializer(3)],
    [2],
    tf.int32,
    true,
  );
  const a = tf.getVariable("a", [2], { dtype: tf.bool, initializer: tf.onesInitializer() });
  const b = tf.getVariable("b", [2], {
    dtype: tf.float64,
    initializer: tf.constantInitializer(0.1),
  });
  const c = tf.getVariable("c", [2], {
    dtype: tf.int64,
    initializer: tf.zerosInitializer({ dtype: tf.int64 }),
  });
  const d = tf.getVariable("d", [30, 40], { initializer: tf.zerosInitializer() });
  const e = tf.getVariable("e", [1000], { initializer: tf.onesInitializer() });
  const f = tf.getVariable("f", [10, 10, 10], { initializer: tf.constantInitializer(1) });
  s.print([d.name, e.name, f.name]);
  await s.values({ a, b, c }, { after: [tf.variablesInitializer([a, b, c])], exact: true });
  s.error("too many", () =>
    tf.getVariable("g", [2], { initializer: tf.constantInitializer([1, 2, 3]) }),
  );
});

scenario("initializers given as classes", async (s) => {
  tf.setRandomSeed(2);
  await make(s, [tf.zerosInitializer, tf.onesInitializer, tf.glorotUniformInitializer], [2, 2]);
});

scenario("random_uniform initializers", async (s) => {
  await make(
    s,
    [
      tf.randomUniformInitializer({ seed: 1 }),
      tf.initializers.randomUniform({ seed: 1 }),
      tf.randomUniformInitializer({ minval: -1, maxval: 1, seed: 1 }),
      tf.randomUniformInitializer({ minval: 2, maxval: 3, seed: 2 }),
    ],
    [2, 3],
    undefined,
    true,
  );
  const a = tf.getVariable("a", [4], {
    dtype: tf.int32,
    initializer: tf.randomUniformInitializer({ minval: 0, maxval: 100, seed: 1 }),
  });
  const b = tf.getVariable("b", [4], {
    dtype: tf.float64,
    initializer: tf.randomUniformInitializer({ minval: -1, maxval: 1, seed: 1 }),
  });
  await s.values({ a, b }, { after: [a.initializer, b.initializer], exact: true });
});

scenario("random_normal initializers", async (s) => {
  await make(
    s,
    [
      tf.randomNormalInitializer({ seed: 1 }),
      tf.initializers.randomNormal({ seed: 1 }),
      tf.randomNormalInitializer({ mean: 1, stddev: 0.1, seed: 2 }),
    ],
    [2, 3],
  );
});

scenario("truncated_normal initializers", async (s) => {
  await make(
    s,
    [
      tf.truncatedNormalInitializer({ seed: 1 }),
      tf.initializers.truncatedNormal({ seed: 1 }),
      tf.truncatedNormalInitializer({ mean: 1, stddev: 0.1, seed: 2 }),
    ],
    [2, 3],
  );
});

scenario("normal initializers in float64", async (s) => {
  await make(
    s,
    [
      tf.randomNormalInitializer({ seed: 1, dtype: tf.float64 }),
      tf.truncatedNormalInitializer({ stddev: 0.5, seed: 1, dtype: tf.float64 }),
      tf.glorotNormalInitializer({ seed: 1 }),
    ],
    [3, 2],
    tf.float64,
  );
});

scenario("glorot initializers", async (s) => {
  await make(
    s,
    [
      tf.glorotUniformInitializer({ seed: 1 }),
      tf.initializers.glorotUniform({ seed: 1 }),
      tf.glorotNormalInitializer({ seed: 1 }),
      tf.initializers.glorotNormal({ seed: 1 }),
    ],
    [3, 2],
  );
});

scenario("fans of other ranks", async (s) => {
  const a = tf.getVariable("a", [], { initializer: tf.glorotUniformInitializer({ seed: 1 }) });
  const b = tf.getVariable("b", [4], { initializer: tf.glorotUniformInitializer({ seed: 1 }) });
  const c = tf.getVariable("c", [2, 2, 3, 1], {
    initializer: tf.glorotUniformInitializer({ seed: 1 }),
  });
  await s.values({ a, b, c }, { after: [tf.globalVariablesInitializer()] });
});

scenario("lecun and he initializers", async (s) => {
  await make(
    s,
    [
      tf.initializers.lecunNormal({ seed: 1 }),
      tf.initializers.lecunUniform({ seed: 1 }),
      tf.initializers.heNormal({ seed: 1 }),
      tf.initializers.heUniform({ seed: 1 }),
    ],
    [3, 2],
  );
});

scenario("variance_scaling initializers", async (s) => {
  await make(
    s,
    [
      tf.varianceScalingInitializer({ seed: 1 }),
      tf.initializers.varianceScaling({ seed: 1 }),
      tf.varianceScalingInitializer({
        scale: 2,
        mode: "fan_out",
        distribution: "uniform",
        seed: 1,
      }),
      tf.varianceScalingInitializer({
        scale: 0.5,
        mode: "fan_avg",
        distribution: "untruncated_normal",
        seed: 1,
      }),
      tf.varianceScalingInitializer({ distribution: "normal", seed: 1 }),
    ],
    [3, 2],
  );
  s.error("scale", () => tf.varianceScalingInitializer({ scale: -1 }));
  s.error("mode", () => tf.varianceScalingInitializer({ mode: "no" as never }));
  s.error("distribution", () => tf.varianceScalingInitializer({ distribution: "no" as never }));
});

scenario("uniform_unit_scaling initializers", async (s) => {
  await make(
    s,
    [
      tf.uniformUnitScalingInitializer({ seed: 1 }),
      tf.initializers.uniformUnitScaling({ seed: 1 }),
      tf.uniformUnitScalingInitializer({ factor: 2, seed: 1 }),
    ],
    [3, 2],
  );
});

scenario("orthogonal initializers", async (s) => {
  await make(
    s,
    [
      tf.orthogonalInitializer({ seed: 1 }),
      tf.initializers.orthogonal({ seed: 1 }),
      tf.orthogonalInitializer({ gain: 2, seed: 3 }),
    ],
    [4, 3],
  );
  const wide = tf.getVariable("wide", [2, 5], {
    initializer: tf.orthogonalInitializer({ seed: 1 }),
  });
  const cube = tf.getVariable("cube", [2, 2, 3], {
    initializer: tf.orthogonalInitializer({ seed: 1 }),
  });
  await s.values({ wide, cube }, { after: [wide.initializer, cube.initializer] });
  s.error("rank 1", () => tf.getVariable("x", [2], { initializer: tf.orthogonalInitializer() }));
});

scenario("identity initializers", async (s) => {
  await make(
    s,
    [tf.initializers.identity(), tf.initializers.identity({ gain: 2 })],
    [3, 3],
    undefined,
    true,
  );
  const wide = tf.getVariable("wide", [2, 3], { initializer: tf.initializers.identity() });
  await s.values({ wide }, { after: [wide.initializer], exact: true });
  s.error("rank 1", () => tf.getVariable("x", [2], { initializer: tf.initializers.identity() }));
});

scenario("initializers refuse integer dtypes", (s) => {
  s.error("normal", () => tf.randomNormalInitializer({ dtype: tf.int32 }));
  s.error("truncated", () => tf.truncatedNormalInitializer({ dtype: tf.int32 }));
  s.error("scaling", () => tf.varianceScalingInitializer({ dtype: tf.int32 }));
});

scenario("initializers called directly", async (s) => {
  tf.setRandomSeed(5);
  const a = tf.zerosInitializer()([2]);
  const b = tf.constantInitializer(3)([2], { dtype: tf.float64 });
  const c = tf.randomUniformInitializer()([2]);
  const d = tf.glorotUniformInitializer()([2, 2]);
  const e = tf.truncatedNormalInitializer({ seed: 4 })([2]);
  await s.values({ a, b, c, d, e });
});

scenario("initializers of whole scopes", async (s) => {
  tf.setRandomSeed(3);
  const [a, b, c] = tf.variableScope(
    "a",
    { initializer: tf.randomUniformInitializer({ minval: -0.1, maxval: 0.1 }) },
    () => {
      const a = tf.getVariable("a", [3]);
      const [b, c] = tf.variableScope(
        "b",
        { initializer: tf.randomNormalInitializer({ stddev: 0.2 }) },
        () => {
          const b = tf.getVariable("b", [3]);
          const c = tf.getVariable("c", [3], { initializer: tf.zerosInitializer() });
          return [b, c] as const;
        },
      );
      return [a, b, c] as const;
    },
  );
  await s.values({ a, b, c }, { after: [tf.globalVariablesInitializer()] });
});

scenario("the seeds' initializers: eight values and two shapes", async (s) => {
  const x = tf.getVariable("x", [8], {
    initializer: tf.constantInitializer([0, 1, 2, 3, 4, 5, 6, 7]),
  });
  const y = tf.getVariable("y", [10], {
    initializer: tf.randomNormalInitializer({ mean: 0, stddev: 1, seed: 1 }),
  });
  const z = tf.getVariable("z", [10], {
    initializer: tf.truncatedNormalInitializer({ mean: 0, stddev: 1, seed: 1 }),
  });
  const o = tf.getVariable("o", [4, 4], {
    initializer: tf.orthogonalInitializer({ gain: 1, seed: 1 }),
  });
  await s.values({ x, y, z, o }, { after: [tf.globalVariablesInitializer()] });
});
