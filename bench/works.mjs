// The table of works: what is measured, the arrays that every system gets, and the goals.
// Shapes and layouts are TensorFlow's (NHWC); peers that keep other layouts change them when they load.

const mlp = {
  w1: { shape: [784, 200], scale: 0.05 },
  b1: { shape: [200], scale: 0.05 },
  w2: { shape: [200, 10], scale: 0.1 },
  b2: { shape: [10], scale: 0.05 },
  x: { shape: [100, 784], scale: 1 },
  labels: { shape: [100, 10], fill: "one-hot" },
};

const tenMillion = { shape: [10_000_000], scale: 1 };

const trained = 5e-4; // After two steps it shows that PyTorch adds Adam's epsilon at another place.

/** How a peer is named in goals and tables. */
export const peers = {
  torch: "PyTorch",
  tensorflow: "TensorFlow",
  jax: "JAX",
  tfjs: "TensorFlow.js",
  jaxjs: "jax-js",
};

/**
 * A work has a title, arrays by name (`scale` is the largest absolute value; `offset` is added), and goals by engine.
 * A goal is one of: `ms` (at most), `ofBest` (at most this part of the time of the best of `peers`), `ofPeak` and
 * `ofCopy` (at least this part of the measured peak or copy bandwidth), `growth` (of memory, below, over `steps`).
 * `flops` and `bytes` are what one step computes and moves at least. `fresh` works have a new process per round, and
 * only this package does them; `flags` are Node's for it. `tolerance` is how far values that are compared may differ, relatively.
 */
