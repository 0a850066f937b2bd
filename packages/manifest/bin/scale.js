#!/usr/bin/env node
// Prints how long the steps take for a synthetic module, and the most memory that the process had,
// as one line of JSON:
//
//     node packages/manifest/bin/scale.js [SERVICES [METHODS]]
import process from "node:process";
import { scale } from "../dist/scale.js";

const [services = 1_000, methods = 10] = process.argv.slice(2).map(Number);
const { steps, verdict } = scale({ services, methods });
const peakBytes = process.resourceUsage().maxRSS * 1_024;
const problems = verdict.problems.length;
process.stdout.write(`${JSON.stringify({ services, methods, steps, peakBytes, problems })}\n`);
