import { readdirSync, readFileSync } from "node:fs";

const sdk = new URL("../../../../sdk/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", sdk), "utf8")) as {
  readonly exports: Readonly<Record<string, unknown>>;
};

/** Entries of the SDK, as users import them. */
export const ENTRIES = Object.keys(manifest.exports)
  .filter((path) => path !== "./package.json")
  .flatMap((path) => (path === "./*" ? stubs() : path))
  .map((path) => path.replace(/^\./, "@ameideio/ameide-sdk-ts"));

function stubs(): string[] {
  return readdirSync(new URL("dist/stubs", sdk), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .map((file) => `./${file.slice(0, -".js".length)}`);
}

/** Makes a call, in TypeScript that both formats of a package can hold; prints `made`. */
export const APP = `
import { createClient, isAmeideError } from "@ameideio/ameide-sdk-ts";
import { createAmeideClient } from "@ameideio/ameide-sdk-ts/client";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { type Thread, ThreadsService } from "@ameideio/ameide-sdk-ts/threads/v1";
${ENTRIES.map((entry, i) => `import * as entry${i} from "${entry}";`).join("\n")}

const options = { baseUrl: process.env.BASE_URL!, allowInsecureLoopback: true, tenant: "acme" };

async function main(): Promise<void> {
  const transport = createAmeideTransport(options);
  const threads = createClient(ThreadsService, transport);
  const made: Thread | undefined = (await threads.createThread({ title: "made" })).thread;
  console.log(made?.title, ${ENTRIES.map((_, i) => `Object.keys(entry${i}).length > 0`).join(" && ")});
  transport.close();

  // Whose stub is loaded at the first call.
  const all = createAmeideClient({ ...options, retry: { maxAttempts: 1 } });
  const failure: unknown = await all.threads.getThread({ threadId: "none" }).catch((error) => error);
  console.log(isAmeideError(failure) && failure.stopReason);
  all.close();
}
void main();
`;

/** What `APP` prints. */
export const PRINTED = "made true\nnot_retryable\n";

/** In plain Jest: real calls, a service that is loaded on demand, and errors of both. */
export const JEST = `
const { isAmeideError } = require("@ameideio/ameide-sdk-ts");
const { createAmeideClient } = require("@ameideio/ameide-sdk-ts/client");
const { Code, ConnectError } = require("@connectrpc/connect");

test.each([{}, { httpVersion: "2" }, { protocol: "grpc" }])("calls with %j", async (more) => {
  const options = { baseUrl: process.env.BASE_URL, allowInsecureLoopback: true, tenant: "acme" };
  const ameide = createAmeideClient({ ...options, ...more });
  const { thread } = await ameide.threads.createThread({ title: "Jest" });
  expect(thread.title).toBe("Jest");
  const error = await ameide.threads.getThread({ threadId: "none" }).catch((reason) => reason);
  expect(isAmeideError(error)).toBe(true);
  expect(error).toBeInstanceOf(ConnectError);
  expect(error.code).toBe(Code.NotFound);
  ameide.close();
});

test.each(${JSON.stringify(ENTRIES)})("loads %s", (entry) => {
  expect(Object.keys(require(entry))).not.toEqual([]);
});
`;

/** Both copies of the SDK, and of Connect, in one process; prints `true` for all they agree on. */
export const BOTH = `
const one = require("@ameideio/ameide-sdk-ts");
const connect = require("@connectrpc/connect");
const node = require("@ameideio/ameide-sdk-ts/node");

const options = { baseUrl: process.env.BASE_URL, allowInsecureLoopback: true, tenant: "acme" };

async function failure({ createClient }, { createAmeideTransport }, { ThreadsService }) {
  const transport = createAmeideTransport(options);
  const client = createClient(ThreadsService, transport);
  const error = await client.getThread({ threadId: "none" }).catch((reason) => reason);
  transport.close();
  return error;
}

async function main() {
  const other = await import("@ameideio/ameide-sdk-ts");
  const otherConnect = await import("@connectrpc/connect");
  const otherNode = await import("@ameideio/ameide-sdk-ts/node");
  console.log(one.AmeideError !== other.AmeideError, connect.ConnectError !== otherConnect.ConnectError);

  const { ThreadsService } = require("@ameideio/ameide-sdk-ts/threads/v1");
  const threads = await import("@ameideio/ameide-sdk-ts/threads/v1");
  for (const error of [
    await failure(one, node, { ThreadsService }),
    await failure(other, otherNode, threads),
    await failure(one, otherNode, { ThreadsService }),
    await failure(otherConnect, node, threads),
  ]) {
    console.log(
      one.isAmeideError(error) && other.isAmeideError(error),
      error instanceof one.AmeideError && error instanceof other.AmeideError,
      error instanceof connect.ConnectError && error instanceof otherConnect.ConnectError,
      connect.ConnectError.from(error).code === 5 && otherConnect.ConnectError.from(error) === error,
    );
  }
}
void main();
`;
