#!/usr/bin/env node
import { main } from "../dist/connect/main.js";

await main();
