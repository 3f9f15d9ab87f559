#!/usr/bin/env node
// The command line `tensorscope`. The rest of the library is loaded only where ops must be known.
import { main } from "./cli/main.ts";

await main(import.meta.url, () => import("./index.ts"));
