/** Graph passes: from what is asked for to the list of operations that run, in order. */

import { InvalidArgumentError } from "../core/errors.ts";
import type { Operation, Tensor } from "../core/tensor.ts";

/** What a run asks for. */
export interface Request {
  readonly fetches: readonly Tensor[];
  /** Operations to run for their effect. */
  readonly targets: readonly Operation[];
  readonly fed: ReadonlySet<Tensor>;
}

/** Operations to run, in order. */
export interface Plan extends Request {
  readonly ops: readonly Operation[];
}

export interface GraphPass {
  readonly name: string;
  readonly run: (plan: Plan) => Plan;
}

/** Keeps what the fetches and targets need: backwards over data and control edges, stopping at fed tensors. */
function prune(plan: Plan): Plan {
  const needed = new Set<Operation>();
  const stack: Operation[] = [...plan.targets];
  for (const tensor of plan.fetches) if (!plan.fed.has(tensor)) stack.push(tensor.op);
  for (let op = stack.pop(); op; op = stack.pop()) {
    if (needed.has(op)) continue;
    needed.add(op);
    stack.push(...op.controlInputs);
    for (const input of op.inputs) if (!plan.fed.has(input)) stack.push(input.op);
  }
  return { ...plan, ops: [...needed] };
}

/** Orders by data and control edges; among what is ready, the operation that was created first goes first. */
function order(plan: Plan): Plan {
  const sorted = [...plan.ops].sort((a, b) => a.id - b.id);
  const position = new Map(sorted.map((op, i) => [op, i]));
  const sources = (op: Operation): Operation[] => [
    ...op.controlInputs,
    ...op.inputs.filter((input) => !plan.fed.has(input)).map((input) => input.op),
  ];
  const inOrder = sorted.every((op, i) =>
    sources(op).every((source) => (position.get(source) ?? -1) < i),
  );
  return { ...plan, ops: inOrder ? sorted : topological(sorted, sources) };
}

function topological(
  ops: readonly Operation[],
  sources: (op: Operation) => Operation[],
): Operation[] {
  const state = new Map<Operation, "open" | "done">();
  const result: Operation[] = [];
  for (const root of ops) {
    const stack = [{ op: root, todo: sources(root) }];
    while (stack.length > 0) {
      const top = stack.at(-1) as { op: Operation; todo: Operation[] };
      if (state.get(top.op) === "done") {
        stack.pop();
        continue;
      }
      state.set(top.op, "open");
      const next = top.todo.pop();
      if (!next) {
        state.set(top.op, "done");
        result.push(top.op);
        stack.pop();
      } else if (state.get(next) === "open") {
        throw new InvalidArgumentError(
          next,
          `Graph is invalid, contains a cycle with ${stack.length} nodes`,
        );
      } else if (state.get(next) !== "done") {
        stack.push({ op: next, todo: sources(next) });
      }
    }
  }
  return result;
}

/** The passes over the graph, in their order. */
export const graphPasses: readonly GraphPass[] = [
  { name: "prune", run: prune },
  { name: "order", run: order },
];

export function planRun(request: Request): Plan {
  let plan: Plan = { ...request, ops: [] };
  for (const pass of graphPasses) plan = pass.run(plan);
  return plan;
}
