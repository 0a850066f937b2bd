import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(import.meta.resolve("@ameideio/reference-server/bin"));

/** Starts a reference server in a process of its own, which demands a token for a tenant. */
export async function startServerProcess(token: string, tenant: string) {
  const server = spawn(
    process.execPath,
    [PROGRAM, "--token", `${token}=${tenant}`, "--end-with-stdin"],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const [line] = (await Promise.race([
    once(createInterface(server.stdout), "line"),
    once(server, "exit").then(() => {
      throw new Error("the reference server ended before it said its address");
    }),
  ])) as [string];
  return {
    url: (JSON.parse(line) as { url: string }).url,
    close: async () => {
      const ended = once(server, "exit");
      server.stdin.end();
      await ended;
    },
  };
}
