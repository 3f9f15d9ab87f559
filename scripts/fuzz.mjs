// Runs the fuzz test of the readers at full length: `npm run fuzz [inputs] [seed]`.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const [inputs = "100000", seed] = process.argv.slice(2);
const root = join(import.meta.dirname, "..");
const { status } = spawnSync(
  process.execPath,
  [join(root, "node_modules/vitest/vitest.mjs"), "run", "tests/formats/fuzz.test.ts"],
  {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      TENSORSCOPE_FUZZ: inputs,
      ...(seed === undefined ? {} : { TENSORSCOPE_SEED: seed }),
    },
  },
);
process.exit(status ?? 1);
