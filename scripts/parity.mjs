// @ts-check
// Builds the SDKs and what looks at them, then compares them with the manifest of our module; arguments
// go to it (`--help` says which).
import { runBuilt } from "./run_built.mjs";

await runBuilt("packages/manifest/bin/ameide-parity.js", ["@ameideio/manifest"]);
