// @ts-check
// Builds the SDKs and what looks at them, then judges them; arguments go to it (`--help` says which).
import { runBuilt } from "./run_built.mjs";

await runBuilt("packages/parity/bin/ameide-parity.js", ["@ameideio/parity"]);
