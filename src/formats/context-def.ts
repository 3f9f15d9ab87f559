/** Control-flow contexts and queue runners of collections, from and to their messages. */

import { create } from "@bufbuild/protobuf";
import { attr } from "../core/attrs.ts";
import { type Graph, getDefaultGraph } from "../core/graph.ts";
import { prependNameScope, stripNameScope } from "../core/names.ts";
import { Operation, type Tensor } from "../core/tensor.ts";
import { CondContext } from "../ops/cond-context.ts";
import {
  type CondContextDef,
  CondContextDefSchema,
  type ControlFlowContextDef,
  ControlFlowContextDefSchema,
  type QueueRunnerDef,
  QueueRunnerDefSchema,
  type ValuesDef,
  ValuesDefSchema,
  type WhileContextDef,
  WhileContextDefSchema,
} from "./proto/index.ts";

/** Changes every name in a message. */
type Rename = (name: string) => string;

const adder =
  (scope: string): Rename =>
  (name) =>
    name === "" ? "" : prependNameScope(name, scope);
const stripper =
  (scope: string): Rename =>
  (name) =>
    stripNameScope(name, scope);

function renameValues(def: ValuesDef | undefined, rename: Rename): ValuesDef {
  return create(ValuesDefSchema, {
    values: (def?.values ?? []).map(rename),
    externalValues: Object.fromEntries(
      Object.entries(def?.externalValues ?? {}).map(([key, value]) => [rename(key), rename(value)]),
    ),
  });
}

function renameContext(def: ControlFlowContextDef, rename: Rename): ControlFlowContextDef {
  const { ctxt } = def;
  if (ctxt.case === "condCtxt") {
    return create(ControlFlowContextDefSchema, {
      ctxt: { case: "condCtxt", value: renameCond(ctxt.value, rename) },
    });
  }
  if (ctxt.case !== "whileCtxt") return def;
  return create(ControlFlowContextDefSchema, {
    ctxt: { case: "whileCtxt", value: renameWhile(ctxt.value, rename) },
  });
}

function renameCond(def: CondContextDef, rename: Rename): CondContextDef {
  return create(CondContextDefSchema, {
    ...def,
    contextName: rename(def.contextName),
    predName: rename(def.predName),
    pivotName: rename(def.pivotName),
    valuesDef: renameValues(def.valuesDef, rename),
    nestedContexts: def.nestedContexts.map((nested) => renameContext(nested, rename)),
  });
}

function renameWhile(def: WhileContextDef, rename: Rename): WhileContextDef {
  return create(WhileContextDefSchema, {
    ...def,
    contextName: rename(def.contextName),
    pivotName: rename(def.pivotName),
    pivotForPredName: rename(def.pivotForPredName),
    pivotForBodyName: rename(def.pivotForBodyName),
    loopExitNames: def.loopExitNames.map(rename),
    loopEnterNames: def.loopEnterNames.map(rename),
    maximumIterationsName: rename(def.maximumIterationsName),
    valuesDef: renameValues(def.valuesDef, rename),
    nestedContexts: def.nestedContexts.map((nested) => renameContext(nested, rename)),
  });
}

/** A loop of a file: it is kept for export, and its nodes run. */
export class WhileRecord {
  readonly def: WhileContextDef;

  constructor(def: WhileContextDef) {
    this.def = def;
  }
  get name(): string {
    return this.def.contextName;
  }
  toString(): string {
    return this.name;
  }
}

/** A queue runner of a file, kept for export. */
export class QueueRunnerRecord {
  readonly def: QueueRunnerDef;

  constructor(def: QueueRunnerDef) {
    this.def = def;
  }
  /** The queue's name. */
  get name(): string {
    return this.def.queueName;
  }
  toString(): string {
    return this.name;
  }
}

function tensorNamed(graph: Graph, name: string): Tensor {
  const element = graph.asGraphElement(name);
  return element instanceof Operation ? element.output : element;
}