export const works = {
  mlp: {
    title: "MLP 784-200-10, batch 100, Adam step",
    arrays: mlp,
    goals: {
      native: { ofBest: 0.65, peers: ["torch"] },
      wasm: [{ ms: 3 }, { ofBest: 1 / 7, peers: ["tfjs"] }],
    },
  },
  cnn: {
    title: "CNN 5x5x32, 5x5x64, 1024, 10, batch 100, Adam step",
    tolerance: trained,
    arrays: {
      c1w: { shape: [5, 5, 1, 32], scale: 0.2 },
      c1b: { shape: [32], scale: 0.1 },
      c2w: { shape: [5, 5, 32, 64], scale: 0.05 },
      c2b: { shape: [64], scale: 0.1 },
      w3: { shape: [3136, 1024], scale: 0.03 },
      b3: { shape: [1024], scale: 0.1 },
      w4: { shape: [1024, 10], scale: 0.05 },
      b4: { shape: [10], scale: 0.1 },
      x: { shape: [100, 28, 28, 1], scale: 1 },
      labels: { shape: [100, 10], fill: "one-hot" },
    },
    goals: {
      native: { ofBest: 0.6, peers: ["torch", "tensorflow"] },
      wasm: { ms: 170 },
    },
  },
  gan: {
    title: "GAN of the main job, batch 64, one step of both",
    tolerance: trained,
    arrays: {
      gw1: { shape: [42, 1176], scale: 0.1 },
      gscale: { shape: [24], scale: 0.1, offset: 1 },
      goffset: { shape: [24], scale: 0.1 },
      gw2: { shape: [8, 8, 1, 24], scale: 0.1 },
      gb2: { shape: [1], scale: 0.1 },
      dw1: { shape: [8, 8, 1, 24], scale: 0.1 },
      db1: { shape: [24], scale: 0.1 },
      dw2: { shape: [1176, 10], scale: 0.05 },
      db2: { shape: [10], scale: 0.1 },
      real: { shape: [64, 28, 28, 1], scale: 0.5, offset: 0.5 },
      digits: { shape: [64, 10], fill: "one-hot" },
      noise: { shape: [64, 32], scale: 2 },
    },
    goals: {
      native: { ofBest: 0.65, peers: ["tensorflow"] },
      wasm: { ofBest: 1, peers: ["tfjs"] },
    },
  },
  resnet: {
    title: "ResNet block 3x3x64, 56x56, batch 16, forward and backward",
    // Sums of gradients jump where rounding decides on which side of zero a ReLU is.
    tolerance: 1e-3,
    arrays: {
      w1: { shape: [3, 3, 64, 64], scale: 0.07 },
      scale1: { shape: [64], scale: 0.2, offset: 1 },
      offset1: { shape: [64], scale: 0.2 },
      w2: { shape: [3, 3, 64, 64], scale: 0.07 },
      scale2: { shape: [64], scale: 0.2, offset: 1 },
      offset2: { shape: [64], scale: 0.2 },
      x: { shape: [16, 56, 56, 64], scale: 1 },
      dy: { shape: [16, 56, 56, 64], scale: 1 },
    },
    goals: { native: { ofBest: 0.8 } },
  },
  lstm: {
    title: "LSTM cell unrolled 20 steps, 128 units, batch 32, Adam step",
    tolerance: trained,
    arrays: {
      w: { shape: [256, 512], scale: 0.1 },
      b: { shape: [512], scale: 0.1 },
      wo: { shape: [128, 10], scale: 0.2 },
      bo: { shape: [10], scale: 0.1 },
      x: { shape: [20, 32, 128], scale: 1 },
      labels: { shape: [32, 10], fill: "one-hot" },
    },
    goals: { native: { ofBest: 0.6 } },
  },
  attention: {
    title: "attention, 8 heads, 256 wide, 128 tokens, batch 8, forward and backward",
    arrays: {
      wq: { shape: [256, 256], scale: 0.2 },
      wk: { shape: [256, 256], scale: 0.2 },
      wv: { shape: [256, 256], scale: 0.1 },
      wo: { shape: [256, 256], scale: 0.1 },
      x: { shape: [8, 128, 256], scale: 1 },
      dy: { shape: [8, 128, 256], scale: 1 },
    },
    goals: { native: { ofBest: 0.8 } },
  },
  matmul: {
    title: "matmul 1024 x 1024 x 1024",
    arrays: { a: { shape: [1024, 1024], scale: 1 }, b: { shape: [1024, 1024], scale: 1 } },
    flops: 2 * 1024 ** 3,
    goals: { native: { ofPeak: 0.78 }, wasm: { ofPeak: 0.6 } },
  },
  chain: {
    title: "chain of 8 element-wise ops over 10 M floats",
    arrays: { x: tenMillion },
    bytes: 80_000_000,
    goals: { wasm: { ofCopy: 0.7 } },
  },
  smallest: {
    title: "smallest run: feed, add, fetch",
    arrays: { x: { shape: [], scale: 1 } },
    least: 200,
    goals: {
      wasm: [
        { ms: 0.005, variant: "runSync" },
        { ms: 0.02, variant: "run" },
      ],
    },
  },
  normal: {
    title: "random normal, 1 M elements",
    arrays: {},
    goals: { wasm: { ofBest: 1 } },
  },
  adam: {
    title: "Adam over 10 M parameters",
    arrays: { x: tenMillion, gradient: tenMillion },
    bytes: 7 * 40_000_000,
    goals: { wasm: { ofBest: 1 } },
  },
  compile: {
    title: "compile of the CNN's training program",
    fresh: true,
    goals: { wasm: { ms: 400 } },
  },
  memory: {
    title: "MLP steps: growth of resident memory after the first 1,000",
    fresh: true,
    flags: ["--max-semi-space-size=1"], // Otherwise it is V8's young generation that fills for the first time.
    arrays: mlp,
    goals: { wasm: { growth: 0.01, steps: 100_000 } },
  },
  import: { title: "import of the package", fresh: true, goals: { wasm: { ms: 100 } } },
  build: { title: "building 10,000 ops", fresh: true, goals: { wasm: { ms: 250 } } },
};
works.compile.arrays = works.cnn.arrays;

/** The same numbers in every run and for every system: a linear congruential generator, seeded by the position. */
export function numbersFor({ shape, scale = 0, offset = 0, fill }, seed) {
  const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
  if (fill === "one-hot") {
    const classes = shape.at(-1);
    for (let i = 0; i < shape[0]; i++) data[classes * i + ((i * 7 + seed) % classes)] = 1;
    return data;
  }
  let state = Math.imul(seed + 1, 2654435761) | 0;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[i] = offset + scale * (state / 2 ** 31);
  }
  return data;
}
