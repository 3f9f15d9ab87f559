// What a training prints where there is no terminal.
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { trainingProgress } from "./progress.ts";

test("without a terminal, every tenth of the training is one line with its losses", () => {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const progress = trainingProgress(40, stream);
  for (let step = 1; step <= 40; step++) {
    progress.update(step, {
      generator: { item: () => 1 / step },
      discriminator: { item: () => 0.5 },
    });
  }
  progress.stop();

  const lines = text.trimEnd().split("\n");
  expect(lines).toHaveLength(10);
  expect(lines[0]).toMatch(
    /^ 10% {2}step 4\/40, \d+ steps\/s, generator loss 0\.250, discriminator loss 0\.500$/,
  );
  expect(lines[9]).toMatch(/^100% {2}step 40\/40, /);
});
