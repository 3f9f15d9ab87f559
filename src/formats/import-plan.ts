/** Checks a GraphDef before anything is made of it, and settles the order in which its nodes are made. */

import { ValueError } from "../core/errors.ts";
import { graphDefVersion } from "./graph-def.ts";
import type { GraphDef, NodeDef, VersionDef } from "./proto/index.ts";

/** An input as a node names it: an output of a node, or the node itself as control input. */
export interface InputName {
  readonly node: string;
  /** -1 for a control input. */
  readonly index: number;
}

/** `^node`, `node`, or `node:1`. */
export function parseInput(text: string): InputName {
  if (text.startsWith("^")) return { node: text.slice(1), index: -1 };
  const match = /^(.+):(\d+)$/s.exec(text);
  return match ? { node: match[1] as string, index: Number(match[2]) } : { node: text, index: 0 };
}

/** Names may also start with a point, and hold the characters of scopes. */
const validName = /^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$/;

export interface PlannedNode {
  readonly node: NodeDef;
  readonly inputs: readonly InputName[];
}

/** The nodes of a GraphDef by name, checked for what can be told without knowing their ops. */
export function indexNodes(def: GraphDef): Map<string, PlannedNode> {
  const index = new Map<string, PlannedNode>();
  for (const node of def.node) {
    const fail = (problem: string): never => {
      throw new ValueError(`Node '${node.name}'${problem}`);
    };
    if (!validName.test(node.name)) fail(": Node name contains invalid characters");
    if (index.has(node.name)) fail(" is not unique");
    if (node.op === "") fail(" does not specify an operation");
    const inputs = node.input.map(parseInput);
    const firstControl = inputs.findIndex((input) => input.index < 0);
    if (firstControl >= 0 && inputs.slice(firstControl).some((input) => input.index >= 0)) {
      fail(": Control dependencies must come after regular dependencies");
    }
    index.set(node.name, { node, inputs });
  }
  return index;
}

/** Throws unless the versions of a file allow reading it here. */
export function checkVersions(versions: VersionDef | undefined): void {
  const { producer = 0, minConsumer = 0, badConsumers = [] } = versions ?? {};
  const here = "TensorFlow 2.21.0";
  if (producer < 0) {
    throw new ValueError(
      `GraphDef producer version ${producer} below min producer 0 supported by ${here}.  Please regenerate your graph.`,
    );
  }
  if (minConsumer > graphDefVersion) {
    throw new ValueError(
      `GraphDef min consumer version ${minConsumer} above current version ${graphDefVersion} for ${here}.  Please upgrade TensorFlow.`,
    );
  }
  if (badConsumers.includes(graphDefVersion)) {
    throw new ValueError(
      `GraphDef disallows consumer version ${graphDefVersion}.  Please upgrade TensorFlow: this version is likely buggy.`,
    );
  }
}

const loopMerges = new Set(["Merge", "RefMerge"]);
const loopEnds = new Set(["NextIteration", "RefNextIteration"]);

/**
 * The nodes in the order in which TensorFlow makes them: always the earliest in the file whose inputs are there. Loops
 * are closed by edges from NextIteration to Merge, which needs only one input to begin with.
 */
export function orderNodes(
  index: ReadonlyMap<string, PlannedNode>,
  isMapped: (input: InputName) => boolean,
): PlannedNode[] {
  const nodes = [...index.values()];
  const positions = new Map(nodes.map(({ node }, i) => [node.name, i]));
  const users: number[][] = nodes.map(() => []);
  const pending = nodes.map(({ node, inputs }, i) => {
    let count = inputs.length;
    if (loopMerges.has(node.op)) {
      const isLoop = inputs.some((input) => {
        const source = index.get(input.node);
        return input.index >= 0 && source !== undefined && loopEnds.has(source.node.op);
      });
      if (isLoop) count = inputs.filter((input) => input.index < 0).length + 1;
    }
    for (const [at, input] of inputs.entries()) {
      if (isMapped(input)) {
        count -= 1;
        continue;
      }
      const source = positions.get(input.node);
      if (source === undefined) {
        throw new ValueError(`Node '${node.name}': Unknown input node '${node.input[at]}'`);
      }
      users[source]?.push(i);
    }
    return count;
  });
  const ready = new Heap();
  for (const [i, count] of pending.entries()) if (count <= 0) ready.push(i);
  const order: PlannedNode[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    order.push(nodes[next] as PlannedNode);
    for (const user of users[next] as number[]) {
      const left = (pending[user] as number) - 1;
      pending[user] = left;
      if (left === 0) ready.push(user);
    }
  }
  if (order.length < nodes.length) {
    throw new ValueError(`${nodes.length - order.length} nodes in a cycle`);
  }
  return order;
}

/** Gives the least of its numbers first. */
class Heap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((items[above] as number) <= item) break;
      items[at] = items[above] as number;
      at = above;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const [least] = items;
    const last = items.pop();
    if (least === undefined || last === undefined || items.length === 0) return least;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && (items[below + 1] as number) < (items[below] as number)) {
        below += 1;
      }
      if ((items[below] as number) >= last) break;
      items[at] = items[below] as number;
      at = below;
    }
    items[at] = last;
    return least;
  }
}
