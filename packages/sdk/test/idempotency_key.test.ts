import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type CreateApiKeyRequest,
  CreateApiKeyRequestSchema,
} from "@ameideio/core-proto/ameide/identity/v1";
import { RecordUsageRequestSchema } from "@ameideio/core-proto/ameide/meter/v1";
import { Code, type Interceptor } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import type { AmeideClient } from "../src/client.js";
import { connectError, type SeenRequest } from "./harness/scripted_client.js";
import { failureOf, GOOD, LEVELS, scripted, sent, unavailable } from "./harness/scripted_call.js";
import { call, type CallSettings } from "../src/index.js";

const HEADER = "idempotency-key";
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const U = unavailable();

describe("the header", () => {
  it("i01 key-same-on-retries", async () => {
    const { client, requests } = scripted({ answers: [U, U, GOOD] });
    await LEVELS.keyed(client);
    const [key, ...others] = sent(requests, HEADER);
    expect(key).toMatch(UUID_V4);
    expect(others).toEqual([key, key]);
  });

  it("i01 and on the replay with a new token", async () => {
    let issued = 0;
    const auth = { provider: () => ({ token: `token-${++issued}` }) };
    const answers = [connectError("unauthenticated", 401), GOOD];
    const { client, requests } = scripted({ answers, options: { auth } });
    await LEVELS.keyed(client);
    const [key, replayed] = sent(requests, HEADER);
    expect(key).toMatch(UUID_V4);
    expect(replayed).toBe(key);
    expect(issued).toBe(2);
  });

  it("i02 new-key-new-call", async () => {
    const { client, requests } = scripted({ answers: [GOOD] });
    for (let i = 0; i < 3; i++) {
      await LEVELS.keyed(client);
    }
    expect(new Set(sent(requests, HEADER)).size).toBe(3);
  });

  it.each(["7c1e", " x ".trim(), "a b", "~".repeat(255)])(
    "i03 caller-key-kept: %s",
    async (idempotencyKey) => {
      const { client, requests } = scripted({ answers: [U, GOOD] });
      await LEVELS.keyed(client, { idempotencyKey });
      expect(sent(requests, HEADER)).toEqual([idempotencyKey, idempotencyKey]);
    },
  );

  it("i03 also for a method that asks for none, and opens the gate", async () => {
    const { client, requests } = scripted({ answers: [U, GOOD] });
    await LEVELS.unknown(client, { idempotencyKey: "7c1e" });
    expect(sent(requests, HEADER)).toEqual(["7c1e", "7c1e"]);
    await LEVELS.no_side_effects(client, { idempotencyKey: "7c1e" });
    expect(sent(requests, HEADER).slice(2)).toEqual(["7c1e"]);
  });

  it.each([
    ["empty", ""],
    ["too long", "x".repeat(256)],
    ["a line break", "a\nb"],
    ["not ASCII", "schlüssel"],
    ["a control character", "a\tb"],
    ["spaces around it", " a "],
    ["no string", 7],
  ])("i04 bad-key-rejected: %s", async (_name, key) => {
    const { client, requests } = scripted({ answers: [GOOD] });
    const settings = { idempotencyKey: key } as CallSettings;
    const error = await failureOf(LEVELS.keyed(client, settings));
    expect(error).toMatchObject({
      code: Code.InvalidArgument,
      origin: "client",
      reason: "CONFIG_INVALID",
      fieldViolations: [{ field: "idempotencyKey" }],
    });
    expect(requests).toHaveLength(0);
    await LEVELS.keyed(client, { idempotencyKey: "good" });
    expect(requests).toHaveLength(1);
  });

  it("is sent where the proto asks for it, not where it is off", async () => {
    const { client, requests } = scripted({ answers: [GOOD] });
    await LEVELS.no_side_effects(client);
    await LEVELS.idempotent(client);
    await LEVELS.keyed(client, { idempotencyKey: "off" });
    await LEVELS.keyed(client.with({ idempotencyKey: "off" }));
    expect(sent(requests, HEADER)).toEqual([null, null, null, null]);
    await LEVELS.keyed(client.with({ idempotencyKey: "off" }), { idempotencyKey: "auto" });
    expect(sent(requests, HEADER)[4]).toMatch(UUID_V4);
  });

  it("that is off leaves the method as its level says", async () => {
    const { client } = scripted({ answers: [U, GOOD] });
    const error = await failureOf(LEVELS.keyed(client, { idempotencyKey: "off" }));
    expect(error.stopReason).toBe("not_idempotent");
  });

  it("is reused with another body: the server's error, not retried", async () => {
    const { client, requests } = scripted({
      answers: [connectError("failed_precondition", 400), GOOD],
    });
    const error = await failureOf(LEVELS.keyed(client, { idempotencyKey: "7c1e" }));
    expect(error.stopReason).toBe("not_retryable");
    expect(requests).toHaveLength(1);
  });
});

