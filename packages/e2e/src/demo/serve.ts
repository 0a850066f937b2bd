import { startReferenceServer } from "@ameideio/reference-server";
import { TENANT } from "./sdks.js";

/** Keeps the reference server up until the process is told to end. */
export async function serve(port: number, write: (text: string) => void): Promise<void> {
  const server = await startReferenceServer({ port, allowedOrigins: ["*"] }).catch(
    (reason: Error) => {
      throw new Error(`${reason.message} (--port N)`, { cause: reason });
    },
  );
  const told = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => resolve());
    }
  });
  write(`reference server on ${server.url} · Connect, gRPC and gRPC-Web · HTTP/1.1 and HTTP/2

bill one use:
${curl(server.url, "RecordUsage", '{"teamId":"core","eventType":"completion"}')}

what was billed, a repeat of the call above included:
${curl(server.url, "GetUsageSummary", "{}")}

add -H 'idempotency-key: 1' to the first, and a repeat of it bills nothing
end with Ctrl-C
`);
  await told;
  await server.close();
  write("stopped\n");
}

function curl(url: string, method: string, body: string): string {
  return [
    `  curl ${url}/ameide.meter.v1.MeterService/${method}`,
    `    -H 'content-type: application/json' -H 'x-tenant-id: ${TENANT}'`,
    `    -d '${body}'`,
  ].join(" \\\n");
}
