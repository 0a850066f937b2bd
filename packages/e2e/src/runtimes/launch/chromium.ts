import { createHash, X509Certificate } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Outcome } from "../program/place.js";
import { bundle } from "./bundle.js";
import type { Launch, Launched } from "./launch.js";

/** Used part of playwright-core, which is installed with the runtimes, and for the recipes. */
export interface Playwright {
  readonly chromium: {
    launch(options: {
      readonly executablePath: string;
      readonly args: readonly string[];
    }): Promise<Browser>;
  };
}
interface Browser {
  version(): string;
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
interface Page {
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "console", listener: (message: { text(): string }) => void): void;
  goto(url: string): Promise<unknown>;
  evaluate<T>(expression: string): Promise<T>;
}

/** Root has no sandbox; all else keeps the browser from calling home. */
export const BROWSER_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Runs a program as a page of Chromium. */
export async function launchChromium(launch: Launch): Promise<Launched> {
  const { app, place, modules } = launch;
  const text = await bundle(app, "program/page.js", { modules, conditions: ["browser"] });
  return openPage(launch, text, async ({ tab, version }) => {
    const outcomes = await tab.evaluate<Outcome[]>(`runChecks(${JSON.stringify(place)})`);
    return { version, outcomes };
  });
}

/**
 * Opens a page that loads a script, in a browser of its own.
 *
 * @param use - Works with it, unless the page first has an uncaught error.
 */
export async function openPage<T>(
  { program, place, modules, trusted, servePage }: Omit<Launch, "entry" | "app">,
  text: string,
  use: (page: {
    readonly tab: Page;
    readonly version: string;
    /** Lines of its console so far. */
    readonly printed: readonly string[];
  }) => Promise<T>,
): Promise<T> {
  const script = servePage(`${place.name}.script`, { type: "text/javascript", text });
  const page = servePage(`${place.name}.page`, {
    type: "text/html",
    text: `<!doctype html><meta charset="utf-8"><script type="module" src="${script}"></script>`,
  });
  const { chromium } = createRequire(join(modules, "index.js"))("playwright-core") as Playwright;
  const browser = await chromium.launch({
    executablePath: program,
    args: [...BROWSER_ARGUMENTS, `--ignore-certificate-errors-spki-list=${keyHash(trusted)}`],
  });
  try {
    const tab = await browser.newPage();
    const printed: string[] = [];
    tab.on("console", (message) => printed.push(message.text()));
    const failed = new Promise<never>((_, reject) => tab.on("pageerror", reject));
    const used = tab.goto(page).then(() => use({ tab, version: browser.version(), printed }));
    return await Promise.race([used, failed]);
  } finally {
    await browser.close();
  }
}

function keyHash(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}
