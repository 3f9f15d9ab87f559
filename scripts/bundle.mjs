// Bundles each entry point of the package into one file: loading 150 small modules takes Node longer than 100 ms.
// Called by setup.mjs with the folder to write to.
import { build } from "vite";

/** Entry points by the name of their file in dist. */
const entries = { index: "src/index.ts" };

await build({
  configFile: false,
  logLevel: "warn",
  publicDir: false,
  build: {
    target: "es2022",
    outDir: process.argv[2],
    emptyOutDir: false,
    minify: false,
    sourcemap: true,
    reportCompressedSize: false,
    lib: { entry: entries, formats: ["es"], fileName: (_, name) => `${name}.js` },
    // Errors and printed objects show the names of their classes.
    rolldownOptions: { output: { keepNames: true }, external: /^node:/ },
  },
});
