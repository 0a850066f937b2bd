#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";

import { WORKSPACE_COMMANDS } from "../dist/cli/workspace_commands.js";
import { main } from "../dist/main.js";
import { FOR_A_SHORT_RUN } from "../dist/short_run.js";

setFlagsFromString(FOR_A_SHORT_RUN);
await main(WORKSPACE_COMMANDS);
