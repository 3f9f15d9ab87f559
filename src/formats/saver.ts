/** Saver: saves variables in checkpoints and restores them. */

import { create } from "@bufbuild/protobuf";
import {
  AssertionError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
  RuntimeError,
  TypeError,
  ValueError,
} from "../core/errors.ts";
import { type Graph, getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import type { NDArray } from "../core/ndarray.ts";
import { Operation, type Tensor } from "../core/tensor.ts";
import { elementText } from "../ops/filename-strings.ts";
import { runtimeName } from "../ops/state.ts";
import { Session } from "../session/session.ts";
import { type GlobalStep, globalStep as readGlobalStep } from "../training/global-step.ts";
import { mergeBundles } from "./bundle-writer.ts";
import type { CheckpointFile } from "./checkpoint.ts";
import { baseName, fileSystem, folderOf, writeAtomically } from "./files.ts";
import { objectNames } from "./object-graph.ts";
import { hasCheckpoint, openCheckpoint } from "./open.ts";
import {
  type SaverDef,
  SaverDefSchema,
  SaverDef_CheckpointFormatVersion as Version,
} from "./proto/index.ts";
import { readRandomStates, writeRandomStates } from "./random-state.ts";
import { type Renames, renamed } from "./renames.ts";
import {
  compareCheckpoint,
  formatReport,
  type RestoreReport,
  type RestoreRequest,
  restoreRequests,
} from "./restore.ts";
import { Retention } from "./retention.ts";
import { saveablesOf, type VarList } from "./saveable.ts";
import { makeSaverNodes } from "./saver-nodes.ts";
import { parseShapeAndSlice } from "./slice.ts";
import { metaGraphFilename, updateCheckpointState } from "./state-file.ts";

export interface SaverOptions {
  /** Stored tensors take the shapes of their variables; only the number of elements must fit. */
  readonly reshape?: boolean | undefined;
  /** One data file per device. */
  readonly sharded?: boolean | undefined;
  /** How many checkpoints are kept, 5 if not given; null or 0 for all of them. */
  readonly maxToKeep?: number | null | undefined;
  /** One checkpoint in so many hours is kept for good. */
  readonly keepCheckpointEveryNHours?: number | undefined;
  /** The scope of its nodes; with `saverDef` the scope it was imported into. */
  readonly name?: string | null | undefined;
  /** Accepted as TensorFlow does: reading is always in order. */
  readonly restoreSequentially?: boolean | undefined;
  /** What another Saver of the same graph gave as its `saverDef`: no nodes are made. */
  readonly saverDef?: SaverDef | null | undefined;
  /** Makes the nodes when `build` is called. */
  readonly deferBuild?: boolean | undefined;
  /** With nothing to save, does nothing rather than fail. */
  readonly allowEmpty?: boolean | undefined;
  /** 2 if not given; 1 for programs that read nothing else. */
  readonly writeVersion?: number | undefined;
  /** Writes steps with 8 digits. */
  readonly padStepNumber?: boolean | undefined;
  /** The state file names checkpoints as they are seen from its folder. */
  readonly saveRelativePaths?: boolean | undefined;
  /** The default of the filename tensor. */
  readonly filename?: string | null | undefined;
  /**
   * Saves and restores where the streams of random operations stand, too, so that training goes on exactly as it would
   * have. TensorFlow ignores what is stored for that.
   */
  readonly saveRandomState?: boolean | undefined;
}

export interface SaveOptions {
  /** Is appended to the path: a number, or what a session gives for a tensor, a variable or a name. */
  readonly globalStep?: number | bigint | GlobalStep | string | null | undefined;
  /** The name of the state file; `checkpoint` when it is not given. */
  readonly latestFilename?: string | null | undefined;
  readonly metaGraphSuffix?: string | undefined;
  readonly writeMetaGraph?: boolean | undefined;
  readonly writeState?: boolean | undefined;
  /** Leaves out attributes that have their default in the meta graph. */
  readonly stripDefaultAttrs?: boolean | undefined;
}

export interface RestoreOptions {
  /** False restores what fits, and the report says what does not. */
  readonly strict?: boolean | undefined;
  /** Names of the graph with names of the checkpoint; a scope (`"a/"`, `"/"`) stands for all names in it. */
  readonly rename?: Renames | undefined;
}

/** What a checkpoint that does not fit throws: NotFoundError or InvalidArgumentError, with the report. */
export interface RestoreError extends Error {
  readonly report: RestoreReport;
}

/** Gives a graph as the bytes of a MetaGraphDef. */
type MetaGraphWriter = (
  graph: Graph,
  options: { readonly saverDef: SaverDef | null; readonly stripDefaultAttrs: boolean },
) => Uint8Array;
let metaGraphWriter: MetaGraphWriter | undefined;

/** @internal Says how meta graphs are made; without it none are written. */
export function onWriteMetaGraph(writer: MetaGraphWriter): void {
  metaGraphWriter = writer;
}

const advice =
  "Please ensure that you have not altered the graph expected based on the checkpoint. Original error:\n\n";

/**
 * Saves variables in checkpoints as TensorFlow writes them, and restores them from checkpoints of either version.
 *
 * Given are the variables, as a list or by the names they shall have in checkpoints; without, all that are global.
 * A process that ends at any moment while saving leaves the checkpoint before whole. TensorFlow: `tf.train.Saver`.
 */
export class Saver {
  #saverDef: SaverDef | null;
  readonly #options: SaverOptions;
  readonly #varList: VarList | null;
  readonly #retention = new Retention();
  #isBuilt = false;
  #isEmpty = false;

  constructor(varList?: VarList | null, options: SaverOptions = {}) {
    const { deferBuild = false, saverDef = null, writeVersion = 2 } = options;
    if (deferBuild && varList && !isEmptyList(varList)) {
      throw new ValueError(
        "If `var_list` is provided then build cannot be deferred. Either set defer_build=False or var_list=None.",
      );
    }
    if (writeVersion !== Version.V1 && writeVersion !== Version.V2) {
      throw new RuntimeError(`Unexpected write_version: ${writeVersion}`);
    }
    if (writeVersion === Version.V1 && options.saveRandomState) {
      throw new ValueError(
        "Checkpoints of version 1 do not hold random states: leave out writeVersion.",
      );
    }
    this.#varList = varList ?? null;
    this.#options = options;
    this.#saverDef = saverDef && create(SaverDefSchema, saverDef);
    if (!deferBuild) this.build();
    if (this.#saverDef) checkSaverDef(this.#saverDef);
  }

  /** Names of the nodes, and how many checkpoints are kept. Null before `build`, and of a saver of nothing. */
  get saverDef(): SaverDef | null {
    return this.#saverDef;
  }
  asSaverDef(): SaverDef | null {
    return this.#saverDef;
  }
  /** The SaverDef without `exportScope` in front of names; null when it is of another scope. */
  toProto(exportScope?: string | null): SaverDef | null {
    const def = this.#saverDef;
    if (!def || !exportScope) return def;
    const names = [def.filenameTensorName, def.saveTensorName, def.restoreOpName];
    if (!names.every((name) => name.startsWith(exportScope))) return null;
    const scope = exportScope.endsWith("/") ? exportScope : `${exportScope}/`;
    const strip = (name: string): string =>
      name.startsWith(scope) ? name.slice(scope.length) : name;
    return withNames(def, strip);
  }
  /** A Saver of nodes that exist, in the scope that they were imported into. */
  static fromProto(saverDef: SaverDef, importScope?: string | null): Saver {
    return new Saver(null, { saverDef, name: importScope });
  }

  /** Makes the nodes, unless they are there. */
  build(): void {
    if (this.#isBuilt) return;
    this.#isBuilt = true;
    const { name = null, allowEmpty = false } = this.#options;
    if (this.#saverDef) {
      if (name) {
        const scope = name.endsWith("/") ? name : `${name}/`;
        this.#saverDef = withNames(this.#saverDef, (inner) => scope + inner);
      }
    } else {
      const list = this.#varList ?? allSaveables();
      if (isEmptyList(list)) {
        if (!allowEmpty) throw new ValueError("No variables to save");
        this.#isEmpty = true;
        return;
      }
      this.#saverDef = makeSaverNodes(saveablesOf(list), {
        reshape: this.#options.reshape ?? false,
        sharded: this.#options.sharded ?? false,
        maxToKeep: this.#options.maxToKeep === undefined ? 5 : (this.#options.maxToKeep ?? 0),
        keepCheckpointEveryNHours: this.#options.keepCheckpointEveryNHours ?? 10_000,
        name,
        filename: this.#options.filename ?? null,
        version: this.#options.writeVersion ?? Version.V2,
      });
    }
    checkSaverDef(this.#saverDef);
    this.#retention.start(this.#saverDef);
  }

  /** Paths of the checkpoints that are kept, oldest first. */
  get lastCheckpoints(): string[] {
    return this.#retention.paths;
  }
  /** Says which checkpoints there are; these are never deleted. */
  setLastCheckpoints(paths: readonly string[]): void {
    this.setLastCheckpointsWithTime(paths.map((path) => [path, Number.POSITIVE_INFINITY]));
  }
  /** Says which checkpoints there are, and when each was written, in seconds since 1970. */
  setLastCheckpointsWithTime(
    checkpoints: readonly (readonly [path: string, time: number])[],
  ): void {
    if (!Array.isArray(checkpoints)) throw new AssertionError("a list of checkpoints is needed");
    this.#retention.set(checkpoints);
  }
  /** Takes up the checkpoints that a process before has left, as far as they are there. */
  recoverLastCheckpoints(paths: readonly string[]): void {
    this.#retention.recover(paths);
  }

  /**
   * Saves under `savePath`, or `savePath-step`, and returns that; null for a saver of nothing. The state file then names
   * the new checkpoint, and old ones are deleted.
   */
  async save(
    session: Session,
    savePath: string,
    options: SaveOptions = {},
  ): Promise<string | null> {
    const { latestFilename, writeState = true, writeMetaGraph = true } = options;
    if (!this.#isBuilt) {
      throw new RuntimeError("`build()` should be called before save if defer_build==True");
    }
    const stateName = latestFilename ?? "checkpoint";
    if (folderOf(stateName) !== "") {
      throw new ValueError("'latest_filename' must not contain path components");
    }
    const prefix = await this.#prefix(session, savePath, stateName, options);
    if (!(session instanceof Session)) {
      throw new TypeError(`'sess' must be a Session; ${session}`);
    }
    const suffix = options.metaGraphSuffix ?? "meta";
    const def = this.#saverDef;
    const written = def && (await this.#write(session, def, prefix, savePath));
    if (writeMetaGraph && metaGraphWriter) {
      const { stripDefaultAttrs = false } = options;
      const bytes = metaGraphWriter(session.graph, { saverDef: def, stripDefaultAttrs });
      writeAtomically(fileSystem(), metaGraphFilename(prefix, suffix), bytes);
    }
    if (!written) return null;
    if (writeState) {
      this.#retention.add(written);
      updateCheckpointState(folderOf(savePath), written, {
        allModelCheckpointPaths: this.lastCheckpoints,
        latestFilename: stateName,
        saveRelativePaths: this.#options.saveRelativePaths ?? false,
      });
      this.#retention.deleteOld(suffix);
    }
    return written;
  }

  async #prefix(
    session: Session,
    savePath: string,
    stateName: string,
    { globalStep }: SaveOptions,
  ): Promise<string> {
    if (globalStep === null || globalStep === undefined) {
      if (baseName(savePath) === stateName && !this.#options.sharded) {
        throw new ValueError(
          `'latest_filename' collides with 'save_path': '${stateName}' and '${savePath}'`,
        );
      }
      return savePath;
    }
    const isNumber = typeof globalStep === "number" || typeof globalStep === "bigint";
    const step = isNumber ? globalStep : await readGlobalStep(session, globalStep as GlobalStep);
    const digits = String(step);
    return `${savePath}-${this.#options.padStepNumber ? digits.padStart(8, "0") : digits}`;
  }

  async #write(session: Session, def: SaverDef, prefix: string, savePath: string): Promise<string> {
    const files = fileSystem();
    const { saveRandomState = false } = this.#options;
    const variables = saveRandomState ? `${prefix}_temp/variables` : prefix;
    try {
      const value = await session.run(def.saveTensorName, { [def.filenameTensorName]: variables });
      if (!saveRandomState) return elementText((value as NDArray).at(0));
    } catch (error) {
      const isMissing = error instanceof FailedPreconditionError || error instanceof NotFoundError;
      if (!isMissing || files.stat(folderOf(savePath) || ".")?.kind === "folder") throw error;
      throw new ValueError(`Parent directory of ${savePath} doesn't exist, can't save.`);
    }
    const states = `${prefix}_temp/random`;
    writeRandomStates(states, session.randomStates(), files);
    mergeBundles([variables, states], prefix, { files });
    return prefix;
  }

  /**
   * Restores from the checkpoint at `savePath`. One that does not fit is refused with everything that is missing, and with
   * the map that makes it fit if there is one; see `strict` and `rename`. Null for a saver of nothing.
   */
  async restore(
    session: Session,
    savePath: string | null,
    { strict = true, rename = {} }: RestoreOptions = {},
  ): Promise<RestoreReport | null> {
    const def = this.#saverDef;
    if (this.#isEmpty || !def) return null;
    if (savePath === null || savePath === undefined) {
      throw new ValueError("Can't load save_path when it is None.");
    }
    if (!hasCheckpoint(savePath)) {
      throw new ValueError(`The passed save_path is not a valid checkpoint: ${savePath}`);
    }
    using checkpoint = openCheckpoint(savePath);
    const restoreOp = nodeOf(session.graph, def.restoreOpName);
    const requests = restoreRequests(restoreOp);
    let names = rename;
    let report = compareCheckpoint(requests, checkpoint, names);
    if (report.missing.length > 0 && Object.keys(rename).length === 0) {
      // A checkpoint of TensorFlow 2's objects has its variables' names inside.
      names = objectNames(checkpoint) ?? names;
      if (names !== rename) report = compareCheckpoint(requests, checkpoint, names);
    }
    const fits = report.missing.length === 0 && report.mismatched.length === 0;
    if (strict && !fits) throw refusal(report, requests);
    if (fits && Object.keys(names).length === 0) {
      await session.run(restoreOp, { [def.filenameTensorName]: savePath });
    } else {
      await restoreSome(session, checkpoint, requests, new Set(report.restored), names);
    }
    if (this.#options.saveRandomState) {
      const states = readRandomStates(checkpoint);
      if (states) session.setRandomStates(states);
    }
    return report;
  }
}

function allSaveables(): VarList {
  const graph = getDefaultGraph();
  return [
    ...graph.getCollection(GraphKeys.GLOBAL_VARIABLES),
    ...graph.getCollection(GraphKeys.SAVEABLE_OBJECTS),
  ];
}

function isEmptyList(list: VarList): boolean {
  if (Array.isArray(list)) return list.length === 0;
  if (list instanceof Map || list instanceof Set) return list.size === 0;
  const isPlain = typeof list === "object" && Object.getPrototypeOf(list) === Object.prototype;
  return isPlain && Object.keys(list).length === 0;
}

function withNames(def: SaverDef, change: (name: string) => string): SaverDef {
  return create(SaverDefSchema, {
    ...def,
    filenameTensorName: change(def.filenameTensorName),
    saveTensorName: change(def.saveTensorName),
    restoreOpName: change(def.restoreOpName),
  });
}

function checkSaverDef(def: SaverDef): void {
  if (!def.saveTensorName) throw new ValueError("saver_def must specify the save_tensor_name");
  if (!def.restoreOpName) throw new ValueError("saver_def must specify the restore_op_name");
}

function nodeOf(graph: Graph, name: string): Operation {
  const found: Operation | Tensor = graph.asGraphElement(name);
  return found instanceof Operation ? found : found.op;
}

/** What TensorFlow says of the first problem, and all of them. */
function refusal(report: RestoreReport, requests: readonly RestoreRequest[]): RestoreError {
  const hint = formatReport(report);
  const [missing] = report.missing;
  const [mismatch] = report.mismatched;
  if (missing !== undefined) {
    const op = requests.find(({ key }) => key === missing)?.tensor.op;
    const error = new NotFoundError(
      op,
      `Restoring from checkpoint failed. This is most likely due to a Variable name or other graph key that is missing from the checkpoint. ${advice}Key ${missing} not found in checkpoint\n\t [[{{node ${op?.name}}}]]`,
      hint,
    );
    return Object.assign(error, { report });
  }
  const op = mismatch?.op;
  const dtype = requests.find(({ key }) => key === mismatch?.name)?.dtype;
  const original =
    mismatch?.kind === "shape"
      ? shapeText(mismatch.expected, mismatch.found, op)
      : `tensor_name = ${mismatch?.name}; expected dtype ${dtype && runtimeName(dtype)} does not equal original dtype ${mismatch?.found.replace("32", "")}`;
  const error = new InvalidArgumentError(
    op,
    `Restoring from checkpoint failed. This is most likely due to a mismatch between the current graph and the graph from the checkpoint. ${advice}${original}\n\t [[{{node ${op?.name}}}]]`,
    hint,
  );
  return Object.assign(error, { report });
}

function shapeText(expected: string, found: string, op: Operation | undefined): string {
  return op?.inputs[0]?.dtype.isRef
    ? `Assign requires shapes of both tensors to match. lhs shape= ${expected} rhs shape= ${found}`
    : `Assign requires shapes of both tensors to match: the variable has shape ${expected}, the checkpoint ${found}`;
}

/** Puts only some tensors into their variables, under the names they have in the checkpoint. */
async function restoreSome(
  session: Session,
  checkpoint: CheckpointFile,
  requests: readonly RestoreRequest[],
  fitting: ReadonlySet<string>,
  names: Renames,
): Promise<void> {
  const feeds: [Tensor, NDArray][] = [];
  const writes: Operation[] = [];
  for (const { key, sliceSpec, tensor, write } of requests) {
    if (!fitting.has(key) || !write) continue;
    const stored = renamed(key, names);
    const part = parseShapeAndSlice(sliceSpec);
    feeds.push([tensor, part ? checkpoint.readSlice(stored, part.slice) : checkpoint.read(stored)]);
    writes.push(write);
  }
  if (writes.length > 0) await session.run(writes, feeds);
}
