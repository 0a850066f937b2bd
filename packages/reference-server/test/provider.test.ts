import { createHash, randomUUID } from "node:crypto";
import { Provider } from "@ameideio/core-proto/beamline/provider/v1";
import { expect, test } from "vitest";
import { collect, failure, start } from "./harness/harness.js";

const body = new TextEncoder().encode("hello");

test("an invocation does what the operation says, and costs by the byte", async () => {
  const { client } = await start({ now: () => 0 });
  const provider = client(Provider);
  const echoed = await provider.invoke({ body });
  expect(Buffer.from(echoed.body).toString()).toBe("hello");
  expect(echoed.cost).toBeCloseTo(10e-6, 12);
  const hashed = await provider.invoke({ body, parameters: { operation: "sha256" } });
  expect(Buffer.from(hashed.body).toString("hex")).toBe(
    createHash("sha256").update("hello").digest("hex"),
  );
  expect(hashed.cost).toBeCloseTo(37e-6, 12);
});

test("work that fails is a response, and costs nothing", async () => {
  const { client } = await start();
  const parameters = { operation: "toString" };
  expect(await client(Provider).invoke({ body, parameters })).toMatchObject({
    body: new Uint8Array(),
    cost: 0,
    errorCode: "UNKNOWN_OPERATION",
  });
});

test("a request id gets its response again, and no other request", async () => {
  let now = 0;
  const { client } = await start({ now: () => (now += 7) });
  const provider = client(Provider);
  const request = { requestId: randomUUID(), body };
  const headers: (string | null)[] = [];
  const onHeader = (received: Headers) => headers.push(received.get("idempotency-replayed"));
  const first = await provider.invoke(request, { onHeader });
  expect(first).toMatchObject({ requestId: request.requestId, latencyMs: 7n });
  expect(await provider.invoke(request, { onHeader })).toEqual(first);
  expect(headers).toEqual([null, "true"]);
  const other = provider.invoke({ ...request, parameters: { operation: "sha256" } });
  expect(await failure(other)).toMatchObject({ reason: "IDEMPOTENCY_KEY_REUSED" });
  const unnamed = provider.invoke({ requestId: "not a uuid", body });
  expect(await failure(unnamed)).toMatchObject({ fields: ["request_id"] });
});

test("a stream has the result in pieces, and ends with what it came to", async () => {
  const { client } = await start();
  const large = new Uint8Array(2500).map((_, index) => index % 251);
  const seen = await collect(client(Provider).invokeStream({ requestId: "r-1", body: large }));
  expect(seen.map(({ requestId }) => requestId)).toEqual(Array(4).fill("r-1"));
  const pieces = seen.flatMap(({ event }) => (event.case === "chunk" ? [event.value] : []));
  expect(pieces).toHaveLength(3);
  expect(Buffer.concat(pieces).equals(Buffer.from(large))).toBe(true);
  expect(seen.at(-1)?.event).toMatchObject({
    case: "summary",
    value: { errorCode: "", cost: expect.closeTo(5e-3, 12) as unknown },
  });
});

test("a stream of work that fails has its summary alone", async () => {
  const { client } = await start();
  const parameters = { operation: "none" };
  expect(await collect(client(Provider).invokeStream({ body, parameters }))).toMatchObject([
    { event: { case: "summary", value: { errorCode: "UNKNOWN_OPERATION" } } },
  ]);
});
