/** Every case of the table: forward and gradients against TensorFlow, on every engine; gradients against differences. */

import { readdirSync, readFileSync } from "node:fs";
import * as tf from "tensorscope";
import { describe, expect, test } from "vitest";
import { opTypes } from "../../src/ops/define.ts";
import {
  type Built,
  build,
  derive,
  differentiated,
  differentiatedOutputs,
  weightsFor,
} from "./call.ts";
import { checkShape, compareArrays } from "./compare.ts";
import { compareError } from "./errors.ts";
import { checkNumerically } from "./numeric.ts";
import { type ArrayRecord, families, type Mode, type Recording, type Row } from "./table.ts";
import uncovered from "./uncovered.json" with { type: "json" };

const rerecord =
  "If the case or TensorFlow changed, record again with `npm run record` (needs Python and tensorflow-cpu 2.21).";

interface Way {
  readonly mode: Mode;
  readonly config: tf.SessionConfig;
}

const engines = ["javascript", "reference"];

/** Every engine with and without optional passes; every degree of knowledge about shapes on the first. */
const ways: readonly Way[] = [
  ...engines.flatMap((engine) => [
    { mode: "static" as const, config: { engine, optimize: true, verify: true } },
    { mode: "static" as const, config: { engine, optimize: false, verify: true } },
  ]),
  ...(["constant", "ranked", "dynamic"] as const).map((mode) => ({
    mode,
    config: { engine: engines[0], optimize: true, verify: true },
  })),
];

class Check {
  readonly problems: string[] = [];
  readonly #row: Row;
  readonly #theirs: Recording;

  constructor(row: Row, theirs: Recording) {
    this.#row = row;
    this.#theirs = theirs;
  }

