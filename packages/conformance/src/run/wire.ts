import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { Certificate, RunRequestSchema, ScriptSchema } from "@ameideio/conformance-proto";
import {
  type Authority,
  createAuthority,
  type FaultServer,
  needsOwnServer,
  type RecordedRequest,
  startFaultServer,
  type SuiteRun,
  suiteTls,
  toFaultScript,
} from "@ameideio/fault-server";
import type { AdapterSession, RunResult } from "../adapter/adapter_session.js";
import type { Arrived } from "../compare/requests.js";
import type { LoadedCase } from "../suite/load_file.js";
import { type Combination, kindsOf } from "../suite/plan.js";

/** Longest time for requests under way at the end of a call to arrive, in milliseconds. */
const SETTLE_MS = 300;

/** Place of a case's server. */
interface Place {
  readonly server: FaultServer;
  readonly url: string;
  readonly requests: () => readonly RecordedRequest[];
  leave(): Promise<void>;
}

/** Result of a case. */
export interface Ran {
  readonly result: RunResult;
  readonly requests: readonly Arrived[];
  /** End of its process, if it had one of its own. */
  readonly processEnd?: string | undefined;
}

/** Runs cases over real sockets: one server for all that can share one, each under its own path. */
export class WireRunner {
  private readonly authority: Authority = createAuthority();
  private shared: Promise<FaultServer> | undefined;
  private mounted = 0;
  // Few at once, so that the slow start of a process does not look like silence.
  private readonly lanes: Promise<unknown>[] = Array.from({ length: 3 }, () => Promise.resolve());
  private aloneRuns = 0;

  /** @param session - Session for all cases except those with a process of their own. */
  constructor(private readonly session: AdapterSession) {}

  /** Runs one case. Never rejects. */
  async run(one: LoadedCase, combination: Combination): Promise<Ran> {
    if (one.message.expect?.processEnds !== true) {
      return this.runIn(this.session, one, combination);
    }
    const lane = this.aloneRuns++ % this.lanes.length;
    const ran = (this.lanes[lane] ?? Promise.resolve()).then(() => {
      const own = this.session.another();
      return this.runIn(own, one, combination, () => own.end());
    });
    this.lanes[lane] = ran.catch(() => {});
    return ran;
  }

  /** @param end - Ends the session while the server is still there, and says how it ended. */
  private async runIn(
    session: AdapterSession,
    one: LoadedCase,
    combination: Combination,
    end?: () => Promise<string>,
  ): Promise<Ran> {
    const script = one.message.server ?? create(ScriptSchema);
    let place: Place | undefined;
    const result = await session.run(async () => {
      await place?.leave();
      place = undefined;
      place = await this.enter(one, combination);
      return create(RunRequestSchema, {
        ...(one.message.given === undefined ? {} : { given: one.message.given }),
        baseUrl: place.url,
        ca: script.certificate === Certificate.UNSPECIFIED ? "" : this.authority.cert,
        ...this.clientCertificate(one),
        entry: combination.entry,
        protocol: combination.protocol,
        format: combination.format,
        http: combination.http,
        httpClient: combination.httpClient,
      });
    });
    if (place !== undefined && "response" in result) {
      await settle(place, one);
    }
    const processEnd = await end?.();
    const requests = place?.requests().map(toArrived) ?? [];
    await place?.leave();
    return { result, requests, processEnd };
  }

  async close(): Promise<void> {
    await (await this.shared)?.close();
  }

  private clientCertificate({ message }: LoadedCase) {
    if (message.given?.client?.clientCertificate !== true) {
      return {};
    }
    const { cert, key } = this.authority.issue({ hosts: ["client.test"] });
    return { clientCertificate: cert, clientKey: key };
  }

  private async enter(one: LoadedCase, { format, protocol }: Combination): Promise<Place> {
    const script = one.message.server ?? create(ScriptSchema);
    const streams = kindsOf(one).some((kind) => kind !== "unary");
    const { maxConcurrentStreams } = script;
    const limits = maxConcurrentStreams === 0 ? {} : { maxConcurrentStreams };
    const faultsOn = ({ port }: FaultServer) =>
      toFaultScript(script, { format, protocol, port, streams } as SuiteRun);
    if (needsOwnServer(script)) {
      const tls = suiteTls(script, this.authority);
      const server = await startFaultServer({ ...limits, ...(tls && { tls }) });
      try {
        await server.reset(faultsOn(server));
      } catch (reason) {
        await server.close();
        throw reason;
      }
      return {
        server,
        url: server.url,
        requests: () => server.requests,
        leave: () => server.close(),
      };
    }
    const server = await (this.shared ??= startFaultServer());
    const id = `case${++this.mounted}`;
    const mounted = server.mount(id, faultsOn(server));
    return {
      server,
      url: mounted.url,
      requests: () => mounted.requests,
      leave: () => Promise.resolve(server.unmount(id)),
    };
  }
}

function expectedRequests({ message, json }: LoadedCase): number {
  const stated = (json.expect as { requests?: unknown[] } | undefined)?.requests;
  return stated?.length ?? message.expect?.requestCount ?? 0;
}

// Waits for requests that a client sent just before it gave up, and for its hanging up, which are
// seen a moment after its call ended.
async function settle({ server, requests }: Place, one: LoadedCase): Promise<void> {
  const count = expectedRequests(one);
  const isSeen = one.message.expect?.requests.some(({ canceled }) => canceled) ? isOver : isRead;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, SETTLE_MS);
  });
  const arrived = server.until(() => {
    const seen = requests();
    return seen.length >= count && seen.every(isSeen);
  });
  await Promise.race([late, arrived]).catch(() => {});
  clearTimeout(timer);
}

function isRead(record: RecordedRequest): boolean {
  return record.read === "body" || isOver(record);
}

function isOver({ finishedAtMs }: RecordedRequest): boolean {
  return finishedAtMs !== undefined;
}

function toArrived(record: RecordedRequest): Arrived {
  return {
    method: record.method,
    headers: record.headers.map(([name, value]) => ({
      $typeName: "ameide.conformance.v1.Header",
      name,
      value,
    })),
    bodySha256: bodyHash(record),
    atMs: record.receivedAtMs,
    body: record.body,
    canceled: record.closedEarly,
    exhausted: record.action === "exhausted",
    connection: record.connection,
    ...(record.httpVersion === undefined ? {} : { http: record.httpVersion }),
  };
}

// The message of a GET is in its query. Of an unread body nothing is known.
function bodyHash({ method, path, read, bodySha256 }: RecordedRequest): string {
  if (method === "GET") {
    const query = path.split("?", 2)[1] ?? "";
    return createHash("sha256").update(query).digest("hex");
  }
  return read === "body" ? bodySha256 : "";
}
