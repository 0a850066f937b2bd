import { type Action, createAuthority } from "@ameideio/fault-server";
import { Code, type Interceptor } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { failureOf, GOOD, LEVELS, scripted } from "./harness/scripted_call.js";
import { faultServer, GOOD_ANSWER, HTTP_VERSIONS, received, wired } from "./harness/socket_call.js";
import type { AmeideOptions } from "../src/index.js";

const REFUSAL = {
  code: Code.Unknown,
  origin: "client",
  reason: "REDIRECT_REFUSED",
  stopReason: "not_retryable",
  retryable: false,
};
const TOKEN = "secret-token";
const KEY = "secret-key";

function redirect(status: number, location: string): Action {
  return { respond: { status, headers: [["location", location]] } };
}

describe.each(HTTP_VERSIONS)("a redirect over HTTP/%s", (httpVersion) => {
  it.each([301, 302, 303, 307, 308])("o01 302-not-followed (%i)", async (status) => {
    const script = { attempts: [redirect(status, "/elsewhere")], otherwise: GOOD_ANSWER };
    const { server, client } = await wired({ script, httpVersion });
    const error = await failureOf(LEVELS.idempotent(client));
    expect(error).toMatchObject({ ...REFUSAL, httpStatus: status });
    expect(server.requests).toHaveLength(1);
    await LEVELS.idempotent(client);
    expect(server.requests).toHaveLength(2);
  });

  it("o01 302-not-followed of a GET", async () => {
    const script = { attempts: [redirect(302, "/elsewhere")], otherwise: GOOD_ANSWER };
    const { server, client } = await wired({ script, httpVersion, options: { httpGet: true } });
    expect(await failureOf(LEVELS.no_side_effects(client))).toMatchObject(REFUSAL);
    expect(server.requests).toMatchObject([{ method: "GET" }]);
  });

  // What must not reach the other host, and the header it goes in.
  it.each<[name: string, options: AmeideOptions, header: string, value: string]>([
    [
      "o02 307-cross-host-no-second-request",
      { auth: { token: TOKEN } },
      "authorization",
      `Bearer ${TOKEN}`,
    ],
    [
      "o04 custom-key-header-not-leaked",
      { auth: { header: "x-api-key", value: KEY } },
      "x-api-key",
      KEY,
    ],
    ["o05 tenant-not-leaked", { tenant: "acme" }, "x-tenant-id", "acme"],
  ])("%s", async (_name, options, header, value) => {
    const other = await faultServer({ otherwise: GOOD_ANSWER });
    const script = { otherwise: redirect(307, `${other.url}/`) };
    const { server, client } = await wired({ script, httpVersion, options });
    for (const level of ["no_side_effects", "idempotent", "keyed", "unknown"] as const) {
      expect(await failureOf(LEVELS[level](client))).toMatchObject(REFUSAL);
    }
    expect(received(server, header)).toEqual([value, value, value, value]);
    expect(other.connections).toBe(0);
  });

  it("o03 https-to-http-downgrade", async () => {
    const authority = createAuthority();
    const plain = await faultServer({ otherwise: GOOD_ANSWER });
    const { server, client } = await wired({
      script: { otherwise: redirect(307, plain.url) },
      httpVersion,
      tls: { ca: authority.cert, ...authority.issue({ hosts: ["127.0.0.1"] }) },
      options: { auth: { token: TOKEN } },
    });
    expect(await failureOf(LEVELS.idempotent(client))).toMatchObject(REFUSAL);
    expect(received(server, "authorization")).toEqual([`Bearer ${TOKEN}`]);
    expect(plain.connections).toBe(0);
  });
});

// An interceptor may not carry what belongs to one origin to another.
describe("an interceptor that changes the address", () => {
  const to =
    (url: (old: string) => string): Interceptor =>
    (next) =>
    (request) =>
      next({ ...request, url: url(request.url) });

  it.each([
    ["another host", () => "https://elsewhere.test/a.B/C"],
    ["a host that begins alike", () => "https://api.test.elsewhere.test/a.B/C"],
    ["another port", () => "https://api.test:8443/a.B/C"],
    ["another scheme", () => "http://api.test/a.B/C"],
    ["a user in the address", () => "https://api.test@elsewhere.test/a.B/C"],
  ])("sends nothing to %s", async (_name, url) => {
    const { client, requests } = scripted({
      answers: [GOOD],
      options: { interceptors: [to(url)], auth: { token: TOKEN } },
    });
    const error = await failureOf(LEVELS.idempotent(client));
    expect(error).toMatchObject({
      origin: "client",
      reason: "CONFIG_INVALID",
      stopReason: "not_retryable",
    });
    expect(requests).toHaveLength(0);
  });

  it("may change the path", async () => {
    const { client, requests } = scripted({
      answers: [GOOD],
      options: { interceptors: [to((old) => old.replace("/ameide.", "/v2/ameide."))] },
    });
    await LEVELS.idempotent(client);
    expect(requests[0]?.url).toMatch(/^https:\/\/api\.test\/v2\/ameide\.threads\.v1\./);
  });
});