  run(): void {
    for (const way of ways) {
      const label = `${way.mode}, ${way.config.engine}${way.config.optimize ? "" : ", no passes"}`;
      if (!this.#isMeant(way.mode)) continue;
      this.#runWay(way, label);
      if (this.problems.length > 0) return;
    }
    if (this.#row.entry.numeric !== false && this.#theirs.gradients) {
      this.problems.push(...checkNumerically(this.#row));
    }
  }

  #isMeant(mode: Mode): boolean {
    const { variables, dynamic } = this.#theirs;
    if (mode === "static") return true;
    if (mode === "constant") return variables === undefined;
    return dynamic !== undefined;
  }

  #runWay({ mode, config }: Way, label: string): void {
    const built = build(this.#row, mode);
    const { outputs, targets, variables, graph, feeds } = built;
    const report = (what: string, problem: string | undefined): void => {
      if (problem) this.problems.push(`${what} (${label}): ${problem}`);
    };
    const isCompared = mode === "static" && this.#row.entry.nodes === undefined;
    if (isCompared) report("nodes", differingTypes(built.types, this.#theirs.types));
    const session = new tf.Session("", { graph, config });
    if (variables.length > 0) {
      session.runSync(graph.asDefault(() => tf.variablesInitializer(variables)));
    }
    const fetched = session.runSync([outputs, targets], feeds) as [tf.NDArray[], null[]];
    const values = fetched[0];
    if (values.length !== this.#theirs.outputs?.length) {
      report("outputs", `TensorFlow has ${this.#theirs.outputs?.length}, ours ${values.length}`);
      return;
    }
    values.forEach((value, i) => {
      report(`output ${i}`, this.#compare(value, this.#theirs.outputs?.[i]));
      const known =
        mode === "ranked" ? undefined : this.#theirs[mode === "dynamic" ? mode : "static"];
      report(`output ${i}`, checkShape(outputs[i] as tf.Tensor, value.shape, known?.[i]));
    });
    const after = variables.length > 0 ? session.runSync([...variables]) : [];
    after.forEach((value, i) => {
      report(`variable ${i}`, this.#compare(value as tf.NDArray, this.#theirs.variables?.[i]));
    });
    if (this.#theirs.gradients && mode !== "constant" && this.problems.length === 0) {
      this.#checkGradients(built, values, session, mode, report);
    }
    session.close();
  }

  #compare(
    ours: tf.NDArray | undefined,
    theirs: ArrayRecord | null | undefined,
  ): string | undefined {
    if (!theirs) return ours ? `TensorFlow has none, ours is ${ours}` : undefined;
    return compareArrays(ours, theirs, this.#row.entry.tolerance);
  }

  #checkGradients(
    built: Built,
    values: readonly tf.NDArray[],
    session: tf.Session,
    mode: Mode,
    report: (what: string, problem: string | undefined) => void,
  ): void {
    const { graph, outputs, feeds } = built;
    const xs = differentiated(this.#row, built);
    const positions = differentiatedOutputs(this.#row, built);
    let ys: readonly tf.Tensor[] = positions.map((i) => outputs[i] as tf.Tensor);
    let sizes: readonly tf.NDArray[] = positions.map((i) => values[i] as tf.NDArray);
    let seed = 100;
    for (const key of ["gradients", "second"] as const) {
      const recorded = this.#theirs[key];
      if (!recorded) continue;
      const { gradients, types } = derive(graph, ys, xs, weightsFor(sizes, seed));
      const isCompared = mode === "static" && this.#row.entry.nodes === undefined;
      if (isCompared) report(key, differingTypes(types, this.#theirs[`${key}Types`]));
      const known = gradients.filter((gradient) => gradient !== null);
      const results = session.runSync(known, feeds) as tf.NDArray[];
      let next = 0;
      gradients.forEach((gradient, i) => {
        const value = gradient ? results[next++] : undefined;
        const what = `${key} of input ${i}`;
        report(what, this.#compare(value, recorded[i]));
        if (gradient && value) report(what, checkShape(gradient, value.shape, undefined));
      });
      [ys, sizes] = [known, results];
      seed += 100;
    }
  }
}

function differingTypes(ours: string, theirs: string | undefined): string | undefined {
  return ours === theirs
    ? undefined
    : `types of nodes\n    TensorFlow ${theirs}\n    ours       ${ours}`;
}

const table = families();

for (const { name: family, rows, recordings } of table) {
  describe(family, () => {
    test("every case is recorded, and nothing else", () => {
      expect(Object.keys(recordings)).toEqual(rows.map(({ name }) => name));
    });
    for (const row of rows) {
      test(row.name, () => {
        const theirs = recordings[row.name];
        if (!theirs) throw new Error(`'${family}: ${row.name}' is not recorded. ${rerecord}`);
        const problems = theirs.error ? compareError(row, theirs.error) : problemsOf(row, theirs);
        if (problems.length > 0) throw new Error(`${problems.join("\n")}\n${rerecord}`);
      });
    }
  });
}

function problemsOf(row: Row, theirs: Recording): readonly string[] {
  const check = new Check(row, theirs);
  check.run();
  return check.problems;
}

describe("the table as a whole", () => {
  test("every op type is made by a case or a parity scenario, or listed with the reason why not", () => {
    const made = new Set<string>();
    for (const { recordings } of table) {
      for (const { types, gradientsTypes, secondTypes } of Object.values(recordings)) {
        const text = [types, gradientsTypes, secondTypes].join(" ");
        for (const type of text.split(" ")) made.add(type);
      }
    }
    const parity = new URL("../parity/recordings/", import.meta.url);
    for (const file of readdirSync(parity)) {
      const text = readFileSync(new URL(file, parity), "utf8");
      for (const [, type] of text.matchAll(/"op":"(\w+)"/g)) made.add(type as string);
    }
    const listed = Object.keys(uncovered);
    expect(opTypes().filter((type) => !made.has(type) && !listed.includes(type))).toEqual([]);
    expect(listed.filter((type) => made.has(type))).toEqual([]);
  });
});
