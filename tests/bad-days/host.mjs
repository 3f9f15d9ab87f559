// A process on a host that lacks something: it prints what tf.engines() says, and the result of a small training.
//   node host.mjs <library> <what is missing>
const [library, missing] = process.argv.slice(2);
const hide = {
  nothing: () => undefined,
  SharedArrayBuffer: () => {
    delete globalThis.SharedArrayBuffer;
  },
  SIMD: () => {
    // A host that refuses modules with vectors, whose type is 0x7b.
    const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => !bytes.includes(0x7b) && validate(bytes);
  },
  WebAssembly: () => {
    delete globalThis.WebAssembly;
  },
  compiling: () => {
    WebAssembly.Module = class {
      constructor() {
        throw new WebAssembly.CompileError("Wasm code generation disallowed by embedder");
      }
    };
  },
  workers: () => {
    const find = process.getBuiltinModule;
    process.getBuiltinModule = (name) =>
      name === "node:worker_threads" ? undefined : find.call(process, name);
  },
};
hide[missing]();

const tf = await import(library);
const x = tf.placeholder(tf.float32, [null, 200]);
const w = tf.getVariable("w", [200, 200], { initializer: tf.zerosInitializer() });
const loss = tf.reduceMean(tf.square(tf.matmul(x, w).sub(x)));
const step = new tf.train.GradientDescentOptimizer(0.1).minimize(loss);
const sess = new tf.Session();
let result;
try {
  await sess.run(tf.globalVariablesInitializer());
  const feeds = [[x, new tf.NDArray(new Float32Array(100 * 200).fill(1), [100, 200], tf.float32)]];
  for (let i = 0; i < 3; i++) await sess.run(step, feeds);
  // Loops over text are not in WebAssembly.
  const text = tf.placeholder(tf.string, [2, 2]);
  const turned = await sess.run(tf.transpose(text), [
    [
      text,
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
  ]);
  if (turned.data.join() !== "a,c,b,d") throw new Error(`turned ${turned.data}`);
  result = (await sess.run(loss, feeds)).item();
} catch (error) {
  result = error.message;
}
process.stdout.write(JSON.stringify({ engines: tf.engines(), result }));
