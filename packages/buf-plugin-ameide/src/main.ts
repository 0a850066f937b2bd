import process from "node:process";
import { buffer } from "node:stream/consumers";
import { runPlugin } from "./plugin.js";

const { code, stdout, stderr } = await runPlugin(process.argv.slice(2), () =>
  buffer(process.stdin),
);
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = code;
