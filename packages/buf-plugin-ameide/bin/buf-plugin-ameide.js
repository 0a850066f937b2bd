#!/usr/bin/env node
// One bundled file: Buf starts it nine times per module, and Node.js reads one file in half the time.
import { existsSync } from "node:fs";
import process from "node:process";

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write("buf-plugin-ameide is not built: type npx -y pnpm@12.21.0 build first\n");
  process.exitCode = 1;
}
