// @ts-check
// Builds what runs Connect's own suite through the SDKs, then runs it; arguments go to it (`--help`
// says which).
import { runBuilt } from "./run_built.mjs";

await runBuilt("packages/conformance/bin/ameide-conformance-connect.js", [
  "@ameideio/conformance",
  "./packages/sdk*/conformance",
]);
