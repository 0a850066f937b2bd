#!/usr/bin/env node
import { WORKSPACE_COMMANDS } from "../dist/cli/workspace_commands.js";
import { main } from "../dist/main.js";

await main(WORKSPACE_COMMANDS);
