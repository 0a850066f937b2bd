import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { AmeideError, call, createClient } from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { ThreadsService } from "@ameideio/ameide-sdk-ts/threads/v1";
import { startReferenceServer } from "@ameideio/reference-server";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { readArguments } from "../../src/demo/arguments.js";
import { installPinned } from "../../src/common/pinned_install.js";
import { findBrowser, MissingRuntime } from "../../src/runtimes/find_program.js";
import { BROWSER_ARGUMENTS, type Playwright } from "../../src/runtimes/launch/chromium.js";
import { snippetsOf } from "../harness/snippets/snippet.js";
import { freePort, serve, type } from "../harness/recipes/shell.js";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const LONG = { timeout: 600_000 };
const QUIET = {
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_prefer_offline: "true",
};
// Where `start --serve` listens, as the README and the examples have it.
const asked = readArguments(["--serve"]);
const API = `http://127.0.0.1:${asked.command === "serve" ? asked.port : ""}`;

let folder: string;
let server: Awaited<ReturnType<typeof startReferenceServer>>;

const tarballs = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(ROOT, "scripts/tarballs.mjs"), ...args]);

// As in a clone, whose examples find the tarballs by a path.
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "ameide-examples-")));
  const filter = (path: string) => !/\/(node_modules|dist|package-lock\.json)$/.test(path);
  await cp(join(ROOT, "examples"), join(folder, "examples"), { recursive: true, filter });
  await tarballs(join(folder, ".cache/tarballs"));
  server = await startReferenceServer({ allowedOrigins: ["*"] });
}, 600_000);

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** The lines that an example's README says to type in its folder. */
async function linesOf(name: string): Promise<string[]> {
  const text = await readFile(join(ROOT, "examples", name, "README.md"), "utf8");
  return /^```sh\n(.*?)^```$/ms.exec(text)?.[1]?.trimEnd().split("\n") ?? [];
}

/** Types all but the last line, and looks at the types; the last one starts the example. */
async function prepare(name: string) {
  const cwd = join(folder, "examples", name);
  const lines = await linesOf(name);
  const start = lines.pop() ?? "";
  expect(lines).toEqual(["npm install"]);
  expect(start).toBe("npm start");
  for (const line of lines) {
    await type(line, { cwd, env: QUIET });
  }
  expect(await type("npx tsc", { cwd })).toBe("");
  return { cwd, start };
}

// bring-your-own has a test of its own, bring_your_own.test.ts.
it("every example is executed", async () => {
  const entries = await readdir(join(ROOT, "examples"), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(names.toSorted()).toEqual(["bring-your-own", "page", "service", "worker"]);
});

it("README.md: one command installs, and the ten lines run", LONG, async () => {
  const [ten] = snippetsOf("README.md");
  expect(ten?.code.trimEnd().split("\n")).toHaveLength(10);
  expect(ten?.code).toContain(API);
  const project = join(folder, "my-service");
  await mkdir(project);
  await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  await writeFile(join(project, "ten.js"), ten?.code ?? "");
  const { stdout } = await tarballs(join(folder, ".cache/tarballs"), "--install", project);
  expect(stdout).toContain(`installed in ${project}`);
  const before = server.usageRecords().length;
  const printed = await type("node ten.js", { cwd: project, env: { BASE_URL: server.url } });
  expect(printed.trimEnd().split("\n")).toEqual(ten?.promised);
  expect(server.usageRecords()).toHaveLength(before + 1);
});

it("docs/bring-your-own.md: one command installs the tools, too", LONG, async () => {
  const text = await readFile(join(ROOT, "docs/bring-your-own.md"), "utf8");
  const [, words = ""] = /`npx -y pnpm@\S+ tarballs (--install [^`]*)`/.exec(text) ?? [];
  expect(words).toBe("--install ../my-service --tools");
  const project = join(folder, "my-tools");
  await mkdir(project);
  await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  await tarballs(join(folder, ".cache/tarballs"), "--install", project, "--tools");
  const programs = await readdir(join(project, "node_modules/.bin"));
  expect(programs).toEqual(expect.arrayContaining(["ameide-manifest", "buf-plugin-ameide"]));
});

describe("examples/service", () => {
  let example: Awaited<ReturnType<typeof prepare>>;
  beforeAll(async () => {
    example = await prepare("service");
  }, 600_000);

  /** Starts it before a server of ours, and gives a client of it. */
  async function startBefore(upstream: string) {
    const env = { BASE_URL: upstream, PORT: "0" };
    const service = serve(example.start, { cwd: example.cwd, env });
    onTestFinished(() => service.stop());
    const [, baseUrl = ""] = await service.printed(/listening on (\S+)/);
    const transport = createAmeideTransport({
      baseUrl,
      allowInsecureLoopback: true,
      tenant: "acme",
    });
    onTestFinished(() => transport.close());
    return createClient(ThreadsService, transport);
  }

  it("bills what it creates", LONG, async () => {
    const threads = await startBefore(server.url);
    const before = server.usageRecords().length;
    const { thread } = await threads.createThread({ title: "Hello" });
    expect(thread).toMatchObject({ title: "Hello", id: expect.any(String) as unknown });
    expect(server.usageRecords()).toHaveLength(before + 1);
    const none = await threads
      .createThread({}, call({ tenant: null }))
      .catch((error: unknown) => error);
    expect(none).toBeInstanceOf(AmeideError);
  });

  it("passes on what failed there, and that it was repeated already", LONG, async () => {
    let requests = 0;
    const broken = createServer((_, response) => {
      requests++;
      response.writeHead(503, { "content-type": "application/json" }).end('{"code":"unavailable"}');
    });
    await new Promise<void>((resolve) => broken.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void broken.close());
    const threads = await startBefore(`http://127.0.0.1:${(broken.address() as AddressInfo).port}`);
    const error = await threads.createThread({ title: "Hello" }).catch((reason: unknown) => reason);
    expect(requests).toBe(3);
    expect(error).toMatchObject({ code: 14, stopReason: "server_pushback", attempts: [{}] });
  });
});

