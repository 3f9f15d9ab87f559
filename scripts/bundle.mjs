// Bundles each entry point of the package into one file: loading 150 small modules takes Node longer than 100 ms.
// Called by setup.mjs with the folder to write to.
import { build } from "vite";

/** Entry points by the name of their file in dist. */
const entries = { index: "src/index.ts", formats: "src/formats/index.ts", cli: "src/cli.ts" };

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
    rolldownOptions: {
      external: [/^node:/, "commander"],
      output: {
        // By this name src/core/trace.ts knows the library's own lines.
        chunkFileNames: "tensorscope-[name]-[hash].js",
        // Errors and printed objects show the names of their classes.
        keepNames: true,
        // Comments and white space are a third of what Node would have to read.
        minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
      },
    },
  },
});
