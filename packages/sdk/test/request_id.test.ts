import { describe, expect, it } from "vitest";
import {
  createClient,
  decodeBinaryHeader,
  encodeBinaryHeader,
  type Interceptor,
} from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { startFaultServer } from "@ameideio/fault-server";
import { connectError } from "./harness/scripted_client.js";
import {
  errorOf,
  type ScriptedThreads,
  scriptedThreads,
  t1,
  thread,
  thrownBy,
  unavailable,
} from "./harness/scripted_threads.js";
import { type AmeideOptions, call, version } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { createVirtualClock, seededRandom, withTestRuntime } from "../src/testing.js";

function sent({ http }: Pick<ScriptedThreads, "http">, name: string): (string | null)[] {
  return http.requests.map(({ headers }) => headers.get(name));
}

describe("request ids", () => {
  it("x01 uuidv7-shape", async () => {
    const made = scriptedThreads([thread], {}, { random: seededRandom(7) });
    await made.threads.getThread(t1);
    await made.clock.advance(1);
    await made.threads.getThread(t1);
    const ids = sent(made, "x-request-id") as [string, string];
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    // RFC 9562, section 5.7: the first 48 bits are the milliseconds.
    const millis = ids.map((id) => Number.parseInt(id.replace("-", "").slice(0, 12), 16));
    expect(millis).toEqual([Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1) + 1]);
    expect(ids[0] < ids[1]).toBe(true);
  });

  it("x02 same-id-on-retries", async () => {
    const made = scriptedThreads([unavailable, unavailable, thread]);
    await made.threads.getThread(t1);
    await made.threads.getThread(t1);
    const [first, second, third, next] = sent(made, "x-request-id");
    expect([second, third]).toEqual([first, first]);
    expect(next).not.toBe(first);
  });

  it("x03 caller-id-kept", async () => {
    const made = scriptedThreads([unavailable, thread]);
    await made.threads.getThread(t1, call({ requestId: "job-7/step_2" }));
    expect(sent(made, "x-request-id")).toEqual(["job-7/step_2", "job-7/step_2"]);
  });

  it.each(["", "a b", "é", "a\n", "x".repeat(129)])(
    "x03 caller-id-kept: %j is refused",
    async (requestId) => {
      const made = scriptedThreads([thread]);
      const error = await errorOf(made.threads.getThread(t1, call({ requestId })));
      expect(error).toMatchObject({ reason: "CONFIG_INVALID" });
      expect(error.message).toContain("option requestId: must be 1 to 128 visible ASCII");
      expect(made.http.requests).toEqual([]);
      await made.threads.getThread(t1, call({ requestId: "x".repeat(128) }));
    },
  );

  it.each([
    ["x04 server-id-captured-on-error", { "x-request-id": "srv-1" }, "srv-1"],
    ["absent where it is the same", { "x-request-id": "mine" }, undefined],
    ["absent where there is none", {}, undefined],
  ])("%s", async (_name, headers, expected) => {
    const made = scriptedThreads([connectError("not_found", 404, headers)]);
    const error = await errorOf(made.threads.getThread(t1, call({ requestId: "mine" })));
    expect([error.requestId, error.serverRequestId]).toEqual(["mine", expected]);
  });
});

