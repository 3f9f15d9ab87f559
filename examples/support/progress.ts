// Shows how far a training is, with its losses: a bar in a terminal, a line every tenth elsewhere.
import { SingleBar } from "cli-progress";

/** The latest losses, by name. */
export type Losses = Readonly<Record<string, { item(): unknown }>>;

export interface Progress {
  /** Says that `step` steps are done. */
  update(step: number, losses: Losses): void;
  stop(): void;
}

export function trainingProgress(
  total: number,
  stream: NodeJS.WritableStream & { isTTY?: boolean } = process.stdout,
): Progress {
  const start = performance.now();
  const rate = (step: number) =>
    `${((step * 1000) / (performance.now() - start)).toFixed(0)} steps/s`;
  const describe = (losses: Losses) =>
    Object.entries(losses)
      .map(([name, loss]) => `${name} loss ${Number(loss.item()).toFixed(3)}`)
      .join(", ");

  if (stream.isTTY) {
    const format = "{bar} {percentage}% | {value}/{total} | {rate} | {losses}";
    // No handler for Ctrl-C: training keeps Node too busy to call one, so it would not end.
    const bar = new SingleBar({ format, stream, barsize: 24, gracefulExit: false });
    bar.start(total, 0, { rate: "", losses: "" });
    return {
      update: (step, losses) => {
        bar.update(step, { rate: rate(step), losses: describe(losses) });
      },
      stop: () => bar.stop(),
    };
  }

  let tenths = 0;
  return {
    update: (step, losses) => {
      const reached = Math.floor((10 * step) / total);
      if (reached === tenths) return;
      tenths = reached;
      const percent = `${((100 * step) / total).toFixed(0).padStart(3)}%`;
      stream.write(`${percent}  step ${step}/${total}, ${rate(step)}, ${describe(losses)}\n`);
    },
    stop: () => {},
  };
}
