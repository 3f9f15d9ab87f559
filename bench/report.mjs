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

/** An engine of this package, by name; what is measured of the machine is a system, too. */
const isOurs = (system) => system !== "machine" && !Object.hasOwn(peers, system);
const isWasm = (system) => system === "wasm";

/** The fastest variant of a system for a work; peaks are no variants. */
export function best(subjects, system) {
  return subjects
    .filter((s) => s.system === system && s.ms !== undefined && !s.flops)
    .toSorted((a, b) => a.ms - b.ms)[0];
}

/**
 * The most floating-point operations per millisecond that was seen, and where: for wasm, multiplying and adding in
 * registers; otherwise any product in native code, if one of a peer is among them.
 */
export function peak(subjects, engine) {
  const counts = ({ system }) =>
    isWasm(engine) ? system === "machine" : system !== "machine" && !isWasm(system);
  const rates = subjects
    .filter((subject) => subject.best > 0 && counts(subject))
    .map(({ system, variant, best, flops = works.matmul.flops }) => ({
      rate: flops / best,
      system,
      variant,
    }))
    .toSorted((a, b) => b.rate - a.rate);
  return rates.every(({ system }) => isOurs(system)) ? undefined : rates[0];
}

/** The rate of each engine's product, and which part of the peak that is. */
export function peaks(subjects) {
  return engines(subjects).map((engine) => {
    const rate = works.matmul.flops / best(subjects, engine).ms;
    const most = peak(subjects, engine);
    if (!most) return `${engine}: ${gigaflops(rate)}; a peak for it needs a peer that multiplies`;
    const { system, variant } = most;
    const where = [system === "machine" ? "" : title(system), variant].filter(Boolean).join(", ");
    return `${engine}: ${gigaflops(rate)}, ${percent(rate / most.rate)} of the peak of ${gigaflops(most.rate)} (${where})`;
  });
}

const gigaflops = (rate) => `${(rate / 1e6).toFixed(1)} GFLOP/s`;
const engines = (subjects) => [
  ...new Set(subjects.map(({ system }) => system).filter((s) => isOurs(s) && best(subjects, s))),
];

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
    const { growth, steps } = subjects.find((s) => s.system === engine) ?? {};
    const text = `< ${percent(goal.growth)} in ${goal.steps} steps`;
    if (steps < goal.steps) return { text, value: `${percent(growth)} in ${steps} steps` };
    return verdict(text, growth, (v) => v < goal.growth, percent);
  }
  if (goal.ms !== undefined) {
    const text = `${goal.variant ? `${goal.variant} ` : ""}≤ ${goal.ms < 0.1 ? `${1000 * goal.ms} µs` : `${goal.ms} ms`}`;
    return verdict(text, mine?.ms, (v) => v <= goal.ms, format);
  }
  if (goal.ofPeak !== undefined) {
    const rate = works[name].flops / mine?.ms / peak(subjects, engine)?.rate;
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
  const who = goal.peers
    ? `${goal.peers.length > 1 ? "the best of " : ""}${goal.peers.map(title).join(" and ")}`
    : "the best peer";
  const { ofBest } = goal;
  const text = `≤ ${ofBest < 0.5 ? `1/${Math.round(1 / ofBest)}` : ofBest} × ${who}`;
  return verdict(
    text,
    part,
    (v) => v <= goal.ofBest,
    (v) => `${v < 0.1 ? v.toPrecision(2) : v.toFixed(2)} ×`,
  );
}

export function format(ms) {
  if (ms === undefined) return "-";
  if (ms < 0.1) return `${(1000 * ms).toFixed(1)} µs`;
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

export const outcome = (reached) =>
  reached === undefined ? "not measured" : reached ? "reached" : "NOT reached";

/** The results as text: medians with the range of the rounds, ratios to our engines, goals, and reasons for gaps. */
export function table({ works: measured }) {
  return Object.entries(measured)
    .map(([name, { subjects }]) => {
      const lines = [works[name].title, ...subjects.map((subject) => row(subject, subjects))];
      if (name === "matmul") lines.push(...peaks(subjects).map((line) => `  ${line}`));
      for (const { engine, text, value, reached } of judge(name, { subjects })) {
        lines.push(`  goal of ${engine}: ${text}: ${value}, ${outcome(reached)}`);
      }
      return `${lines.join("\n")}\n`;
    })
    .join("\n");
}

function row(subject, subjects) {
  const { system, variant, ms, least, most, flops, bytes, growth, megabytes, error } = subject;
  const label = `  ${title(system)}${variant ? ` (${variant})` : ""}`.padEnd(36);
  if (error) return `${label}          -  ${error}`;
  if (growth !== undefined) {
    const [before, after] = megabytes.map((value) => value.toFixed(1));
    return `${label} ${percent(growth).padStart(10)}  ${before} to ${after} MiB in ${subject.steps} steps`;
  }
  const facts = [];
  if (least !== undefined) facts.push(`(${format(least)} to ${format(most)})`);
  if (flops) facts.push(`${gigaflops(flops / subject.best)} at best`);
  else if (bytes) facts.push(`${(bytes / ms / 1e6).toFixed(1)} GB/s`);
  else {
    for (const engine of engines(subjects)) {
      if (system !== engine)
        facts.push(`${(ms / best(subjects, engine).ms).toFixed(2)} × ${engine}`);
    }
  }
  return `${label} ${format(ms).padStart(10)}  ${facts.join("  ")}`;
}

/** All goals, by engine, with how many were reached. */
export function goals({ works: measured }) {
  const all = Object.entries(measured).flatMap(([name, work]) =>
    judge(name, work).map((goal) => ({ title: works[name].title, ...goal })),
  );
  return [...new Set(all.map(({ engine }) => engine))]
    .toSorted()
    .map((engine) => {
      const mine = all.filter((goal) => goal.engine === engine);
      const reached = mine.filter((goal) => goal.reached).length;
      const lines = mine.map(
        ({ title, text, value, reached }) =>
          `  ${outcome(reached).padEnd(13)} ${title}: ${text}: ${value}`,
      );
      return [`Goals of ${engine}: ${reached} of ${mine.length} reached`, ...lines, ""].join("\n");
    })
    .join("\n");
}
