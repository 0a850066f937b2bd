import { describe, expect, it } from "vitest";
import { createAuthority } from "@ameideio/fault-server";
import {
  errorOf,
  ownTransport,
  scriptedThreads,
  t1,
  thread,
  thrownBy,
  unavailable,
} from "./harness/scripted_threads.js";
import { type AmeideOptions, call, type CallSettings } from "../src/index.js";
import { connectWire } from "../src/connect_wire.js";
import { createAmeideTransport } from "../src/node.js";

type Wrong = readonly [option: string, value: unknown, rule: RegExp];

// What is wrong for a client, for a method and for a call alike.
const SETTINGS: readonly Wrong[] = [
  ["timeoutMs", 0, /greater than 0; noDeadline: true is for none, got zero/],
  ["timeoutMs", -5, /got a negative number/],
  ["timeoutMs", Number.NaN, /got NaN/],
  ["timeoutMs", Number.POSITIVE_INFINITY, /noDeadline: true is for none, got an infinite number/],
  ["timeoutMs", "s3cret", /got a string/],
  ["timeoutMs", null, /got null/],
  ["attemptTimeoutMs", 0, /greater than 0/],
  ["noDeadline", "yes", /true or false/],
  ["retry", null, /must be an object/],
  ["retry.maxAttempts", 6, /integer from 1 to 5/],
  ["retry.maxAttempts", 0, /integer from 1 to 5/],
  ["retry.maxAttempts", 1.5, /integer from 1 to 5/],
  ["retry.baseDelayMs", 0, /integer from 1/],
  ["retry.throttleDelayMs", 0.5, /integer from 1/],
  ["retry.maxDelayMs", -1, /integer from 1/],
  ["retry.maxServerDelayMs", Number.NaN, /integer from 1/],
  ["retry.retryableCodes", ["ABORTED"], /Connect's spelling/],
  ["retry.retryableCodes", ["constructor"], /Connect's spelling/],
  ["retry.retryableCodes", "aborted", /array of codes/],
  ["retry", true, /must be false or an object: leave it out for the defaults/],
  ["retry", 3, /must be false or an object: leave it out for the defaults, got a number/],
  ["retry.attempts", 3, /: did you mean maxAttempts\? It is not an option$/],
  ["retry.requireIdempotency", "yes", /true or false, got a string/],
  ["waitForReady", "yes", /true or false, got a string/],
  ["retry.maxRetries", 3, /is not an option; known here: .*maxAttempts/],
  ["retry.maxAtempts", 3, /: did you mean maxAttempts\?/],
  ["auth.tokn", { tokn: "s3cret" }, /: did you mean token\?/],
  ["auth.header", { header: "date", value: "s3cret" }, /value is logged/],
  ["headers.Connection", { Connection: "s3cret" }, /of the connection/],
  ["auth", "s3cret", /must be null, \{ token \}/],
  ["auth", () => "s3cret", /must be an object: give the function as \{ provider \}$/],
  ["auth.token", { token: "Bearer s3cret" }, /without Bearer before it/],
  ["maxAttempts", 3, /is not an option here; it is one of retry: retry: \{ maxAttempts: … \}$/],
  ["token", "s3cret", /is not an option here; it is one of auth: auth: \{ token: … \}$/],
  ["retries", 3, /: is not an option; nearest: retry; all are in the type \w+$/],
  ["xyzzyplugh", 3, /: is not an option; all are in the type \w+$/],
  ["auth", {}, /must be null, \{ token \}/],
  ["auth", { header: "x-key" }, /must be null, \{ token \}/],
  ["auth.value", { header: "x-key", value: "s3cret\r\n" }, /one line/],
  ["auth.header", { header: "x key", value: "s3cret" }, /header name/],
  ["auth.header", { header: "X-Tenant-Id", value: "s3cret" }, /the SDK sets itself/],
  ["auth.header", { header: "content-type", value: "s3cret" }, /the SDK sets itself/],
  ["auth.token", { token: "s3cret\n" }, /printable ASCII on one line/],
  ["auth.token", { token: 7 }, /printable ASCII on one line/],
  ["auth.provider", { provider: "s3cret" }, /must be a function/],
  ["auth.bearer", { bearer: "s3cret" }, /is not an option/],
  ["tenant", "s3cret s3cret", /must be 1 to 128/],
  ["tenant", 7, /must be 1 to 128/],
  ["headers", ["a"], /object of names and values/],
  ["headers.a b", { "a b": "c" }, /header name/],
  ["headers.x-a", { "x-a": "s3cret\nx" }, /printable ASCII/],
  ["headers.x-a", { "x-a": 7 }, /printable ASCII/],
  [
    "headers.AUTHORIZATION",
    { AUTHORIZATION: "s3cret" },
    /is set by the SDK; use the option auth, or call\(\{ auth: \{ token \} \}\)$/,
  ],
  ["headers.x-tenant-id", { "x-tenant-id": "s3cret" }, /set by the SDK; use the option tenant$/],
  ["headers.x-request-id", { "x-request-id": "s3cret" }, /; use the option requestId$/],
  ["headers.idempotency-key", { "idempotency-key": "s3cret" }, /; use the option idempotencyKey$/],
  ["headers.content-type", { "content-type": "s3cret" }, /is set by the SDK$/],
  ["deadlineFrom", {}, /function, or have a method timeoutMs/],
  ["timeout", 500, /: did you mean timeoutMs\? It is not an option$/],
  ["deadlineMillis", 5, /option; nearest: deadlineFrom; all are in the type \w+$/],
  ["timeoutMs", "5s", /timeoutMs: must be a number of milliseconds: 5000, not "5s"$/],
  ["attemptTimeoutMs", "1.5 s", /milliseconds: 1500, not "1.5 s"$/],
  ["retry.baseDelayMs", "50", /milliseconds: 50, not "50"$/],
  ["retry.maxDelayMs", "2 weeks", /an integer from 1 to \d+, got a string$/],
];

const CLIENT: readonly Wrong[] = [
  ["idempotencyKey", "mine", /one of auto, off/],
  ["policy", "policy.json", /must be a document: for the text of a file JSON\.parse\(text\)/],
  ["baseUrl", "://s3cret", /must be a URL, got a string/],
  [
    "baseUrl",
    "api.s3cret.test",
    /baseUrl: needs its scheme, for instance https:\/\/api\.example\.com/,
  ],
  ["baseUrl", "s3cret.test:8080/v1", /needs its scheme, for instance https:/],
  ["baseUrl", "", /must be a URL, got an empty string/],
  ["baseUrl", "http://api.test", /plain http is for loopback/],
  ["baseUrl", "ftp://api.test", /must be https/],
  ["baseUrl", "https://user:s3cret@api.test", /no user, password/],
  ["baseUrl", "https://api.test?key=s3cret", /no user, password, query/],
  ["allowInsecureLoopback", 1, /true or false/],
  ["allowInsecureHosts", "orders", /array of host names/],
  ["allowInsecureHosts", [1], /array of host names/],
  ["protocol", "soap", /one of connect, grpc, grpc-web, got soap$/],
  ["protocol", "gprc", /: did you mean grpc\? It must be one of .*, got gprc/],
  ["protocol", "s3cret or so", /grpc-web, got a string$/],
  ["environmentCredentials", "yes", /true or false/],
  ["format", "xml", /one of binary, json/],
  ["methods", { "/acme.v1.Billing": {} }, /selector "\/acme.v1.Billing" must be a/],
  ["methods[acme.v1.Billing].timeoutMs", { "acme.v1.Billing": { timeoutMs: 0 } }, /greater than 0/],
  ["methods[acme.v1.Billing].budget", { "acme.v1.Billing": { budget: {} } }, /is not an option/],
  ["budget.capacity", { capacity: 10_001 }, /integer from 1 to 10000/],
  ["budget.cost", { cost: 0 }, /integer from 1/],
  ["budget.throttleCost", { throttleCost: 0 }, /integer from 1/],
  ["budget.tokens", { tokens: 5 }, /is not an option/],
  ["interceptors", [7], /array of functions/],
  ["compression.send", { send: "zstd" }, /one of none, gzip, br/],
  ["httpVersion", "3", /one of 1.1, 2/],
  ["maxConnections", 0, /integer from 1 to 65535/],
  ["maxConnections", 65_536, /integer from 1 to 65535, got 65536/],
  ["httpGet", "yes", /true or false/],
  ["readMaxBytes", 0, /integer from 1/],
  ["readMaxBytes", -5, /got a negative number \(-5\)$/],
  ["headerNames.tenant", { tenant: "x tenant" }, /header name/],
  ["headerNames.requestId", { requestId: "Authorization" }, /a meaning of its own/],
  ["headerNames.requestId", { requestId: "x-tenant-id" }, /another header of the SDK/],
  ["headerNames.idempotencyKey", { idempotencyKey: "grpc-x" }, /a meaning of its own/],
  ["preset", "production", /one of standalone, mesh/],
  ["mode", "dry-run", /one of enforce, observe/],
  ["behavior", 2, /one of 1/],
  ["baggage", "color", /array of strings/],
  ["attemptSpans", 1, /true or false/],
  ["tls.ca", { ca: 7 }, /must be PEM/],
  ["tls.cert", { cert: "s3cret" }, /: did you mean certificate\? It is not an option$/],
  ["tls.certificat", { certificat: "s3cret" }, /: did you mean certificate\?/],
  ["headerNames.tennant", { tennant: "x-org" }, /: did you mean tenant\?/],
  ["budget.costs", { costs: 5 }, /: did you mean cost\?/],
  ["appName", "my app", /app\/version/],
  ["telemetry", true, /must be false, or made by/],
  ["logger", {}, /must have error, warn, info and debug/],
  ["logLevel", "trace", /one of off, error/],
  ["policy", "s3cret", /must be a document/],
  ["transport", {}, /HTTP client function or a Transport/],
  [
    "transport",
    createAmeideTransport({ baseUrl: "https://api.test" }),
    /is one of this SDK already: use it itself, or its with\(\)$/,
  ],
  ["wire", {}, /must be connectWire of \/connect-wire, got an object$/],
  ["wire", null, /must be connectWire of \/connect-wire, got null$/],
  [
    "wire",
    { connect: () => 1, grpc: () => 1, "grpc-web": () => 1 },
    /must be connectWire of \/connect-wire, got an object$/,
  ],
  ["useHttpGet", true, /: is Connect's name; here it is httpGet$/],
  ["useBinaryFormat", false, /; here it is format$/],
  ["sendCompression", "gzip", /; here it is compression.send$/],
  ["acceptCompression", [], /; here it is compression.accept$/],
  ["compressMinBytes", 1, /; here it is compression.minBytes$/],
  ["defaultTimeoutMs", 1, /; here it is timeoutMs$/],
  ["jsonOptions", { registry: "s3cret" }, /; here it is registry$/],
  ["pingIntervalMs", 1, /; here it is keepAlive.intervalMs$/],
  ["nodeOptions", { ca: "s3cret" }, /; here it is tls or proxy$/],
  ["credentials", "include", /; here it is fetchInit.credentials$/],
  ["sessionManager", {}, /; here it is keepAlive$/],
  ["idleConnectionTimeoutMs", 5, /: is Connect's; there is none here$/],
  ["writeMaxBytes", 5, /: is Connect's; there is none here$/],
  ["toString", 5, /: is not an option/],
  ["observer", {}, /must be a function/],
];

const CALL: readonly Wrong[] = [
  ["requestId", "", /1 to 128 visible ASCII/],
  ["requestId", "s3cret s3cret", /1 to 128 visible ASCII/],
  ["idempotencyKey", "", /1 to 255 printable ASCII/],
  ["idempotencyKey", `s3cret${"x".repeat(255)}`, /1 to 255 printable ASCII/],
  ["idempotencyKey", "s3crét", /1 to 255 printable ASCII/],
  ["baseUrl", "https://other.test", /is not an option/],
];

// `a.b` of an object is `{ a: { b: value } }`, unless the value is the whole of it.
function settingsOf([option, value]: Wrong): object {
  const name = /^[^.[]*/.exec(option)?.[0] as string;
  const member = option.slice(name.length + 1);
  const isWhole = typeof value === "object" && value !== null && !Array.isArray(value);
  return { [name]: member === "" || isWhole ? value : { [member]: value } };
}

function expectRefusal(error: unknown, [option, , rule]: Wrong, prefix = ""): void {
  expect(error).toMatchObject({
    origin: "client",
    reason: "CONFIG_INVALID",
    fieldViolations: [{ field: `${prefix}${option}` }],
  });
  const text = `${String(error)} ${JSON.stringify(error)}`;
  expect(text).toContain("[invalid_argument]");
  expect(text).toContain(`option ${prefix}${option}: `);
  expect(String(error)).toMatch(rule);
  expect(text).not.toContain("s3cr");
}

describe("of a client", () => {
  it.each([...SETTINGS, ...CLIENT])("%s: %j", (...wrong) => {
    expect.hasAssertions();
    expectRefusal(
      thrownBy(() => scriptedThreads([thread], settingsOf(wrong))),
      wrong,
    );
    const made = scriptedThreads([thread]);
    expectRefusal(
      thrownBy(() => made.transport.with(settingsOf(wrong))),
      wrong,
    );
  });

  it.each([null, "s3cret", 7, []])("options must be an object, not %j", (options) => {
    const error = thrownBy(() => createAmeideTransport(options as AmeideOptions));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID" });
    expect(error.message).toContain("option options: must be an object");
    expect(error.message).not.toContain("s3cret");
  });

  it("a base address there must be", () => {
    expect(thrownBy(() => createAmeideTransport({})).message).toContain(
      "option baseUrl: is missing; give it, or set AMEIDE_BASE_URL",
    );
  });

  it("noDeadline excludes timeoutMs", () => {
    const options = { noDeadline: true, timeoutMs: 5 };
    expect(() => scriptedThreads([thread], options)).toThrow(/noDeadline: excludes timeoutMs/);
    scriptedThreads([thread], { ...options, noDeadline: false });
  });

  it.each<[string, AmeideOptions, string]>([
    ["httpVersion", { protocol: "grpc", httpVersion: "1.1" }, "grpc-web"],
    ["httpGet", { protocol: "grpc", httpGet: true }, "leave it out"],
    ["httpGet", { protocol: "grpc-web", httpGet: true }, "leave it out"],
    [
      "tls",
      { baseUrl: "http://localhost", allowInsecureLoopback: true, tls: { ca: "" } },
      "is for https",
    ],
  ])("%s cannot be had with the rest: %j", (option, options, remedy) => {
    const error = thrownBy(() =>
      createAmeideTransport({ baseUrl: "https://api.test", ...options }),
    );
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", fieldViolations: [{ field: option }] });
    expect(error.message).toContain(remedy);
    const { [option as "tls"]: _left, ...rest } = options;
    createAmeideTransport({ baseUrl: "https://api.test", ...rest });
  });

  it.each<[string, AmeideOptions]>([
    ["readMaxBytes", { readMaxBytes: 5 }],
    ["tls", { tls: {} }],
    ["format", { format: "json" }],
    ["httpGet", { httpGet: true }],
    ["wire", { wire: connectWire }],
  ])("a transport of one's own has a %s of its own", (option, options) => {
    const transport = ownTransport();
    expect(() => scriptedThreads([thread], { transport, ...options })).toThrow(`option ${option}`);
    scriptedThreads([thread], { transport });
  });

  it("interceptors cannot be put into a transport of one's own", () => {
    const transport = ownTransport();
    const options: AmeideOptions = { transport, interceptors: [(next) => next] };
    expect(() => scriptedThreads([thread], options)).toThrow(/option interceptors/);
    scriptedThreads([thread], { ...options, interceptors: [] });
  });
});

it("an option that is undefined is as if it were left out", async () => {
  const nothing: Required<{ [K in keyof AmeideOptions]: undefined }> = {
    allowInsecureHosts: undefined,
    allowInsecureLoopback: undefined,
    appName: undefined,
    attemptSpans: undefined,
    attemptTimeoutMs: undefined,
    auth: undefined,
    baggage: undefined,
    baseUrl: undefined,
    behavior: undefined,
    budget: undefined,
    clientHeader: undefined,
    compression: undefined,
    connectTimeoutMs: undefined,
    deadlineFrom: undefined,
    environmentCredentials: undefined,
    fetch: undefined,
    fetchInit: undefined,
    firstMessageTimeoutMs: undefined,
    format: undefined,
    headerNames: undefined,
    headers: undefined,
    httpGet: undefined,
    httpVersion: undefined,
    idempotencyKey: undefined,
    idleTimeoutMs: undefined,
    interceptors: undefined,
    keepAlive: undefined,
    logger: undefined,
    logLevel: undefined,
    maxConnectionAgeMs: undefined,
    maxConnections: undefined,
    methods: undefined,
    mode: undefined,
    noDeadline: undefined,
    observer: undefined,
    policy: undefined,
    preset: undefined,
    protocol: undefined,
    proxy: undefined,
    readMaxBytes: undefined,
    registry: undefined,
    retry: undefined,
    telemetry: undefined,
    tenant: undefined,
    timeoutMs: undefined,
    tls: undefined,
    transport: undefined,
    waitForReady: undefined,
    wire: undefined,
  };
  const options: AmeideOptions = nothing;
  createAmeideTransport({ ...options, baseUrl: "https://api.test" }).close();

  const inside: AmeideOptions = {
    budget: { capacity: undefined, cost: undefined, throttleCost: undefined },
    compression: { send: undefined, accept: undefined, minBytes: undefined },
    headerNames: { tenant: undefined, requestId: undefined, idempotencyKey: undefined },
    keepAlive: { intervalMs: undefined, timeoutMs: undefined, whileIdle: undefined },
    retry: { maxAttempts: undefined, baseDelayMs: undefined, retryableCodes: undefined },
    tls: { ca: undefined, certificate: undefined, key: undefined },
  };
  const { threads, http } = scriptedThreads([unavailable, thread], inside);
  expect((await threads.getThread(t1)).thread?.id).toBe("t1");
  expect(http.requests).toHaveLength(2);
});

describe("of a method", () => {
  it.each(SETTINGS)("%s: %j", (...wrong) => {
    expect.hasAssertions();
    const methods = { "acme.v1.Billing/Charge": settingsOf(wrong) };
    expectRefusal(
      thrownBy(() => scriptedThreads([thread], { methods })),
      wrong,
      "methods[acme.v1.Billing/Charge].",
    );
  });
});

describe("of a call", () => {
  it.each([...SETTINGS, ...CALL])("%s: %j", async (...wrong) => {
    const made = scriptedThreads([thread]);
    const settings = settingsOf(wrong) as CallSettings;
    expectRefusal(await errorOf(made.threads.getThread(t1, call(settings))), wrong);
    expect([made.http.requests.length, made.clock.timers.length]).toEqual([0, 0]);
  });
});

it("control: right options of every kind", async () => {
  const settings: CallSettings = {
    auth: { header: "Authorization", value: "ApiKey k" },
    tenant: "acme",
    timeoutMs: 0.5e6,
    attemptTimeoutMs: 1.5,
    noDeadline: false,
    retry: {
      maxAttempts: 5,
      baseDelayMs: 1,
      throttleDelayMs: 1,
      maxDelayMs: 1,
      maxServerDelayMs: 1,
      retryableCodes: ["aborted"],
    },
    headers: { "x-a": "" },
    deadlineFrom: () => undefined,
  };
  const made = scriptedThreads([thread], {
    ...(settings as AmeideOptions),
    idempotencyKey: "off",
    baseUrl: "https://api.test/prefix/",
    protocol: "connect",
    format: "binary",
    methods: { "acme.v1.Billing": settings as AmeideOptions, "acme.v1.Billing/Charge": {} },
    budget: { capacity: 10_000, cost: 1, throttleCost: 1 },
    interceptors: [(next) => next],
    compression: { send: "gzip", accept: "br", minBytes: 0 },
    httpVersion: "1.1",
    httpGet: false,
    maxConnections: 65_535,
    readMaxBytes: 1_000,
    headerNames: { tenant: "x-org", requestId: "x-id", idempotencyKey: "x-key" },
    preset: "mesh",
    mode: "enforce",
    behavior: 1,
    baggage: ["a"],
    allowInsecureHosts: [],
    attemptSpans: true,
    tls: { ca: new TextEncoder().encode(createAuthority().cert) },
    appName: "shop/1",
    telemetry: false,
    logger: console,
    logLevel: "off",
    policy: {},
  });
  await made.threads.getThread(t1, call({ ...settings, requestId: "a", idempotencyKey: "b c" }));
  expect(made.http.requests[0]?.url).toBe(
    "https://api.test/prefix/ameide.threads.v1.ThreadsService/GetThread",
  );
});
