import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FaultServer } from "@ameideio/fault-server";
import { allowOrigins } from "./cors.js";
import type { Witness } from "./witness.js";

const LONGEST_WAIT_MS = 5_000;

/**
 * Starts a server that tells programs what the other servers saw:
 *
 * - `/requests?mount=<id>&until=<count | hung-up>`: the requests of a script of the fault server,
 *   once there are so many, or one whose client hung up;
 * - `/left?id=<id>`: once the witness saw a stream end that its client left.
 *
 * A condition that is not met within five seconds is answered with 504.
 */
export async function startSeenServer(
  faults: FaultServer,
  witness: Witness,
): Promise<{ readonly url: string; close(): void }> {
  const answers: Record<string, (query: URLSearchParams) => Promise<unknown>> = {
    async "/requests"(query) {
      const until = query.get("until");
      const own = () => faults.requests.filter(({ script }) => script === query.get("mount"));
      await faults.until(() =>
        until === "hung-up"
          ? own().some(({ closedEarly }) => closedEarly)
          : own().length >= Number(until),
      );
      return own();
    },
    async "/left"(query) {
      await witness.left(query.get("id") ?? "");
      return true;
    },
  };
  const server = createServer((request, response) => {
    if (allowOrigins(request, response)) {
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? "", "http://seen");
    const end = (status: number, body: unknown) => {
      clearTimeout(timer);
      if (!response.writableEnded) {
        response.writeHead(status).end(JSON.stringify(body));
      }
    };
    const timer = setTimeout(() => end(504, `${request.url} did not come true`), LONGEST_WAIT_MS);
    const asked = answers[pathname]?.(searchParams) ?? Promise.reject(new Error("no such path"));
    asked.then(
      (body) => end(200, body),
      (error: unknown) => end(500, String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
