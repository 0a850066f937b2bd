// @ts-check
// Builds what the conformance suite needs, then runs it; arguments go to it (`--help` says which).
import { runBuilt } from "./run_built.mjs";

await runBuilt("packages/conformance/bin/ameide-conformance.js", [
  "@ameideio/conformance",
  "./packages/sdk*/conformance",
]);
