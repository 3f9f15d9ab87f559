// A process that trains with threads, then does what it is told. It writes "ready" when it has trained.
//   node child.mjs <library> <what>
import workers from "node:worker_threads";

const [library, what] = process.argv.slice(2);
let threads = 0;
const { Worker } = workers;
workers.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    threads += 1;
  }
};
const tf = await import(library);

const x = tf.placeholder(tf.float32, [null, 500], { name: "x" });
const w = tf.getVariable("w", [500, 500]);
const loss = tf.reduceMean(tf.square(tf.tanh(tf.matmul(x, w))));
const step = new tf.train.AdamOptimizer(0.01).minimize(loss);
const init = tf.globalVariablesInitializer();
const sess = new tf.Session();
await sess.run(init);
const feeds = [[x, new tf.NDArray(new Float32Array(300 * 500).fill(0.1), [300, 500], tf.float32)]];
for (let i = 0; i < 3; i++) await sess.run(step, feeds);
// Threads start while the first steps run.
await new Promise((done) => setTimeout(done, 200));
const value = (await sess.run(loss, feeds)).item();
if (!(value > 0 && value < 1)) throw new Error(`loss ${value}`);
process.stdout.write(`ready, ${threads} threads\n`);

const forever = async () => {
  for (;;) await sess.run(step, feeds);
};
const actions = {
  close: () => sess.close(),
  leave: () => undefined,
  pending: () => {
    // Nobody waits for these.
    void sess.run(step, feeds);
    void sess.run(loss, feeds);
  },
  error: async () => {
    const wrong = [[x, new tf.NDArray(new Float32Array(3), [1, 3], tf.float32)]];
    await sess.run(step, wrong).catch(({ message }) => process.stdout.write(`${message}\n`));
  },
  throw: () => {
    throw new Error("of the program");
  },
  exit: () => {
    setTimeout(() => process.exit(7), 30);
    return forever();
  },
  exitInRun: () => {
    tf.setPrintHandler(() => process.exit(8));
    return sess.run(
      tf.controlDependencies([step], () => tf.Print(loss, [loss])),
      feeds,
    );
  },
  forever,
  catchSignal: () => {
    process.on("SIGINT", () => {
      sess.close();
      process.stdout.write("closed\n");
    });
    return forever();
  },
};
await actions[what]();
