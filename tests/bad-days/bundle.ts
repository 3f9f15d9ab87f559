/** The library in one file, for processes that run without a build. */

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";

interface Bundle {
  /** Its address. */
  readonly library: string;
  remove(): void;
}

/** Bundles the library before the tests of a file and removes it after them; says where it is. */
export function bundledLibrary(): () => string {
  let bundle: Bundle;
  beforeAll(async () => {
    const file = fileURLToPath(new URL("../formats/library.mjs", import.meta.url));
    const { bundleLibrary }: { bundleLibrary(): Promise<Bundle> } = await import(
      /* @vite-ignore */ file
    );
    bundle = await bundleLibrary();
  }, 60_000);
  afterAll(() => bundle.remove());
  return () => bundle.library;
}
