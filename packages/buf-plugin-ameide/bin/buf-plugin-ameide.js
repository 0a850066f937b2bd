#!/usr/bin/env node
// One bundled file: Buf starts it nine times per module, and Node.js reads one file in half the time.
await import("../dist/main.js");
