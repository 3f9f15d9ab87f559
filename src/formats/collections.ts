/** Collections of a graph as MetaGraphDef keeps them. */

import { create, isMessage, type Message } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { type Graph, getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { prependNameScope, stripNameScope } from "../core/names.ts";
import { warn } from "../core/warn.ts";
import { CondContext } from "../ops/cond-context.ts";
import { variableFromDef } from "../variables/creator.ts";
import { SaveSliceInfo } from "../variables/slices.ts";
import { isVariable, type Variable } from "../variables/variable.ts";
import {
  condFromDef,
  condToDef,
  QueueRunnerRecord,
  runnerFromDef,
  runnerToDef,
  WhileRecord,
  whileFromDef,
  whileToDef,
} from "./context-def.ts";
import { stringBytes, stringElement } from "./elements.ts";
import { fromFiles } from "./graph-def.ts";
import {
  type CollectionDef,
  CollectionDefSchema,
  CondContextDefSchema,
  decode,
  encode,
  encodeSorted,
  QueueRunnerDefSchema,
  SaverDefSchema,
  SaveSliceInfoDefSchema,
  type VariableDef,
  VariableDefSchema,
  WhileContextDefSchema,
} from "./proto/index.ts";
import { Saver } from "./saver.ts";

/** How the items of a collection become bytes, and live again. */
interface Codec {
  /** Undefined for an item that is of another scope; null for one that is no such item. */
  toBytes(item: unknown, exportScope: string): Uint8Array | undefined | null;
  fromBytes(bytes: Uint8Array, importScope: string): unknown;
}

/** Names of initializers of imported variables that name a tensor, where variables know its operation. */
const initializerNames = new WeakMap<Variable, string>();

/** The VariableDef of a variable; undefined when it is of another scope. */
export function variableToDef(variable: Variable, exportScope = ""): VariableDef | undefined {
  const def = variable.toDef();
  if (!def.variableName.startsWith(exportScope)) return undefined;
  const strip = (name: string): string => stripNameScope(name, exportScope);
  const message = create(VariableDefSchema, {
    variableName: strip(def.variableName),
    initialValueName: strip(def.initialValueName),
    initializerName: strip(initializerNames.get(variable) ?? def.initializerName),
    snapshotName: strip(def.snapshotName),
    isResource: def.isResource,
    trainable: def.trainable,
    synchronization: def.synchronization,
    aggregation: def.aggregation,
  });
  const slice = def.saveSliceInfo;
  if (slice !== null) {
    message.saveSliceInfoDef = create(SaveSliceInfoDefSchema, {
      fullName: strip(slice.fullName),
      fullShape: slice.fullShape.map(BigInt),
      varOffset: slice.varOffset.map(BigInt),
      varShape: slice.varShape.map(BigInt),
    });
  }
  return message;
}

/** A variable whose nodes are in the default graph. */
export function variableOfDef(def: VariableDef, importScope = ""): Variable {
  const slice = def.saveSliceInfoDef;
  const variable = variableFromDef(
    {
      ...def,
      synchronization: (def.synchronization & 3) as 0,
      aggregation: (def.aggregation & 3) as 0,
      saveSliceInfo: slice
        ? new SaveSliceInfo(
            prependNameScope(slice.fullName, importScope),
            slice.fullShape.map(Number),
            slice.varOffset.map(Number),
            slice.varShape.map(Number),
          )
        : null,
    },
    importScope,
  );
  if (/:\d+$/.test(def.initializerName)) {
    initializerNames.set(variable, prependNameScope(def.initializerName, importScope));
  }
  return variable;
}

const variables: Codec = {
  toBytes: (item, scope) => {
    if (!isVariable(item)) return null;
    const def = variableToDef(item, scope);
    return def && encode(VariableDefSchema, def);
  },
  fromBytes: (bytes, scope) => variableOfDef(decode(VariableDefSchema, bytes), scope),
};

const codecs = new Map<string, Codec>([
  [GraphKeys.GLOBAL_VARIABLES, variables],
  [GraphKeys.TRAINABLE_VARIABLES, variables],
  [GraphKeys.MOVING_AVERAGE_VARIABLES, variables],
  [GraphKeys.LOCAL_VARIABLES, variables],
  [GraphKeys.MODEL_VARIABLES, variables],
  [GraphKeys.METRIC_VARIABLES, variables],
  [GraphKeys.GLOBAL_STEP, variables],
  [
    GraphKeys.SAVERS,
    {
      toBytes: (item, scope) => {
        if (!(item instanceof Saver)) return null;
        const def = item.toProto(scope);
        return def ? encode(SaverDefSchema, def) : undefined;
      },
      fromBytes: (bytes, scope) => Saver.fromProto(decode(SaverDefSchema, bytes), scope),
    },
  ],
  [
    GraphKeys.COND_CONTEXT,
    {
      toBytes: (item, scope) => {
        if (!(item instanceof CondContext)) return null;
        const def = condToDef(item, scope);
        return def && encodeSorted(CondContextDefSchema, def);
      },
      fromBytes: (bytes, scope) => condFromDef(decode(CondContextDefSchema, bytes), scope),
    },
  ],
  [
    GraphKeys.WHILE_CONTEXT,
    {
      toBytes: (item, scope) => {
        if (!(item instanceof WhileRecord)) return null;
        const def = whileToDef(item, scope);
        return def && encodeSorted(WhileContextDefSchema, def);
      },
      fromBytes: (bytes, scope) => whileFromDef(decode(WhileContextDefSchema, bytes), scope),
    },
  ],
  [
    GraphKeys.QUEUE_RUNNERS,
    {
      toBytes: (item, scope) => {
        if (!(item instanceof QueueRunnerRecord)) return null;
        const def = runnerToDef(item, scope);
        return def && encode(QueueRunnerDefSchema, def);
      },
      fromBytes: (bytes, scope) => runnerFromDef(decode(QueueRunnerDefSchema, bytes), scope),
    },
  ],
]);

/** @internal Lets the items of a collection be exported as messages, and imported. */
export function registerCollection(key: string, codec: Codec): void {
  codecs.set(key, codec);
}

export interface CollectOptions {
  /** Only what is named in this scope, without it. */
  readonly exportScope?: string | undefined;
  /** Names of nodes to leave out. */
  readonly exclude?: ReadonlySet<string> | undefined;
  /** In place of what the collection holds. */
  readonly items?: readonly unknown[] | undefined;
}

/** The message of a collection; undefined for an empty one, and with a warning for one that cannot be written. */
export function collectionToDef(
  graph: Graph,
  key: string,
  { exportScope = "", exclude, items = graph.getCollection(key) }: CollectOptions = {},
): CollectionDef | undefined {
  const included = items.filter((item) => isIncluded(item, exportScope, exclude));
  if (included.length === 0) return undefined;
  const codec = codecs.get(key);
  // Older files name what is now a variable, such as the global step, as a node.
  const kind =
    (codec && encodeAll(codec, included, exportScope)) ??
    plainKind(graph, key, included, exportScope);
  if (kind !== undefined) return create(CollectionDefSchema, { kind });
  warn(
    `Issue encountered when serializing ${key}.\nType is unsupported, or the types of the items don't match field type in CollectionDef. Note this is a warning and probably safe to ignore.`,
  );
  return undefined;
}

type Kind = CollectionDef["kind"];

function encodeAll(codec: Codec, items: readonly unknown[], scope: string): Kind | undefined {
  const values: Uint8Array[] = [];
  for (const item of items) {
    const bytes = codec.toBytes(item, scope);
    if (bytes === null) return undefined;
    if (bytes !== undefined) values.push(bytes);
  }
  return { case: "bytesList", value: { value: values } } as Kind;
}

function isNumber(item: unknown): item is number | bigint | boolean {
  return typeof item === "number" || typeof item === "bigint" || typeof item === "boolean";
}

function plainKind(
  graph: Graph,
  key: string,
  items: readonly unknown[],
  scope: string,
): Kind | undefined {
  if (items.every((item) => typeof item === "string" || item instanceof Uint8Array)) {
    return { case: "bytesList", value: { value: items.map(stringBytes as never) } } as Kind;
  }
  if (items.every(isNumber)) {
    const isWhole = items.every((item) => typeof item !== "number" || Number.isInteger(item));
    if (isWhole && !fromFiles(graph).floatCollections.has(key)) {
      return {
        case: "int64List",
        value: { value: items.map((item) => BigInt(item as number)) },
      } as Kind;
    }
    return {
      case: "floatList",
      value: { value: items.map((item) => Math.fround(Number(item))) },
    } as Kind;
  }
  if (items.every((item) => isMessage(item as Message) && isMessage(item, AnySchema))) {
    return { case: "anyList", value: { value: items as Any[] } } as Kind;
  }
  const names = items.map(nameOf);
  if (names.includes(undefined)) return undefined;
  const inScope = (names as string[]).filter((name) => name.startsWith(scope));
  return {
    case: "nodeList",
    value: { value: inScope.map((name) => stripNameScope(name, scope)) },
  } as Kind;
}

function nameOf(item: unknown): string | undefined {
  const name = (item as { readonly name?: unknown } | null)?.name;
  return typeof name === "string" ? name : undefined;
}

function isIncluded(
  item: unknown,
  scope: string,
  exclude: ReadonlySet<string> | undefined,
): boolean {
  const name = typeof item === "string" ? item : nameOf(item);
  if (name === undefined) return true;
  if (exclude?.has(name)) return false;
  return name.startsWith(unboundPrefix) || name.startsWith(scope);
}

/** Marks inputs that an exported scope takes from outside. */
export const unboundPrefix = "$unbound_inputs_";

/** What variables of one import have in common. */
export interface VariableImport {
  /** Variables by their bytes: one that is in several collections is one object. */
  readonly made: Map<string, unknown>;
  /** False for files from before VariableDef told what is trainable: then the collection tells. */
  readonly tellsTrainable: boolean;
}

/** Puts the items of a collection into the default graph. */
export function collectionFromDef(
  key: string,
  { kind }: CollectionDef,
  importScope: string,
  shared: VariableImport,
): void {
  const graph = getDefaultGraph();
  const add = (item: unknown) => graph.addToCollection(key, item);
  const codec = codecs.get(key);
  switch (kind.case) {
    case "nodeList":
      for (const name of kind.value.value) {
        add(graph.asGraphElement(prependNameScope(name, importScope)));
      }
      return;
    case "bytesList":
      for (const bytes of kind.value.value) {
        if (codec === undefined) add(scoped(stringElement(bytes), importScope));
        else if (codec !== variables) add(codec.fromBytes(bytes, importScope));
        else add(importVariable(key, bytes, importScope, shared));
      }
      return;
    case "int64List":
      for (const value of kind.value.value) {
        const number = Number(value);
        add(Number.isSafeInteger(number) ? number : value);
      }
      return;
    case "floatList":
      fromFiles(graph).floatCollections.add(key);
      for (const value of kind.value.value) add(value);
      return;
    case "anyList":
      for (const value of kind.value.value) add(value);
      return;
    default:
      warn(`Cannot identify data type for collection ${key}. Skipping.`);
  }
}

function scoped(element: string | Uint8Array, scope: string): string | Uint8Array {
  return typeof element === "string" ? prependNameScope(element, scope) : element;
}

function importVariable(
  key: string,
  bytes: Uint8Array,
  scope: string,
  { made, tellsTrainable }: VariableImport,
): unknown {
  const id = bytes.join();
  let variable = made.get(id);
  if (variable === undefined) {
    const def = decode(VariableDefSchema, bytes);
    if (!tellsTrainable) def.trainable = key === GraphKeys.TRAINABLE_VARIABLES;
    variable = variableOfDef(def, scope);
    made.set(id, variable);
  }
  return variable;
}
