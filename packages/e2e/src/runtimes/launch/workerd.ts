import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Outcome } from "../program/place.js";
import { bundle } from "./bundle.js";
import { run } from "./command.js";
import { environment, type Launch, type Launched } from "./launch.js";

const LONGEST_MS = 120_000;
/** Date of the newest behavior; nothing of Node.js is switched on. */
const COMPATIBILITY_DATE = "2026-11-01";

/** Runs a program as a worker on workerd. */
export async function launchWorkerd(launch: Launch): Promise<Launched> {
  const { program, app, place } = launch;
  const options = { cwd: app.folder, env: environment({}) };
  const version = await run(program, ["--version"], options);
  const { text } = await askWorker(launch, "program/worker.js", JSON.stringify(place));
  return { version: version.stdout.trim(), outcomes: JSON.parse(text) as Outcome[] };
}

/**
 * Starts a worker, sends it one request and ends it.
 *
 * @param source - Its module, relative to the app; it is bundled.
 * @param body - Of the request.
 * @param bindings - Texts it gets as `env`.
 * @throws Error with all it printed when it answers anything but a success.
 */
export async function askWorker(
  { program, app, place, modules, trusted }: Omit<Launch, "entry" | "servePage">,
  source: string,
  body: string,
  bindings: Readonly<Record<string, string>> = {},
): Promise<{ readonly text: string; readonly printed: string }> {
  const folder = join(app.folder, place.name);
  await mkdir(folder, { recursive: true });
  const conditions = ["workerd", "worker", "browser"];
  await writeFile(join(folder, "worker.js"), await bundle(app, source, { modules, conditions }));
  await writeFile(join(folder, "config.capnp"), configuration(trusted, bindings));
  const child = spawn(program, ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    env: environment({}),
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  }
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  try {
    const ended = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`workerd ended with ${code}:\n${printed}`)));
    });
    const signal = AbortSignal.timeout(LONGEST_MS);
    const answer = listening(child.stdio[3] as Readable).then((port) =>
      fetch(`http://127.0.0.1:${port}`, { method: "POST", body, signal }),
    );
    const response = await Promise.race([answer, ended]);
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`the worker answered ${response.status}: ${text}\n${printed}`);
    }
    child.kill("SIGTERM");
    await closed;
    return { text, printed };
  } finally {
    child.kill("SIGKILL");
  }
}

/** The port, which workerd tells on its control channel once it listens. */
async function listening(control: Readable): Promise<number> {
  let text = "";
  for await (const chunk of control.setEncoding("utf8")) {
    text += String(chunk);
    for (const line of text.split("\n").slice(0, -1)) {
      const event = JSON.parse(line) as { event: string; port?: number };
      if (event.event === "listen" && event.port !== undefined) {
        return event.port;
      }
    }
  }
  throw new Error("workerd told no port");
}

function configuration(authority: string, bindings: Readonly<Record<string, string>>): string {
  const texts = Object.entries(bindings).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "checks", worker = .checks),
    (name = "internet", network = (
      allow = ["public", "private", "local"],
      tlsOptions = (trustBrowserCas = true, trustedCertificates = [${JSON.stringify(authority)}])
    )),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "checks")]
);

const checks :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [${texts.join(", ")}]
);
`;
}
