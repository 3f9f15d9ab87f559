/** initFromCheckpoint: initializers that read values from a checkpoint. */

import { ValueError } from "../core/errors.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { brief } from "../ops/constant.ts";
import { device } from "../ops/scopes.ts";
import { PartitionedVariable } from "../variables/partitioned.ts";
import { defaultStore } from "../variables/store.ts";
import { isVariable, type Variable } from "../variables/variable.ts";
import { checkpointPath, loadCheckpoint, type ReadOptions } from "./checkpoint-reader.ts";
import { fileSystem } from "./files.ts";
import { restoreV2 } from "./ops-files.ts";
import { namesOf, saveablesFor } from "./saveable.ts";

/** A variable, the parts of one, or the name of either; or a scope with `/` at its end. */
export type AssignmentTarget = Variable | PartitionedVariable | readonly Variable[] | string;

/** Names or scopes of a checkpoint with what they are for; pairs where one name is for several variables. */
export type AssignmentMap =
  | { readonly [name: string]: AssignmentTarget }
  | Iterable<readonly [name: string, target: AssignmentTarget]>;

/**
 * Makes variables take their initial values from a checkpoint: `{ "old/": "new/" }` for all variables of a scope (`"/"` is
 * the root of the checkpoint), `{ "old/w": "new/w" }` or `{ "old/w": variable }` for one. The values are read when the
 * initializers run. TensorFlow: `tf.train.init_from_checkpoint`.
 */
export function initFromCheckpoint(
  ckptDirOrFile: string,
  assignmentMap: AssignmentMap,
  { files = fileSystem() }: ReadOptions = {},
): void {
  using reader = loadCheckpoint(ckptDirOrFile, { files });
  const shapes = reader.getVariableToShapeMap();
  const path = checkpointPath(ckptDirOrFile, files) ?? ckptDirOrFile;
  const isPairs = Symbol.iterator in assignmentMap;
  const pairs = isPairs
    ? [...(assignmentMap as Iterable<readonly [string, AssignmentTarget]>)]
    : Object.entries(assignmentMap as Readonly<Record<string, AssignmentTarget>>);
  for (const [stored, target] of pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const found = typeof target === "string" ? byName(target) : partsOf(target);
    if (found) initOne(found, stored, { ckptDirOrFile, path, shapes });
    else initScope(target as string, stored, { ckptDirOrFile, path, shapes });
  }
}

interface Source {
  /** As it was given, for messages. */
  readonly ckptDirOrFile: string;
  readonly path: string;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** A variable, or all parts of a partitioned one. */
type Found = Variable | readonly Variable[];

function partsOf(target: Exclude<AssignmentTarget, string>): Found {
  return target instanceof PartitionedVariable ? target.variables : target;
}

function byName(name: string): Found | null {
  const { variables } = defaultStore();
  const found = variables.get(name);
  if (found) return found;
  const parts: Variable[] = [];
  for (;;) {
    const part = variables.get(`${name}/part_${parts.length}`);
    if (!part) break;
    parts.push(part);
  }
  return parts.length > 0 ? parts : null;
}

function initOne(found: Found, stored: string, { ckptDirOrFile, path, shapes }: Source): void {
  const shape = shapes.get(stored);
  if (!shape) {
    const all = [...shapes].map(([name, dims]) => `'${name}': ${brief(dims)}`);
    throw new ValueError(
      `Tensor ${stored} is not found in ${ckptDirOrFile} checkpoint {${all.join(", ")}}`,
    );
  }
  if (isVariable(found) && !found.shape.isCompatibleWith(shape)) {
    throw new ValueError(
      `Shape of variable ${found.name} (${found.shape}) doesn't match with shape of tensor ${stored} (${brief(shape)}) from checkpoint reader.`,
    );
  }
  setInitializers(found, path, stored);
}

function initScope(target: string, stored: string, { ckptDirOrFile, path, shapes }: Source): void {
  const scope = target.includes("/") ? target.slice(0, target.lastIndexOf("/")) : "";
  if (!stored.endsWith("/")) {
    throw new ValueError(
      `Assignment map with scope only name ${scope} should map to scope only ${stored}. Should be 'scope/': 'other_scope/'.`,
    );
  }
  const names = new Set<string>();
  for (const name of defaultStore().variables.keys()) {
    if (scope === "" || name.startsWith(`${scope}/`)) names.add(name.split("/part_")[0] as string);
  }
  for (const name of [...names].sort()) {
    const rest = name.slice(scope.length);
    const inScope = target === "/" ? rest : rest.slice(1);
    const full = (stored === "/" ? inScope : stored + inScope).replace(/\/$/, "");
    if (!shapes.has(full)) {
      throw new ValueError(
        `Tensor ${full} (${name.slice(scope.length + 1)} in ${stored}) is not found in ${ckptDirOrFile} checkpoint`,
      );
    }
    setInitializers(byName(name) as Found, path, full);
  }
}

function setInitializers(found: Found, path: string, stored: string): void {
  if (isVariable(found)) {
    setInitializer(found, path, stored, "");
    return;
  }
  let whole: string | undefined;
  for (const part of found) {
    const info = part.saveSliceInfo;
    whole ??= info?.fullName;
    if (whole !== info?.fullName) {
      throw new ValueError(
        `Slices must all be from the same tensor: ${whole} != ${info?.fullName}`,
      );
    }
    setInitializer(part, path, stored, info?.spec ?? "");
  }
}

function setInitializer(variable: Variable, path: string, stored: string, spec: string): void {
  const dtype = variable.dtype.base;
  const [value] = device(variable.handle.device, () =>
    device("/cpu:0", () =>
      restoreV2(path, [stored], [spec], [dtype], { name: "checkpoint_initializer" }),
    ),
  ) as readonly [Tensor];
  const [[name, named]] = [...namesOf([variable])] as [[string, unknown]];
  const [saveable] = saveablesFor(name, named);
  const written = saveable?.restore([value], null) as Operation | Tensor;
  value.setShape(variable.shape);
  variable.replaceInitializer("op" in written ? written.op : written, value);
}
