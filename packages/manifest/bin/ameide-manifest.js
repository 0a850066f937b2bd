#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";

import { WORKSPACE_COMMANDS } from "../dist/cli/workspace_commands.js";
import { main } from "../dist/main.js";

// A run of a second ends before optimized code pays, and V8 makes it on the cores of the inspectors.
setFlagsFromString("--interrupt-budget=1000000");
await main(WORKSPACE_COMMANDS);
