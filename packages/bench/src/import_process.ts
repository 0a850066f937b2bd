// Times the import of a module in a fresh process. Prints milliseconds.
import process from "node:process";

const [module = ""] = process.argv.slice(2);
const started = performance.now();
await import(module);
process.stdout.write(`${performance.now() - started}\n`);