/** The context of a branch whose nodes are in the default graph. */
export function condFromDef(stored: CondContextDef, importScope = ""): CondContext {
  const graph = getDefaultGraph();
  const def = renameCond(stored, adder(importScope));
  const external = Object.entries(def.valuesDef?.externalValues ?? {}).map(
    ([key, value]) => [key, tensorNamed(graph, value)] as const,
  );
  const context = new CondContext(
    tensorNamed(graph, def.predName),
    tensorNamed(graph, def.pivotName),
    def.branch === 1 ? 1 : 0,
    def.contextName,
    { values: def.valuesDef?.values ?? [], externalValues: new Map(external) },
  );
  context.inside(() => {
    // Their names are those of this graph already.
    for (const { ctxt } of def.nestedContexts) {
      if (ctxt.case === "condCtxt") condFromDef(ctxt.value);
    }
  });
  const loops = def.nestedContexts.filter(({ ctxt }) => ctxt.case === "whileCtxt");
  if (loops.length > 0) nestedLoops.set(context, loops);
  return context;
}

/** Loops inside of branches, in their order among all nested contexts of the branch. */
const nestedLoops = new WeakMap<CondContext, readonly ControlFlowContextDef[]>();

/** The message of a branch; undefined when it is of another scope. */
export function condToDef(context: CondContext, exportScope = ""): CondContextDef | undefined {
  if (!context.name.startsWith(exportScope)) return undefined;
  const external = [...context.externalValues].map(([key, { name }]) => [key, name] as const);
  const def = create(CondContextDefSchema, {
    contextName: context.name,
    predName: context.pred.name,
    pivotName: context.pivot.name,
    branch: context.branch,
    valuesDef: create(ValuesDefSchema, {
      values: [...context.values].sort(),
      externalValues: Object.fromEntries(external),
    }),
    nestedContexts: [
      ...context.nested.map((nested) =>
        create(ControlFlowContextDefSchema, {
          ctxt: { case: "condCtxt", value: condToDef(nested) as CondContextDef },
        }),
      ),
      ...(nestedLoops.get(context) ?? []),
    ],
  });
  return exportScope === "" ? def : renameCond(def, stripper(exportScope));
}

/** The context of a loop whose nodes are in the default graph; its frames take its new name. */
export function whileFromDef(stored: WhileContextDef, importScope = ""): WhileRecord {
  const graph = getDefaultGraph();
  const def = renameWhile(stored, adder(importScope));
  if (importScope !== "") {
    for (const name of def.valuesDef?.values ?? []) {
      const { op } = tensorNamed(graph, name);
      if (op.type === "Enter" || op.type === "RefEnter") {
        op.setAttr("frame_name", attr("string", def.contextName));
      }
    }
  }
  return new WhileRecord(def);
}

/** The message of a loop; undefined when it is of another scope. */
export function whileToDef({ def }: WhileRecord, exportScope = ""): WhileContextDef | undefined {
  if (!def.contextName.startsWith(exportScope)) return undefined;
  return exportScope === "" ? def : renameWhile(def, stripper(exportScope));
}

function renameRunner(def: QueueRunnerDef, rename: Rename): QueueRunnerDef {
  return create(QueueRunnerDefSchema, {
    ...def,
    queueName: rename(def.queueName),
    enqueueOpName: def.enqueueOpName.map(rename),
    closeOpName: rename(def.closeOpName),
    cancelOpName: rename(def.cancelOpName),
  });
}

export function runnerFromDef(def: QueueRunnerDef, importScope = ""): QueueRunnerRecord {
  return new QueueRunnerRecord(renameRunner(def, adder(importScope)));
}

/** The message of a queue runner; undefined when it is of another scope. */
export function runnerToDef(
  { def }: QueueRunnerRecord,
  exportScope = "",
): QueueRunnerDef | undefined {
  if (!def.queueName.startsWith(exportScope)) return undefined;
  return exportScope === "" ? def : renameRunner(def, stripper(exportScope));
}
