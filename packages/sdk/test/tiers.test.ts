import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, it } from "vitest";
import { errorOf, t1 } from "./harness/scripted_threads.js";
import { type AmeideOptions, isAmeideError } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { memoryOptions } from "../src/testing.js";

// A client, a middle tier and a backend that fails, the first two with the SDK.
function tiers(failure: ConnectError, options: AmeideOptions = {}) {
  const seen = { middle: 0, backend: 0, errors: [] as unknown[] };
  const backend = createAmeideTransport(
    memoryOptions(
      (router) =>
        router.service(ThreadsService, {
          getThread() {
            seen.backend++;
            throw failure;
          },
        }),
      { tenant: "acme", ...options },
    ).options,
  );
  const middle = memoryOptions(
    (router) =>
      router.service(ThreadsService, {
        async getThread(request) {
          seen.middle++;
          try {
            return await createClient(ThreadsService, backend).getThread(request);
          } catch (reason) {
            seen.errors.push(reason);
            throw reason;
          }
        },
      }),
    { tenant: "acme", ...options },
  );
  return { seen, client: createClient(ThreadsService, createAmeideTransport(middle.options)) };
}

const secret = { "set-cookie": "session=s3cret", "x-internal": "s3cret" };
const failure = new ConnectError("later", Code.Unavailable, secret);

it.each(["connect", "grpc", "grpc-web"] as const)(
  "attempts are used up once, not on each tier: %s",
  async (protocol) => {
    const { seen, client } = tiers(failure, { protocol });
    const error = await errorOf(client.getThread(t1));
    expect(seen).toMatchObject({ middle: 1, backend: 3 });
    expect(error).toMatchObject({ code: Code.Unavailable, stopReason: "server_pushback" });
  },
);

it("nothing of an answer's own headers goes up, but it can be read where it arrived", async () => {
  const { seen, client } = tiers(failure);
  const error = await errorOf(client.getThread(t1));
  expect(JSON.stringify([...error.metadata])).not.toContain("s3cret");
  const [below] = seen.errors;
  expect(isAmeideError(below) && below.metadata.get("x-internal")).toBe("s3cret");
});

it("control: what the tier below did not try again may be tried again above", async () => {
  const { seen, client } = tiers(failure);
  const once = tiers(failure, { retry: false });
  await errorOf(client.getThread(t1));
  await errorOf(once.client.getThread(t1));
  expect(once.seen).toMatchObject({ middle: 1, backend: 1 });
  const [error] = once.seen.errors;
  const sentOn: string[] = [];
  if (isAmeideError(error)) {
    error.metadata.forEach((_value, name) => sentOn.push(name));
  }
  expect(sentOn).toEqual([]);
  expect(seen.errors).toHaveLength(1);
});
