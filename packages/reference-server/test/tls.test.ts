import { once } from "node:events";
import { connect } from "node:net";
import { Code } from "@connectrpc/connect";
import { createAuthority } from "@ameideio/fault-server";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { describe, expect, test } from "vitest";
import { failure, start, WIRES } from "./harness/harness.js";

const usage = { teamId: "core", eventType: "completion" };
const authority = createAuthority("servers");
const clients = createAuthority("clients");
const certificate = authority.issue({ hosts: ["127.0.0.1"] });
const trust = { ca: authority.cert };

describe.each(WIRES)("$protocol over HTTP/$httpVersion with TLS", (wire) => {
  test("is answered", async () => {
    const { server, client } = await start({ tls: certificate });
    expect(server.url).toMatch(/^https:\/\//);
    const meter = client(MeterService, { ...wire, nodeOptions: trust });
    await meter.recordUsage(usage);
    expect(server.usageRecords()).toHaveLength(1);
  });

  test("is answered with a client certificate only, where one is required", async () => {
    const { server, client } = await start({
      tls: { ...certificate, clientAuthority: clients.cert },
    });
    const call = (mine: object) =>
      client(MeterService, { ...wire, nodeOptions: { ...trust, ...mine } }).recordUsage(usage);
    await call(clients.issue({ hosts: ["worker"] }));
    expect(server.usageRecords()).toHaveLength(1);

    const stranger = createAuthority("clients").issue({ hosts: ["worker"] });
    for (const none of [{}, stranger]) {
      expect(await failure(call(none))).not.toMatchObject({ code: Code.Unauthenticated });
    }
    expect(server.usageRecords()).toHaveLength(1);
    expect(server.calls()).toEqual({ "ameide.meter.v1.MeterService/RecordUsage": 1 });
  });
});

test("who does not negotiate a version speaks HTTP/1.1", async () => {
  const { server, client } = await start({ tls: certificate });
  const nodeOptions = { ...trust, ALPNProtocols: [] };
  await client(MeterService, { nodeOptions }).recordUsage(usage);
  expect(server.usageRecords()).toHaveLength(1);
});

test("close ends connections that are idle, silent or in their handshake at once", async () => {
  const { server, client } = await start({ tls: certificate, graceMs: 60_000 });
  for (const httpVersion of ["1.1", "2"] as const) {
    await client(MeterService, { httpVersion, nodeOptions: trust }).recordUsage(usage);
  }
  const silent = connect(server.port, "127.0.0.1");
  const closed = once(silent, "close");
  await once(silent, "connect");
  await server.close();
  await expect(closed).resolves.toEqual([false]);
});
