import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Runtime } from "../runtimes.js";
import { bundle, withoutTypes } from "./bundle.js";
import { openPage } from "./chromium.js";
import { runModule } from "./command.js";
import type { Launch } from "./launch.js";
import { askWorker } from "./workerd.js";

const BROWSER = { conditions: ["browser"] };

// A page counts as loaded before its module has waited for all it awaits.
const BEGIN = "globalThis.ended = new Promise((resolve) => (globalThis.end = resolve));";

/**
 * Runs a snippet of the documentation on a runtime, and gives the lines it
 * printed. It finds the reference server at `process.env.BASE_URL`, a worker at
 * its binding of that name.
 *
 * @param code - TypeScript. Bun and Deno get it as it is.
 * @throws Error with all it printed when it fails.
 */
export async function runSnippet(
  { kind }: Runtime,
  launch: Omit<Launch, "entry">,
  code: string,
): Promise<readonly string[]> {
  const { app, place, modules } = launch;
  const baseUrl = place.reference;
  const plain = kind === "bun" || kind === "deno";
  const module = `${place.name}.${plain ? "ts" : "mjs"}`;
  await writeFile(join(app.folder, module), plain ? code : await withoutTypes(code, modules));
  switch (kind) {
    case "workerd": {
      const { printed } = await askWorker(launch, module, "", { BASE_URL: baseUrl });
      return lines(printed);
    }
    case "chromium": {
      const define = { "process.env.BASE_URL": JSON.stringify(baseUrl) };
      const text = await bundle(app, module, { ...BROWSER, modules, define });
      return openPage(launch, `${BEGIN}\n${text}\nend();`, async ({ tab, printed }) => {
        await tab.evaluate("ended");
        return printed;
      });
    }
    default:
      return lines(await runModule(kind, { ...launch, env: { BASE_URL: baseUrl }, module }));
  }
}

function lines(text: string): string[] {
  return text.split("\n").map((line) => line.trimEnd());
}
