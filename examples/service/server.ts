import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { call, createClient } from "@ameideio/ameide-sdk-ts";
import { MeterService } from "@ameideio/ameide-sdk-ts/meter/v1";
import { createAmeideTransport, withDeadlineFrom } from "@ameideio/ameide-sdk-ts/node";
import { ThreadsService } from "@ameideio/ameide-sdk-ts/threads/v1";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";

// One for the whole process: its connections, its token and its retry budget are shared.
const transport = createAmeideTransport({
  baseUrl: process.env["BASE_URL"] ?? "http://127.0.0.1:8080",
  allowInsecureLoopback: true, // only for http to this machine
});
const meter = createClient(MeterService, transport);

function routes(router: ConnectRouter): void {
  router.service(ThreadsService, {
    async createThread({ title }, context) {
      const tenant = context.requestHeader.get("x-tenant-id");
      if (tenant === null) {
        throw new ConnectError("a tenant is required", Code.InvalidArgument);
      }
      const usage = { teamId: tenant, eventType: "thread_created" };
      await withDeadlineFrom(context, () => meter.recordUsage(usage, call({ tenant })));
      return { thread: { id: randomUUID(), title } };
    },
  });
}

const server = createServer(connectNodeAdapter({ routes }));
server.listen(Number(process.env["PORT"] ?? 8081), "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  console.log(`listening on http://127.0.0.1:${port}`);
});

process.once("SIGTERM", () => {
  server.close(() => void transport.drain({ timeoutMs: 10_000 }));
});
