// Results as text: one table per work, with the goals of the engines.
import { peers, works } from "./works.mjs";

const title = (system) => peers[system] ?? system;
const asList = (goals) => (goals === undefined ? [] : Array.isArray(goals) ? goals : [goals]);

export function describe({ machine, versions, problems }) {
  const { cpu, processors, threads, node } = machine;
  const lines = [`${cpu}, ${processors} processors; ${threads} threads per system; Node ${node}`];
  for (const [system, version] of Object.entries(versions))
    lines.push(`${title(system)} ${version}`);
  for (const { system, reason } of problems)
    lines.push(`${title(system)}: not measured, ${reason}`);
  return `${lines.join("\n")}\n`;
}

/** The fastest variant of a system for a work; peaks are no variants. */
export function best(subjects, system) {
  return subjects
    .filter((s) => s.system === system && s.ms !== undefined && !s.flops)
    .toSorted((a, b) => a.ms - b.ms)[0];
}

/** Floating-point operations per millisecond at best: of WebAssembly for wasm, otherwise of any product in native code. */
export function peak(subjects, engine) {
  const rates = subjects
    .filter(({ system }) =>
      engine === "wasm" ? system === "machine" : !["machine", "wasm"].includes(system),
    )
    .map(({ flops = works.matmul.flops, best }) => flops / best)
    .filter((rate) => rate > 0);
  return rates.length > 0 ? Math.max(...rates) : undefined;
}

/** What became of each goal: `{ engine, text, value, reached }`; `reached` is undefined where it cannot be told. */
export function judge(name, { subjects }) {
  return Object.entries(works[name].goals ?? {}).flatMap(([engine, goals]) =>
    asList(goals).map((goal) => ({ engine, ...judgeGoal(name, subjects, engine, goal) })),
  );
}

const percent = (value) => `${(100 * value).toFixed(value < 0.1 ? 2 : 0)} %`;

function judgeGoal(name, subjects, engine, goal) {
  const mine = goal.variant
    ? subjects.find((s) => s.system === engine && s.variant === goal.variant)
    : best(subjects, engine);
  const verdict = (text, value, isReached, show) =>
    value === undefined || Number.isNaN(value)
      ? { text, value: "-" }
      : { text, value: show(value), reached: isReached(value) };
  if (goal.growth !== undefined) {
    const growth = subjects.find((s) => s.system === engine)?.growth;
    return verdict(`< ${percent(goal.growth)} growth`, growth, (v) => v < goal.growth, percent);
  }
  if (goal.ms !== undefined) {
    const text = `${goal.variant ? `${goal.variant} ` : ""}≤ ${goal.ms} ms`;
    return verdict(text, mine?.ms, (v) => v <= goal.ms, format);
  }
  if (goal.ofPeak !== undefined) {
    const rate = works[name].flops / mine?.ms / peak(subjects, engine);
    return verdict(`≥ ${percent(goal.ofPeak)} of peak`, rate, (v) => v >= goal.ofPeak, percent);
  }
  if (goal.ofCopy !== undefined) {
    const copy = best(subjects, "machine");
    const part = (works[name].bytes / mine?.ms) * (copy?.ms / copy?.bytes);
    return verdict(`≥ ${percent(goal.ofCopy)} of copying`, part, (v) => v >= goal.ofCopy, percent);
  }
  const among = goal.peers ?? Object.keys(peers);
  const times = among.map((peer) => best(subjects, peer)?.ms).filter((ms) => ms !== undefined);
  const part = times.length > 0 ? mine?.ms / Math.min(...times) : undefined;
  const who = goal.peers ? goal.peers.map(title).join(", ") : "the best peer";
  const text = `≤ ${Number(goal.ofBest.toFixed(2))} × ${who}`;
  return verdict(
    text,
    part,
    (v) => v <= goal.ofBest,
    (v) => `${v.toFixed(2)} ×`,
  );
}

export function format(ms) {
  if (ms === undefined) return "-";
  if (ms < 0.1) return `${(1000 * ms).toFixed(1)} µs`;
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** The results as text: medians with the range of the rounds, ratios to our engines, goals, and reasons for gaps. */
export function table({ works: measured }) {
  return Object.entries(measured)
    .map(([name, { subjects }]) => {
      const engines = ["native", "wasm"].filter((engine) => best(subjects, engine));
      const lines = [works[name].title];
      for (const {
        system,
        variant,
        ms,
        least,
        most,
        flops,
        bytes,
        best: fastest,
        growth,
        error,
      } of subjects) {
        const label = `  ${title(system)}${variant ? ` (${variant})` : ""}`.padEnd(36);
        if (error) {
          lines.push(`${label}          -  ${error}`);
          continue;
        }
        if (growth !== undefined) {
          lines.push(`${label} ${percent(growth).padStart(10)}`);
          continue;
        }
        const facts = [];
        if (least !== undefined) facts.push(`(${format(least)} to ${format(most)})`);
        if (flops) facts.push(`${(flops / fastest / 1e6).toFixed(1)} GFLOP/s at best`);
        else if (bytes) facts.push(`${(bytes / ms / 1e6).toFixed(1)} GB/s`);
        else {
          for (const engine of engines) {
            const time = best(subjects, engine).ms;
            if (system !== engine) facts.push(`${(ms / time).toFixed(2)} × ${engine}`);
          }
        }
        lines.push(`${label} ${format(ms).padStart(10)}  ${facts.join("  ")}`);
      }
      for (const { engine, text, value, reached } of judge(name, { subjects })) {
        const outcome =
          reached === undefined ? "not measured" : reached ? "reached" : "NOT reached";
        lines.push(`  goal of ${engine}: ${text}: ${value}, ${outcome}`);
      }
      return `${lines.join("\n")}\n`;
    })
    .join("\n");
}
