import { cors } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { start } from "./harness/harness.js";

const METHOD = "ameide.threads.v1.ThreadsService/ListThreads";
const APP = "https://app.example.com";

/** A preflight as a browser sends it. */
function preflight(url: string, origin: string) {
  const headers = {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,x-tenant-id",
  };
  return fetch(`${url}/${METHOD}`, { method: "OPTIONS", headers });
}

function call(url: string, origin: string) {
  const headers = { origin, "content-type": "application/json", "x-tenant-id": "acme" };
  return fetch(`${url}/${METHOD}`, { method: "POST", headers, body: "{}" });
}

function list(response: Response, name: string): string[] {
  return (response.headers.get(name) ?? "").split(", ");
}

test.each([
  ["an allowed origin", [APP]],
  ["every origin", ["*"]],
])("a preflight of %s is answered without the call", async (_, allowedOrigins) => {
  const { server } = await start({ allowedOrigins });
  const response = await preflight(server.url, APP);
  expect(response.status).toBe(204);
  expect(response.headers.get("access-control-allow-origin")).toBe(APP);
  expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  expect(response.headers.get("vary")).toBe("origin");
  expect(list(response, "access-control-allow-methods")).toEqual(["POST", "GET"]);
  const allowed = list(response, "access-control-allow-headers").map((name) => name.toLowerCase());
  expect(allowed).toEqual(
    expect.arrayContaining([
      ...cors.allowedHeaders.map((name) => name.toLowerCase()),
      "authorization",
      "grpc-previous-rpc-attempts",
      "idempotency-key",
      "traceparent",
      "tracestate",
      "x-request-id",
      "x-tenant-id",
    ]),
  );
  expect(server.calls()).toEqual({});
});

test("a call of an allowed origin may be read, with what SDKs need of it", async () => {
  const { server } = await start({ allowedOrigins: [APP] });
  const response = await call(server.url, APP);
  expect(await response.json()).toEqual({});
  expect(response.headers.get("access-control-allow-origin")).toBe(APP);
  const exposed = list(response, "access-control-expose-headers").map((name) => name.toLowerCase());
  expect(exposed).toEqual(
    expect.arrayContaining([
      "grpc-status",
      "grpc-message",
      "grpc-status-details-bin",
      "grpc-retry-pushback-ms",
      "retry-after",
      "retry-after-ms",
      "x-request-id",
      "x-tenant-id",
      "trailer-retry-after-ms",
    ]),
  );
});

test("an error may be read, too", async () => {
  const { server } = await start({ allowedOrigins: [APP] });
  const unknown = await fetch(`${server.url}/none`, { method: "POST", headers: { origin: APP } });
  expect(unknown.status).toBe(404);
  expect(unknown.headers.get("access-control-allow-origin")).toBe(APP);
});

test.each([
  ["another origin", [APP], "https://evil.example.com"],
  ["an origin that only begins like it", [APP], `${APP}.evil.example`],
  ["any origin, unless one is allowed", [], APP],
])("%s gets nothing to show a browser", async (_, allowedOrigins, origin) => {
  const { server } = await start({ allowedOrigins });
  for (const response of [await preflight(server.url, origin), await call(server.url, origin)]) {
    const names = [...response.headers.keys()];
    expect(names.filter((name) => name.startsWith("access-control-"))).toEqual([]);
  }
  expect(server.calls()).toEqual({ [METHOD]: 1 });
});

test("OPTIONS that is no preflight is no call", async () => {
  const { server } = await start({ allowedOrigins: [APP] });
  const response = await fetch(`${server.url}/${METHOD}`, { method: "OPTIONS" });
  expect(response.status).toBe(405);
});
