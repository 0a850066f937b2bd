import { readFileSync } from "node:fs";
import { roster } from "@ameideio/core-proto/roster";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { describe, expect, it } from "vitest";
import { createAmeideClient } from "../src/client.js";
import { thrownBy } from "./harness/scripted_threads.js";
import { createAmeideTransport } from "../src/node.js";
import { createRosterClient } from "../src/roster.js";

describe("both entries", () => {
  it("refuse the same options", () => {
    const options = { baseUrl: "http://api.test" };
    const one = thrownBy(() => createAmeideTransport(options));
    const other = thrownBy(() => createAmeideClient(options));
    expect(other.message).toBe(one.message);
  });

  it("explain the same", () => {
    const options = { baseUrl: "https://api.test", timeoutMs: 5 };
    const { getThread } = ThreadsService.method;
    expect(String(createAmeideClient(options).explain(getThread))).toBe(
      String(createAmeideTransport(options).explain(getThread)),
    );
  });

  it("explain a whole client: every method of its services", () => {
    const client = createRosterClient({ threads: ThreadsService }, { baseUrl: "https://api.test" });
    expect(client.explain().map(({ method }) => method)).toEqual(
      ThreadsService.methods.map(({ name }) => `${ThreadsService.typeName}/${name}`),
    );
  });
});

describe("the clients of Node.js and the web", () => {
  const read = (file: string) => readFileSync(new URL(`../src/${file}`, import.meta.url), "utf8");

  it.each([
    ["client.ts", "client_web.ts", "./roster.js", "./roster_web.js"],
    ["roster.ts", "roster_web.ts", "./node.js", "./web.js"],
  ])("%s and %s differ in what they import alone", (node, web, below, belowWeb) => {
    expect(read(web)).toBe(read(node).replace(`"${below}"`, `"${belowWeb}"`));
  });
});

describe("the services of a client", () => {
  const baseUrl = "https://api.test";

  it.each([
    ["options", { baseUrl }, "services.baseUrl: must be a service, a stub or a lazy one; options"],
    ["functions", { threads: () => {} }, "services.threads: must be a service"],
    ["nothing", undefined, "services: must be an object of services by name"],
  ])("are refused if they are %s", (_, services, says) => {
    const error = thrownBy(() => createRosterClient(services as never));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID" });
    expect(error.message).toContain(says);
  });
});

describe("the roster's client", () => {
  const client = createAmeideClient({ baseUrl: "https://api.test" });

  it("has every service of the roster", () => {
    const services = Object.entries(roster);
    expect(services.length).toBeGreaterThan(3);
    for (const [name, { methods }] of services) {
      const service = client[name as keyof typeof roster];
      expect(Object.keys(service)).toEqual(Object.keys(methods));
    }
    // @ts-expect-error Methods have the types of the stub.
    client.threads.getThread satisfies (request: { threadId: number }) => unknown;
  });

  it("makes a service's client once", () => {
    expect(client.threads).toBe(client.threads);
    expect(client.withTenant("other").threads).not.toBe(client.threads);
  });
});
