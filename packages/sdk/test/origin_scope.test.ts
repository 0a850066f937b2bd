import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAuthority } from "@ameideio/fault-server";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { scriptedClient } from "./harness/scripted_client.js";
import {
  errorOf,
  ownTransport,
  scriptedThreads,
  t1,
  thread,
  thrownBy,
} from "./harness/scripted_threads.js";
import { type AmeideOptions, call } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";

afterEach(() => vi.unstubAllEnvs());

type HeadersInit = ConstructorParameters<typeof Headers>[0];

const OTHER = "https://other.test";
const AUTHORITY = createAuthority();
const { cert, key } = AUTHORITY.issue({ hosts: ["client.test"] });
const CERTIFICATE = { certificate: cert, key };

// What cannot be said in a case: TLS is below it, and a URL is JavaScript's.
describe("a client derived for another origin", () => {
  const parent = () =>
    createAmeideTransport({ baseUrl: "https://api.test", telemetry: false, tls: CERTIFICATE });

  it("states its client certificate anew", () => {
    const error = thrownBy(() => parent().with({ baseUrl: OTHER }));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", fieldViolations: [{ field: "tls" }] });
    for (const changes of [
      { baseUrl: OTHER, tls: {} },
      { baseUrl: OTHER, tls: CERTIFICATE },
      { baseUrl: OTHER, tls: () => CERTIFICATE },
      { baseUrl: "https://api.test/v2" },
    ]) {
      expect(() => parent().with(changes)).not.toThrow();
    }
  });

  it("states a function that gives certificates anew", () => {
    const first = createAmeideTransport({ baseUrl: "https://api.test", tls: () => CERTIFICATE });
    expect(() => first.with({ baseUrl: OTHER })).toThrow(/option tls/);
    expect(() => first.with({ baseUrl: OTHER, tls: {} })).not.toThrow();
  });

  it("control: authorities that are trusted are no secret", () => {
    const tls = { ca: AUTHORITY.cert };
    const first = createAmeideTransport({ baseUrl: "https://api.test", tls });
    expect(() => first.with({ baseUrl: OTHER })).not.toThrow();
  });

  it("may be one over a transport of one's own, and back", () => {
    const transport = ownTransport();
    const first = createAmeideTransport({
      baseUrl: "https://api.test",
      auth: { token: "t" },
      readMaxBytes: 5,
      tls: CERTIFICATE,
    });
    const auth = { fieldViolations: [{ field: "auth" }] };
    expect(thrownBy(() => first.with({ transport }))).toMatchObject(auth);
    const second = first.with({ transport, auth: { token: "t2" } });
    const third = ownTransport();
    expect(thrownBy(() => second.with({ transport: third }))).toMatchObject(auth);
    expect(() => second.withTenant("acme")).not.toThrow();
  });

  it("control: an HTTP client is told the address", () => {
    const transport = scriptedClient(thread).client;
    const first = createAmeideTransport({ baseUrl: "https://api.test", auth: { token: "t" } });
    expect(() => first.with({ transport })).not.toThrow();
  });

  it("is not made by changing the address, or the variables, of the first", async () => {
    vi.stubEnv("AMEIDE_BASE_URL", "https://api.test");
    const http = scriptedClient(thread);
    const baseUrl = new URL("https://api.test");
    const options: AmeideOptions = { auth: { token: "s3cret" }, telemetry: false };
    const shared = { ...options, transport: http.client };
    const byUrl = createAmeideTransport({ ...shared, baseUrl: baseUrl as unknown as string });
    const byVariable = createAmeideTransport(shared);
    baseUrl.host = "other.test";
    vi.stubEnv("AMEIDE_BASE_URL", OTHER);
    for (const transport of [byUrl, byVariable]) {
      await createClient(ThreadsService, transport.withTenant("acme")).getThread(t1);
    }
    expect(http.requests.map(({ url }) => new URL(url).origin)).toEqual([
      "https://api.test",
      "https://api.test",
    ]);
  });
});

describe("the environment's token", () => {
  it.each([
    [true, "t"],
    [undefined, undefined],
  ])("over a transport of one's own, environmentCredentials %s", async (asked, token) => {
    vi.stubEnv("AMEIDE_BASE_URL", "https://api.test");
    vi.stubEnv("AMEIDE_TOKEN", "t");
    const own = createAmeideTransport({
      transport: ownTransport(),
      ...(asked !== undefined && { environmentCredentials: asked }),
    });
    const { value } = own.explain(ThreadsService.method.getThread).values.auth;
    expect(value).toBe(token === undefined ? null : "token");
  });
});

// What a case sees of an error is its text; this is all of it.
describe("no header's value stands in an error", () => {
  const SECRET = "s3cret-31c9";
  const set: AmeideOptions = {
    interceptors: [
      (next) => (request) => {
        request.header.set("x-api-key", `${SECRET}\r\nx: y`);
        return next(request);
      },
    ],
  };
  it.each<[string, AmeideOptions, HeadersInit | undefined]>([
    ["an object", {}, { "x-api-key": `${SECRET}\n.` }],
    ["pairs", {}, [["x-api-key", `${SECRET}\n.`]]],
    ["no pairs", {}, [`x-api-key: ${SECRET}`] as unknown as HeadersInit],
    ["a text", {}, `x-api-key: ${SECRET}` as unknown as HeadersInit],
    ["a value for a name", {}, { [`${SECRET}\n`]: "x-api-key" }],
    ["a character HTTP does not know", {}, { "x-api-key": `${SECRET}\u20ac` }],
    ["a control character", {}, { "x-api-key": `${SECRET}\u0001` }],
    ["an interceptor", set, undefined],
  ])("%s", async (_name, options, headers) => {
    const lines: unknown[] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    const logger = { error: log, warn: log, info: log, debug: log };
    const made = scriptedThreads([thread], { ...options, logger, logLevel: "debug" });
    const error = await errorOf(made.threads.getThread(t1, { ...(headers && { headers }) }));
    expect(error.origin).toBe("client");
    const forms = [error, error.cause, error.stack, JSON.stringify(error), lines, made.events];
    expect(forms.map((form) => inspect(form, { depth: 9 })).join()).not.toContain(SECRET);
    expect(made.http.requests).toHaveLength(0);
  });

  it("control: what an interceptor throws itself is kept", async () => {
    const own = new TypeError("the interceptor's own");
    const throws: AmeideOptions = {
      interceptors: [
        () => () => {
          throw own;
        },
      ],
    };
    const error = await errorOf(scriptedThreads([thread], throws).threads.getThread(t1, call({})));
    expect(error.message).toContain(own.message);
  });
});
