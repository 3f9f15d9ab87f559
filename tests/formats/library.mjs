// Bundles the library from its sources into a folder, for tests that start processes of their own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** The path of a module that exports `tensorscope`, and what removes it. */
export async function bundleLibrary() {
  const folder = mkdtempSync(join(tmpdir(), "tensorscope-"));
  await build({
    configFile: false,
    logLevel: "error",
    publicDir: false,
    build: {
      target: "es2022",
      outDir: folder,
      minify: false,
      reportCompressedSize: false,
      lib: {
        entry: fileURLToPath(new URL("../../src/index.ts", import.meta.url)),
        formats: ["es"],
        fileName: "library",
      },
      rolldownOptions: {
        output: { entryFileNames: "library.mjs", keepNames: true },
        external: [/^node:/],
      },
    },
  });
  return {
    library: join(folder, "library.mjs"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