it("examples/worker", LONG, async () => {
  const { cwd, start } = await prepare("worker");
  const port = await freePort();
  const line = `${start} -- --socket-addr http=127.0.0.1:${port}`;
  const worker = serve(line, { cwd, env: { BASE_URL: server.url } });
  onTestFinished(() => worker.stop());
  const at = (path: string) => `http://127.0.0.1:${port}${path}`;
  const ask = () => fetch(at("/threads/none")).then(({ status }) => status);
  await expect.poll(ask, { timeout: 60_000 }).toBe(404);
  const made = await fetch(at("/threads"), { method: "POST", body: "Hello" });
  expect(made.status).toBe(201);
  const { id } = (await made.json()) as { id: string };
  const read = await fetch(at(`/threads/${id}`));
  expect(await read.json()).toEqual({ id, title: "Hello" });
});

it("examples/page", LONG, async ({ skip }) => {
  const program = await findBrowser().catch((error: unknown) => {
    if (error instanceof MissingRuntime && !inCi()) {
      skip(error.message);
    }
    throw error;
  });
  const { cwd, start } = await prepare("page");
  const html = await readFile(join(cwd, "index.html"), "utf8");
  expect(html).toContain(API);
  await writeFile(join(cwd, "index.html"), html.replace(API, server.url));
  const port = await freePort();
  // esbuild ends with its stdin.
  const page = serve(`tail -f /dev/null | ${start} -- --serve=127.0.0.1:${port}`, { cwd });
  onTestFinished(() => page.stop());
  await page.printed(new RegExp(`http://127\\.0\\.0\\.1:${port}`));

  const modules = await installPinned("recipes");
  const { chromium } = createRequire(join(modules, "index.js"))("playwright-core") as Playwright;
  const browser = await chromium.launch({ executablePath: program, args: BROWSER_ARGUMENTS });
  onTestFinished(() => browser.close());
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${port}/`);
  const listed = () =>
    tab.evaluate<string[]>(`[...document.querySelectorAll("li")].map((item) => item.textContent)`);
  const told = () => tab.evaluate<string>(`document.querySelector("output").textContent`);
  const title = `of the page on ${port}`;
  await tab.evaluate(`document.querySelector("input").value = ${JSON.stringify(title)}`);
  await tab.evaluate(`document.querySelector("button").click()`);
  await expect.poll(listed, { timeout: 30_000 }).toContain(title);
  expect(await told()).toBe("");

  await server.close();
  await tab.evaluate(`document.querySelector("button").click()`);
  await expect.poll(told, { timeout: 60_000 }).toMatch(/^not retried: /);
});
