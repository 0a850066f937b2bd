#!/usr/bin/env node
// Prints how long the steps take for a synthetic module, in seconds:
//
//     node packages/manifest/bin/scale.js [SERVICES [METHODS]]
import process from "node:process";
import { scale } from "../dist/scale.js";

const [services = 1_000, methods = 10] = process.argv.slice(2).map(Number);
const { steps, verdict } = scale({ services, methods });
const lines = Object.entries(steps).map(
  ([step, ms]) => `${step.padEnd(8)} ${(ms / 1_000).toFixed(2)} s\n`,
);
const { services: compared, methods: each, problems } = verdict;
process.stdout.write(
  `${lines.join("")}${compared} services, ${each} methods, ${problems.length} problems\n`,
);
