import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, onTestFinished, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("../bin/ameide-reference-server.js", import.meta.url));

test("serves, demands the tokens it was given, and ends with its standard input", async () => {
  const args = [PROGRAM, "--token", "b64==acme", "--end-with-stdin"];
  const server = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void server.kill());
  const [line] = (await once(createInterface(server.stdout), "line")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  const transport = createConnectTransport({ baseUrl: url, httpVersion: "1.1" });
  const threads = createClient(ThreadsService, transport);
  const of = (authorization: string, tenant: string) => ({
    headers: { authorization, "x-tenant-id": tenant },
  });
  const { thread } = await threads.createThread({ title: "Hello" }, of("Bearer b64=", "acme"));
  expect(thread?.title).toBe("Hello");
  const refused = (...caller: Parameters<typeof of>) =>
    threads.listThreads({}, of(...caller)).catch((reason: unknown) => String(reason));
  expect(await refused("Bearer another", "acme")).toContain("unauthenticated");
  expect(await refused("Bearer b64=", "umbrella")).toContain("permission_denied");
  const ended = once(server, "exit");
  server.stdin.end();
  expect(await ended).toEqual([0, null]);
});

test.each([
  [["--port", "65536"], "--port must be a number from 0 to 65535, and is 65536"],
  [["--token", "se-cret"], "--token must be TOKEN=TENANT"],
  [["--tokens"], "--tokens"],
])("%j is refused", async (args, text) => {
  const failed = await promisify(execFile)(process.execPath, [PROGRAM, ...args]).then(
    () => undefined,
    (reason: { code: number; stderr: string }) => reason,
  );
  expect(failed?.code).toBe(2);
  expect(failed?.stderr).toContain(text);
  expect(failed?.stderr).not.toContain("se-cret");
});
