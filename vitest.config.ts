// Runs the tests on the TypeScript sources, so that they need no build.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Node 20 has no `using`: translate it.
  oxc: { target: "es2022" },
  resolve: {
    alias: [
      {
        find: /^tensorscope$/,
        replacement: fileURLToPath(new URL("./src/index.ts", import.meta.url)),
      },
      {
        find: /^tensorscope\/formats$/,
        replacement: fileURLToPath(new URL("./src/formats/index.ts", import.meta.url)),
      },
    ],
  },
  test: {
    include: ["{src,tests,examples}/**/*.test.ts", "scripts/**/*.test.mjs"],
    testTimeout: 30_000,
  },
});
