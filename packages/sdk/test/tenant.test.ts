import { describe, expect, it } from "vitest";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { TokenService } from "@ameideio/core-proto/ameide/identity/v1";
import { charge } from "./harness/foreign_service.js";
import {
  errorOf,
  type ScriptedThreads,
  scriptedThreads,
  t1,
  thread,
  thrownBy,
  unavailable,
} from "./harness/scripted_threads.js";
import { call } from "../src/index.js";

const EMPTY = { headers: { "content-type": "application/proto" } };

function tenants({ http }: Pick<ScriptedThreads, "http">): (string | null)[] {
  return http.requests.map(({ headers }) => headers.get("x-tenant-id"));
}

function echoing(tenant: string) {
  return { ...thread, headers: { "content-type": "application/proto", "x-tenant-id": tenant } };
}

it("t01 single-value", async () => {
  const made = scriptedThreads([unavailable, thread], { auth: { token: "t" } });
  await made.threads.getThread(t1);
  expect(tenants(made)).toEqual(["acme", "acme"]);
  expect(made.http.requests[0]?.headers.get("authorization")).toBe("Bearer t");
});

it("t02 call-overrides-client", async () => {
  const made = scriptedThreads([thread]);
  await made.threads.getThread(t1, call({ tenant: "other" }));
  await made.threads.getThread(t1);
  expect(tenants(made)).toEqual(["other", "acme"]);
});

it("t02 call-overrides-client: two calls may share context values", async () => {
  const made = scriptedThreads([thread]);
  const shared = call({ tenant: "first" });
  const second = call({ tenant: "second" }, shared);
  await made.threads.getThread(t1, shared);
  await made.threads.getThread(t1, second);
  expect(tenants(made)).toEqual(["first", "second"]);
});

describe("derived clients", () => {
  it("t03 derived-does-not-mutate-parent", async () => {
    const made = scriptedThreads([thread]);
    const derived = createClient(ThreadsService, made.transport.withTenant("other"));
    await derived.getThread(t1);
    await made.threads.getThread(t1);
    await derived.getThread(t1, call({ tenant: "third" }));
    expect(tenants(made)).toEqual(["other", "acme", "third"]);
  });

  it("their tenant is nearer than what the parent said of a method", async () => {
    const selector = "ameide.threads.v1.ThreadsService";
    const made = scriptedThreads([thread], { methods: { [selector]: { tenant: "ops" } } });
    await made.threads.getThread(t1);
    await createClient(ThreadsService, made.transport.withTenant("other")).getThread(t1);
    expect(tenants(made)).toEqual(["ops", "other"]);
  });
});

describe("t04 missing-required-no-io", () => {
  it.each([
    ["the client has none", { tenant: null }, {}],
    ["the call takes it away", {}, { tenant: null }],
  ])("%s", async (_name, options, settings) => {
    const made = scriptedThreads([thread], options);
    const error = await errorOf(made.threads.getThread(t1, call(settings)));
    expect(error).toMatchObject({
      reason: "CONFIG_INVALID",
      origin: "client",
      fieldViolations: [{ field: "tenant" }],
    });
    expect(error.message).toContain("ThreadsService/GetThread requires a tenant");
    expect(made.http.requests).toEqual([]);
  });

  it("control: the call brings it", async () => {
    const made = scriptedThreads([thread], { tenant: null });
    await made.threads.getThread(t1, call({ tenant: "acme" }));
    expect(tenants(made)).toEqual(["acme"]);
  });
});

describe("t05 user-header-conflict", () => {
  const headers = { "X-Tenant-Id": "acme" };

  it("in options, even with the same value", () => {
    expect(thrownBy(() => scriptedThreads([thread], { headers }))).toMatchObject({
      reason: "CONFIG_INVALID",
      fieldViolations: [{ field: "headers.X-Tenant-Id" }],
    });
  });

  it.each([
    ["in a call's settings", call({ headers })],
    ["in Connect's own options", { headers }],
  ])("%s", async (_name, options) => {
    const made = scriptedThreads([thread]);
    const error = await errorOf(made.threads.getThread(t1, options));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID" });
    expect(error.message).toMatch(/option headers\.x-tenant-id/i);
    expect(made.http.requests).toEqual([]);
  });

  it("follows the header's name", async () => {
    const made = scriptedThreads([thread], { headerNames: { tenant: "X-Org" }, headers });
    await made.threads.getThread(t1);
    const seen = made.http.requests[0]?.headers;
    expect([seen?.get("x-org"), seen?.get("x-tenant-id")]).toEqual(["acme", "acme"]);
    const error = await errorOf(made.threads.getThread(t1, { headers: { "x-org": "b" } }));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID" });
  });
});

describe("t06 invalid-chars", () => {
  const wrong = ["", " ", "a b", "-a", ".a", "a/b", "é", "a\n", `a${"b".repeat(128)}`];
  it.each(wrong)("%j", async (tenant) => {
    expect(() => scriptedThreads([thread], { tenant })).toThrow(/option tenant: must be 1 to 128/);
    const made = scriptedThreads([thread]);
    const error = await errorOf(made.threads.getThread(t1, call({ tenant })));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID" });
    expect(() => made.transport.withTenant(tenant)).toThrow(/option tenant/);
    expect(made.http.requests).toEqual([]);
  });

  it.each(["a", "0", "A.b_c-9", `a${"b".repeat(127)}`])("control: %j", async (tenant) => {
    const made = scriptedThreads([thread], { tenant });
    await made.threads.getThread(t1);
    expect(tenants(made)).toEqual([tenant]);
  });
});

describe("t07 echo-mismatch", () => {
  it("another tenant's answer is an error", async () => {
    const made = scriptedThreads([echoing("other")]);
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ origin: "client", reason: "TENANT_MISMATCH" });
    expect(error.message).toContain("[internal]");
    expect(made.http.requests).toHaveLength(1);
    expect(made.clock.pending).toBe(0);
  });

  it.each([
    ["the same tenant", echoing("acme")],
    ["no echo", thread],
  ])("control: %s", async (_name, answer) => {
    const made = scriptedThreads([answer]);
    expect((await made.threads.getThread(t1)).thread?.id).toBe("t1");
  });
});

describe("modes", () => {
  it("t08 unannotated-is-optional", async () => {
    const made = scriptedThreads([EMPTY]);
    for (const transport of [made.transport.withTenant(null), made.transport]) {
      await transport.unary(charge, undefined, undefined, undefined, {});
    }
    expect(tenants(made)).toEqual([null, "acme"]);
    expect(made.transport.explain(charge).values.tenantMode).toEqual({
      value: "optional",
      source: "built-in (behavior 1)",
    });
  });

  it("t09 forbidden-never-sent", async () => {
    const made = scriptedThreads([EMPTY]);
    const tokens = createClient(TokenService, made.transport);
    await tokens.introspect({});
    expect(tenants(made)).toEqual([null]);
    const error = await errorOf(tokens.introspect({}, call({ tenant: "acme" })));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID" });
    expect(error.message).toContain("must not be called with a tenant");
    await tokens.introspect({}, call({ tenant: null }));
    expect(tenants(made)).toEqual([null, null]);
  });
});
