// Imports a package from bench/.peers, which git ignores.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = join(import.meta.dirname, "../.peers/node_modules");

export const folderOf = (name) => join(packages, name);
export const versionOf = (name) =>
  JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")).version;
export const load = (name, file) => import(pathToFileURL(join(packages, name, file)).href);
