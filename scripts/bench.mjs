// @ts-check
// Builds what the benchmark needs, then runs it; arguments go to it (`--help` says which).
import { runBuilt } from "./run_built.mjs";

await runBuilt("packages/bench/bin/ameide-bench.js", ["@ameideio/bench"]);
