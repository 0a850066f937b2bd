import { ArgumentError, helpText, readArguments, type Request } from "./arguments.js";
import { printJson } from "./json.js";
import { otherSdks } from "./languages.js";
import { serve } from "./serve.js";
import { show } from "./show.js";
import { styleFor } from "./style.js";

// Settings of this shell for a real client (AMEIDE_TOKEN, AMEIDE_TIMEOUT_MS, …) do not belong to
// the demo.
for (const name of Object.keys(process.env)) {
  if (name.startsWith("AMEIDE_")) {
    delete process.env[name];
  }
}

// The reader of a pipe may close it early, as `head` does.
process.stdout.on("error", () => process.exit(1));

const write = (text: string): void => void process.stdout.write(text);

try {
  process.exitCode = (await run(readArguments(process.argv.slice(2)))) ? 0 : 1;
} catch (reason) {
  process.stderr.write(`${reason instanceof Error ? reason.message : String(reason)}\n`);
  process.exitCode = reason instanceof ArgumentError ? 2 : 1;
}

async function run(request: Request): Promise<boolean> {
  switch (request.command) {
    case "help":
      write(helpText());
      return true;
    case "show":
      return show(request.row, write, styleFor(process.stdout, process.env), await otherSdks());
    case "json": {
      const others = await otherSdks();
      for (const line of others.leftOut) {
        process.stderr.write(`${line}\n`);
      }
      return printJson(write, others);
    }
    case "serve":
      await serve(request.port, write);
      return true;
  }
}
