// The worker's end of the conversation, for workers in JavaScript: one JSON object per line, in and out.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/**
 * Answers requests until the input ends. `about` describes the library; `works[name]` gives the variants of a work:
 * functions of its arrays that return (or promise) `{ step, checks, ...facts }`. A step may return a promise.
 */
export async function serve(about, works) {
  const prepared = new Map();
  const answers = {
    hello: () => about,
    variants: ({ work }) => ({ variants: Object.keys(works[work] ?? {}) }),
    async prepare({ work, variant, folder, shapes, options }) {
      const { step, checks, close, ...facts } = await works[work][variant](
        (name) => ({ shape: shapes[name], data: readArray(folder, name) }),
        options,
      );
      if (step) prepared.set(variant, { step, close });
      return { checks, ...facts };
    },
    measure: async ({ variant, seconds, least }) => ({
      samples: await measure(prepared.get(variant).step, seconds, least),
    }),
    release() {
      for (const { close } of prepared.values()) close?.();
      prepared.clear();
      return {};
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      answer = await answers[request.do](request);
    } catch (error) {
      answer = { error: String(error?.message ?? error) };
    }
    process.stdout.write(`${JSON.stringify({ id: request.id, ...answer })}\n`);
  }
  process.exit(0);
}

function readArray(folder, name) {
  const bytes = readFileSync(join(folder, `${name}.f32`));
  const data = new Float32Array(bytes.byteLength / 4);
  new Uint8Array(data.buffer).set(bytes);
  return data;
}

/** Milliseconds of each step, at least `least` of them, for about `seconds`; some more come first, unmeasured. */
async function measure(step, seconds, least) {
  const samples = [];
  const warm = performance.now() + 150 * seconds;
  do {
    const promise = step();
    if (promise instanceof Promise) await promise;
  } while (performance.now() < warm);
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    const start = performance.now();
    if ((samples.length >= least && start > end) || samples.length >= 20_000) return samples;
    const promise = step();
    if (promise instanceof Promise) await promise;
    samples.push(performance.now() - start);
  }
}
