/** Puts the nodes of functions where they are called: TensorFlow 2 saves models whose graphs are little but calls. */

import { create } from "@bufbuild/protobuf";
import { FormatError } from "./errors.ts";
import { listedOp } from "./op-list.ts";
import { argTypes, nodeAttrs } from "./op-signature.ts";
import {
  type AttrValue,
  AttrValue_ListValueSchema,
  AttrValueSchema,
  type FunctionDef,
  type GraphDef,
  GraphDefSchema,
  type NameAttrList,
  type NodeDef,
  NodeDefSchema,
  type OpDef,
} from "./proto/index.ts";

const callOps = new Set(["PartitionedCall", "StatefulPartitionedCall"]);

/** No graph of use has calls deeper than this, or grows beyond this by its calls; one that calls itself does. */
const deepest = 100;
const largest = 300_000;

/**
 * The graph with every call replaced by what is called: its nodes below the call's name, and in the call's place an
 * IdentityN of the results, that also waits for all that the function does. A graph without calls is returned as it is.
 */
export function inlineCalls(graph: GraphDef): GraphDef {
  const functions = new Map(
    (graph.library?.function ?? []).flatMap((def) =>
      def.signature ? [[def.signature.name, def] as const] : [],
    ),
  );
  if (!graph.node.some((node) => calledBy(node, functions))) return graph;
  const node: NodeDef[] = [];
  const add = (nodes: readonly NodeDef[], depth: number): void => {
    for (const one of nodes) {
      if (depth > deepest || node.length > largest) {
        throw new FormatError("functions that call each other without end", { field: one.name });
      }
      const called = calledBy(one, functions);
      if (called === null) node.push(one);
      else add(bodyOf(one, called, functions), depth + 1);
    }
  };
  add(graph.node, 0);
  return create(GraphDefSchema, { ...graph, node });
}

interface Call {
  readonly def: FunctionDef;
  readonly signature: OpDef;
  /** What the function's own attributes stand for. */
  readonly attrs: NameAttrList["attr"];
}

function calledBy(node: NodeDef, functions: ReadonlyMap<string, FunctionDef>): Call | null {
  const f = callOps.has(node.op) ? node.attr.f?.value : undefined;
  const named = f?.case === "func" ? f.value : { name: node.op, attr: node.attr };
  const def = functions.get(named.name);
  return def?.signature ? { def, signature: def.signature, attrs: named.attr } : null;
}

/** The nodes that replace a call. */
function bodyOf(
  call: NodeDef,
  { def, signature, attrs }: Call,
  functions: ReadonlyMap<string, FunctionDef>,
): NodeDef[] {
  const within = (name: string) => `${call.name}/${name}`;
  const data = call.input.filter((input) => !input.startsWith("^"));
  const controls = call.input.filter((input) => input.startsWith("^"));
  if (data.length !== signature.inputArg.length) {
    throw new FormatError(
      `a call of ${signature.name} with ${data.length} inputs; it takes ${signature.inputArg.length}`,
      { field: call.name },
    );
  }
  const inputs = new Map(signature.inputArg.map(({ name }, i) => [name, data[i] as string]));
  const nodes = new Map(def.nodeDef.map((node) => [node.name, node]));

  /** `node:output:index`, or the name of an argument, as names are in a graph. */
  const resolve = (text: string): string => {
    const argument = inputs.get(text);
    if (argument !== undefined) return argument;
    const [name = "", output = "", index = "0"] = text.split(":");
    const node = nodes.get(name);
    if (!node) {
      throw new FormatError(`${signature.name} reads '${text}', which it does not have`, {
        field: call.name,
      });
    }
    const position = outputOffset(node, output, functions) + Number(index);
    return position === 0 ? within(name) : `${within(name)}:${position}`;
  };

  const body = def.nodeDef.map((node) => {
    const input = node.input.map((text) =>
      text.startsWith("^") ? `^${within(text.slice(1))}` : resolve(text),
    );
    const bound = Object.entries(node.attr).flatMap(([name, value]): [string, AttrValue][] => {
      // Colocation is by names that are those of the function.
      if (name === "_class") return [];
      const { case: kind, value: parameter } = value.value;
      const given = kind === "placeholder" ? attrs[parameter] : value;
      return given ? [[name, given]] : [];
    });
    return create(NodeDefSchema, {
      name: within(node.name),
      op: node.op,
      device: node.device || call.device,
      input: [...input, ...controls],
      attr: Object.fromEntries(bound),
    });
  });
  const results = signature.outputArg.map(({ name }) => resolve(def.ret[name] ?? name));
  const done = Object.values(def.controlRet).map((name) => `^${within(name)}`);
  body.push(resultNode(call, results, [...new Set([...done, ...controls])]));
  return body;
}

function resultNode(call: NodeDef, results: readonly string[], controls: string[]): NodeDef {
  const { name, device } = call;
  const input = [...results, ...controls];
  if (results.length === 0) return create(NodeDefSchema, { name, op: "NoOp", device, input });
  const types = call.attr.Tout?.value;
  const type = types?.case === "list" ? types.value.type : [];
  const list = create(AttrValue_ListValueSchema, { type });
  const T = create(AttrValueSchema, { value: { case: "list", value: list } });
  return create(NodeDefSchema, { name, op: "IdentityN", device, input, attr: { T } });
}

/** How many tensors a node has before those of one of its outputs. */
function outputOffset(
  node: NodeDef,
  output: string,
  functions: ReadonlyMap<string, FunctionDef>,
): number {
  const def = listedOp(node.op) ?? functions.get(node.op)?.signature;
  const at = def?.outputArg.findIndex(({ name }) => name === output) ?? -1;
  if (!def || at <= 0) return 0;
  return argTypes(def.outputArg.slice(0, at), nodeAttrs(node, def, node.name))?.length ?? at;
}
