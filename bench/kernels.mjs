// Kernels in WebAssembly against the JavaScript routines they replace: medians of interleaved runs on one thread.
// `node bench/kernels.mjs [part of a name]`; relaxed SIMD shows where the runtime has it, TENSORSCOPE_STRICT=1 hides it.
import { rm } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const source = (path) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));
const outDir = fileURLToPath(
  new URL(`../node_modules/.cache/kernels-${process.pid}`, import.meta.url),
);

await build({
  configFile: false,
  logLevel: "error",
  publicDir: false,
  build: {
    target: "es2022",
    outDir,
    minify: false,
    reportCompressedSize: false,
    lib: {
      entry: {
        harness: source("../tests/kernels/harness.ts"),
        kernels: source("engines/wasm/kernels/index.ts"),
        madd: source("engines/wasm/kernels/multiply-add.ts"),
        routines: source("engines/routines/index.ts"),
        dtypes: source("core/dtypes.ts"),
      },
      formats: ["es"],
      fileName: (_, name) => `${name}.mjs`,
    },
  },
});
const load = (name) => import(pathToFileURL(`${outDir}/${name}.mjs`).href);
const { Harness, value } = await load("harness");
const { wasmRoutines } = await load("kernels");
const { multiplyAdd } = await load("madd");
const { routines } = await load("routines");
const { float32, uint32 } = await load("dtypes");
await rm(outDir, { recursive: true });

const v = (...shape) => value(float32, ...shape);

const matmul = (m, k, n, { batch = [], transposeA = false, transposeB = false } = {}) => ({
  name: `matmul ${[...batch, ""].join("x")}${m}x${k}x${n}${transposeA ? " aT" : ""}${transposeB ? " bT" : ""}`,
  flops: 2 * batch.reduce((a, b) => a * b, 1) * m * k * n,
  routine: "matmul",
  inputs: [
    v(...batch, ...(transposeA ? [k, m] : [m, k])),
    v(...batch, ...(transposeB ? [n, k] : [k, n])),
  ],
  outputs: [v(...batch, m, n)],
  params: { transposeA, transposeB },
});

const conv = (kind, [n, h, w, c], k, d, stride = 1, padding = "same") => {
  const size = (length) =>
    padding === "same" ? Math.ceil(length / stride) : Math.floor((length - k) / stride) + 1;
  const pad = (length) => {
    const total = padding === "same" ? Math.max(0, (size(length) - 1) * stride + k - length) : 0;
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  const x = v(n, h, w, c);
  const filter = v(k, k, c, d);
  const y = v(n, size(h), size(w), d);
  const values = {
    conv2d: { inputs: [x, filter], outputs: [y] },
    conv2dBackpropInput: { inputs: [filter, y], outputs: [x] },
    conv2dBackpropFilter: { inputs: [x, y], outputs: [filter] },
  };
  return {
    name: `${kind} ${n}x${h}x${w}x${c} * ${k}x${k} -> ${d} / ${stride} ${padding}`,
    flops: 2 * n * size(h) * size(w) * k * k * c * d,
    routine: kind,
    ...values[kind],
    params: { strides: [stride, stride], dilations: [1, 1], pads: [pad(h), pad(w)] },
  };
};
const convs = (...args) =>
  ["conv2d", "conv2dBackpropInput", "conv2dBackpropFilter"].map((kind) => conv(kind, ...args));

const pool = (routine, [n, h, w, c], k) => {
  const x = v(n, h, w, c);
  const y = v(n, Math.floor(h / k), Math.floor(w / k), c);
  const inputs = { maxPool: [x], maxPoolGrad: [x, y, y], avgPool: [x], avgPoolGrad: [y] };
  return {
    name: `${routine} ${n}x${h}x${w}x${c} / ${k}`,
    flops: n * h * w * c,
    routine,
    inputs: inputs[routine],
    outputs: [routine.endsWith("Grad") ? x : y],
    params: {
      ksize: [k, k],
      strides: [k, k],
      pads: [
        [0, 0],
        [0, 0],
      ],
    },
  };
};

const random = (routine, size) => ({
  name: `${routine} ${size}`,
  flops: size,
  routine,
  inputs: [value(uint32, 6)],
  outputs: [v(size)],
  params: {},
});

const works = [
  matmul(1024, 1024, 1024),
  matmul(1024, 1024, 1024, { transposeA: true }),
  matmul(1024, 1024, 1024, { transposeB: true }),
  matmul(512, 512, 512),
  matmul(100, 784, 200),
  matmul(784, 100, 200, { transposeA: true }),
  matmul(100, 200, 10),
  matmul(100, 10, 200, { transposeB: true }),
  matmul(200, 100, 10, { transposeA: true }),
  matmul(1, 784, 200),
  matmul(32, 256, 512),
  matmul(128, 32, 128, { batch: [64], transposeB: true }),
  matmul(128, 128, 32, { batch: [64] }),
  ...convs([100, 28, 28, 1], 5, 32),
  ...convs([100, 14, 14, 32], 5, 64),
  ...convs([16, 56, 56, 64], 3, 64),
  ...convs([64, 28, 28, 1], 8, 32, 4),
  ...convs([64, 16, 16, 64], 5, 128, 2),
  ...convs([16, 28, 28, 128], 1, 256),
  ...["maxPool", "maxPoolGrad", "avgPool", "avgPoolGrad"].map((name) =>
    pool(name, [100, 28, 28, 32], 2),
  ),
  random("randomUniform", 1_000_000),
  random("randomStandardNormal", 1_000_000),
];

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds of one call, from as many calls as fill about 10 ms. */
const time = (run) => {
  let calls = 0;
  const started = performance.now();
  do {
    run();
    calls += 1;
  } while (performance.now() - started < 10);
  return (performance.now() - started) / calls;
};

console.log(`multiply-add: ${multiplyAdd().fused ? "relaxed" : "rounded twice"}; GFLOP/s`);
for (const work of works.filter(({ name }) => name.includes(process.argv[2] ?? ""))) {
  const kernel = wasmRoutines[work.routine];
  if (!kernel) continue;
  const harness = new Harness();
  const random = () => Math.random() - 0.5;
  const inputs = harness.place(work.inputs, random);
  const outputs = harness.place(work.outputs, random);
  const bindStarted = performance.now();
  const bound = harness.bind(kernel, { kind: "routine", name: work.routine, ...work });
  const bindTime = performance.now() - bindStarted;
  const ours = () => bound(inputs.addresses, outputs.addresses);
  const theirs = () => routines[work.routine](inputs.arrays, outputs.arrays, work.params);
  const times = { ours: [], theirs: [] };
  for (let warm = performance.now(); performance.now() - warm < 300; ) ours();
  theirs();
  for (let round = 0; round < 7; round++) {
    times.ours.push(time(ours));
    if (round < 3 || work.flops < 2e8) times.theirs.push(time(theirs));
  }
  const rate = (values) => work.flops / median(values) / 1e6;
  const [fast, slow] = [rate(times.ours), rate(times.theirs)];
  const best = work.flops / Math.min(...times.ours) / 1e6;
  console.log(
    `${work.name.padEnd(58)} ${fast.toFixed(1).padStart(6)} (best ${best.toFixed(1).padStart(5)})  routine ${slow.toFixed(1).padStart(5)}  ${(fast / slow).toFixed(1).padStart(6)} x  bound in ${bindTime.toFixed(1)} ms`,
  );
}