describe("i05 request-id-field-autofilled-once", () => {
  const decode = (requests: readonly SeenRequest[]): CreateApiKeyRequest[] =>
    requests.map(({ body }) => fromBinary(CreateApiKeyRequestSchema, body));
  const createKey = (client: AmeideClient, requestId = "") => {
    const message = create(CreateApiKeyRequestSchema, {
      organizationId: "o",
      displayName: "ci",
      requestId,
    });
    const settings = call({ idempotencyKey: "off" });
    return { message, done: client.organizationsDirectory.createApiKey(message, settings) };
  };

  it("i05 filled once, the same on retries, and counts as a key", async () => {
    const { client, requests } = scripted({ answers: [U, U, GOOD] });
    const { message, done } = createKey(client);
    await done;
    const [id, ...others] = decode(requests).map(({ requestId }) => requestId);
    expect(id).toMatch(UUID_V4);
    expect(others).toEqual([id, id]);
    expect(sent(requests, HEADER)).toEqual([null, null, null]);
    expect(message.requestId).toBe("");
  });

  it("i05 filled anew for another call", async () => {
    const { client, requests } = scripted({ answers: [GOOD] });
    await createKey(client).done;
    await createKey(client).done;
    expect(new Set(decode(requests).map(({ requestId }) => requestId)).size).toBe(2);
  });

  it("i05 the caller's own is kept, and counts as a key", async () => {
    const own = "5c3c1c66-2a0f-4d57-9a5f-0d1d2f3a4b5c";
    const { client, requests } = scripted({ answers: [U, GOOD] });
    await createKey(client, own).done;
    expect(decode(requests).map(({ requestId }) => requestId)).toEqual([own, own]);
  });

  it("i05 control: a field that only has the name is left alone", async () => {
    const { client, requests } = scripted({ answers: [GOOD] });
    await LEVELS.keyed(client);
    const [request] = requests.map(({ body }) => fromBinary(RecordUsageRequestSchema, body));
    expect(request).toMatchObject({ teamId: "core", requestId: "" });
  });
});

describe("i06 body-bytes-identical-after-caller-mutates", () => {
  it.each(["binary", "json"] as const)("i06 of the message (%s)", async (format) => {
    const message = create(RecordUsageRequestSchema, { teamId: "core", eventType: "completion" });
    const { client, requests } = scripted({
      answers: [U, U, { ...GOOD, headers: { "content-type": TYPES[format] }, body: EMPTY[format] }],
      options: {
        format,
        observer: ({ type }) => {
          if (type === "attempt_failed") {
            message.teamId = "another";
            message.metadata["late"] = "entry";
          }
        },
      },
    });
    await client.meter.recordUsage(message);
    const [first, ...others] = requests.map(({ body }) => Buffer.from(body).toString("latin1"));
    expect(first).toContain("core");
    expect(others).toEqual([first, first]);
    expect(message.teamId).toBe("another");
  });

  it("i06 of the URL of a GET", async () => {
    let attempts = 0;
    const other: Interceptor = (next) => (request) => {
      Object.assign(request.message, { threadId: `t${++attempts}` });
      return next(request);
    };
    const options = { interceptors: [other], httpGet: true };
    const { client, requests } = scripted({ answers: [U, GOOD], options });
    await LEVELS.no_side_effects(client);
    expect(attempts).toBe(2);
    expect(requests.map(({ method }) => method)).toEqual(["GET", "GET"]);
    expect(requests[1]?.url).toBe(requests[0]?.url);
  });

  it("i06 by an interceptor, with compression, and with the same encoding", async () => {
    let attempts = 0;
    const grow: Interceptor = (next) => (request) => {
      const model = "m".repeat(++attempts === 1 ? 5_000 : 1);
      Object.assign(request.message, { model });
      return next(request);
    };
    const { client, requests } = scripted({
      answers: [U, GOOD],
      options: { interceptors: [grow], compression: { send: "gzip" } },
    });
    await LEVELS.keyed(client);
    expect(attempts).toBe(2);
    expect(sent(requests, "content-encoding")).toEqual(["gzip", "gzip"]);
    expect(requests[1]?.body).toEqual(requests[0]?.body);
  });
});

const TYPES = { binary: "application/proto", json: "application/json" };
const EMPTY = { binary: "", json: "{}" };
