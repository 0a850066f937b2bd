import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Outcome } from "../program/place.js";
import { bundle } from "./bundle.js";
import { run } from "./command.js";
import { environment, type Launch, type Launched } from "./launch.js";

const LONGEST_MS = 120_000;
/** Of the newest behaviour there is; nothing of Node.js is switched on. */
const COMPATIBILITY_DATE = "2026-11-01";

/** Runs a program as a worker on workerd. */
export async function launchWorkerd(launch: Launch): Promise<Launched> {
  const { program, app, place, modules, trusted } = launch;
  const folder = join(app.folder, place.name);
  await mkdir(folder, { recursive: true });
  const conditions = ["workerd", "worker", "browser"];
  await writeFile(
    join(folder, "worker.js"),
    await bundle(app, "program/worker.js", { modules, conditions }),
  );
  await writeFile(join(folder, "config.capnp"), configuration(trusted));
  const options = { cwd: folder, env: environment({}) };
  const version = await run(program, ["--version"], options);
  const child = spawn(program, ["serve", "config.capnp", "--control-fd=3"], {
    ...options,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (said += text));
  }
  try {
    const ended = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`workerd ended with ${code}:\n${said}`)));
    });
    const answer = listening(child.stdio[3] as Readable).then((port) =>
      fetch(`http://127.0.0.1:${port}`, {
        method: "POST",
        body: JSON.stringify(place),
        signal: AbortSignal.timeout(LONGEST_MS),
      }),
    );
    const response = await Promise.race([answer, ended]);
    const text = await response.text();
    if (!response.ok) throw new Error(`the worker answered ${response.status}: ${text}\n${said}`);
    return { version: version.stdout.trim(), outcomes: JSON.parse(text) as Outcome[] };
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
      if (event.event === "listen" && event.port !== undefined) return event.port;
    }
  }
  throw new Error("workerd told no port");
}

function configuration(authority: string): string {
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
  compatibilityDate = "${COMPATIBILITY_DATE}"
);
`;
}
