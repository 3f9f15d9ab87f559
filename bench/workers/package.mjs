// Imports a package of a peer from bench/.peers, which git ignores.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = join(import.meta.dirname, "../.peers");

/** The packages of a peer: their folders, versions, and modules. */
export function packagesOf(peer) {
  const folderOf = (name) => join(folder, peer, "node_modules", name);
  return {
    folderOf,
    versionOf: (name) =>
      JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8")).version,
    load: (name, file) => import(pathToFileURL(join(folderOf(name), file)).href),
  };
}