describe("headers", () => {
  it("x05 attempt-header-absent-then-1", async () => {
    const made = scriptedThreads([unavailable, unavailable, thread]);
    await made.threads.getThread(t1);
    expect(sent(made, "grpc-previous-rpc-attempts")).toEqual([null, "1", "2"]);
  });

  it("x06 no-duplicate-headers-after-retry", async () => {
    const server = await startFaultServer({
      script: {
        attempts: [{ respond: { status: 503 } }, { respond: { status: 503 } }],
        otherwise: {
          respond: {
            status: 200,
            headers: [["content-type", "application/json"]],
            body: { json: {} },
          },
        },
      },
    });
    const appending: Interceptor = (next) => (request) => {
      request.header.append("x-mine", "1");
      request.header.append("x-tenant-id", "intruder");
      return next(request);
    };
    const transport = createAmeideTransport(
      withTestRuntime(
        {
          baseUrl: server.url,
          allowInsecureLoopback: true,
          tenant: "acme",
          auth: { token: "t" },
          format: "json",
          interceptors: [appending],
        },
        { clock: createVirtualClock() },
      ),
    );
    await createClient(ThreadsService, transport).createThread({});
    expect(server.requests).toHaveLength(3);
    for (const { headers } of server.requests) {
      const names = headers.map(([name]) => name.toLowerCase());
      expect(names).toEqual([...new Set(names)]);
      const values = Object.fromEntries(
        headers.map(([name, value]) => [name.toLowerCase(), value]),
      );
      expect(values).toMatchObject({
        "x-mine": "1",
        "x-tenant-id": "acme",
        authorization: "Bearer t",
        "connect-timeout-ms": expect.stringMatching(/^\d+$/) as string,
      });
      expect(values["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
    }
    transport.close();
    await server.close();
  });

  const agent =
    /^ameide-sdk-ts\/\d+\.\d+\.\d+\S* connect-ts\/2\.\d+\.\d+ node\/\d+\.\d+\.\d+ \(\w+; \w+\)/;

  it.each<[string, AmeideOptions, string]>([
    ["x07 user-agent-grammar", {}, ""],
    ["x07 user-agent-grammar: with an application", { appName: "shop/1.2" }, " shop/1.2"],
  ])("%s", async (_name, options, suffix) => {
    const made = scriptedThreads([thread], options);
    await made.threads.getThread(t1);
    const [value = ""] = sent(made, "user-agent") as string[];
    expect(value).toMatch(agent);
    expect(value).toContain(`ameide-sdk-ts/${version} `);
    expect(value.replace(agent, "")).toBe(suffix);
    expect(value.length).toBeLessThanOrEqual(256);
  });

  it("cuts a user agent at 256 bytes", async () => {
    const made = scriptedThreads([thread], { appName: `${"x".repeat(256)}/1` });
    await made.threads.getThread(t1);
    const [value = ""] = sent(made, "user-agent") as string[];
    expect(value).toMatch(/\) x+$/);
    expect(value).toHaveLength(256);
  });

  it.each([
    "Authorization",
    "host",
    "Connect-Timeout-Ms",
    "connect-x",
    "grpc-previous-rpc-attempts",
    "Content-Type",
    "te",
    "traceparent",
    "tracestate",
    "User-Agent",
    "x-tenant-id",
    "x-request-id",
    "Idempotency-Key",
    "X-Api-Key",
  ])("x08 reserved-header-rejected: %s", async (name) => {
    const auth = { header: "x-api-key", value: "k" };
    const headers = { [name]: "k" };
    const field = expect.stringMatching(new RegExp(`^headers\\.${name}$`, "i")) as string;
    const expected = { reason: "CONFIG_INVALID", fieldViolations: [{ field }] };
    expect(thrownBy(() => scriptedThreads([thread], { auth, headers }))).toMatchObject(expected);
    const made = scriptedThreads([thread], { auth });
    for (const options of [call({ headers }), { headers }]) {
      expect(await errorOf(made.threads.getThread(t1, options))).toMatchObject(expected);
    }
    expect(made.http.requests).toEqual([]);
  });

  it("x08 reserved-header-rejected: also the key header of one method or call", async () => {
    const selector = "ameide.threads.v1.ThreadsService";
    const auth = { header: "x-other", value: "k" };
    const made = scriptedThreads([thread], { methods: { [selector]: { auth } } });
    const headers = { "X-Other": "k" };
    for (const options of [{ headers }, call({ headers }), call({ auth }, { headers })]) {
      const error = await errorOf(made.threads.getThread(t1, options));
      expect(error).toMatchObject({ reason: "CONFIG_INVALID" });
    }
    const plain = scriptedThreads([thread], { headers: { "x-other": "mine" } });
    expect(await errorOf(plain.threads.getThread(t1, call({ auth })))).toMatchObject({
      reason: "CONFIG_INVALID",
    });
    await plain.threads.getThread(t1);
    expect(sent(plain, "x-other")).toEqual(["mine"]);
  });

  it("control: other headers are sent, the nearer one instead of the farther", async () => {
    const made = scriptedThreads([unavailable, thread], { headers: { "X-A": "1", "x-b": "1" } });
    await made.threads.getThread(
      t1,
      call({ headers: { "x-a": "3" } }, { headers: { "x-a": "2" } }),
    );
    expect(sent(made, "x-a")).toEqual(["3", "3"]);
    expect(sent(made, "x-b")).toEqual(["1", "1"]);
  });

  it("x09 binary-header-roundtrip", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const value = encodeBinaryHeader(bytes);
    const made = scriptedThreads([
      unavailable,
      { ...thread, headers: { "content-type": "application/proto", "x-blob-bin": value } },
    ]);
    let answer: Headers | undefined;
    await made.threads.getThread(t1, {
      ...call({ headers: { "x-blob-bin": value } }),
      onHeader: (headers) => (answer = headers),
    });
    for (const seen of [...sent(made, "x-blob-bin"), answer?.get("x-blob-bin") ?? null]) {
      expect(decodeBinaryHeader(seen ?? "")).toEqual(bytes);
    }
  });
});
