import type { Interceptor } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { failureOf, GOOD, LEVELS, scripted } from "./harness/scripted_call.js";

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
      options: { interceptors: [to(url)], auth: { token: "t" } },
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
