import type { RecordedRequest } from "@ameideio/fault-server";

/** One request as the fault server saw it: the same witness for both SDKs. */
export interface WireAttempt {
  /** `RecordUsage` */
  readonly method: string;
  /** When its head arrived, in milliseconds since the first attempt's. */
  readonly atMs: number;
  /** Until the server was done with it; null if it never was. */
  readonly tookMs: number | null;
  /** The timeout it stated. */
  readonly timeoutMs: number | null;
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
  /** How much of the request the server read. */
  readonly read: "nothing" | "head" | "body";
  /** Status of the answer; null if no head of one was sent. */
  readonly status: number | null;
  /** How the server broke the exchange off; null if it did not. */
  readonly brokenOff: string | null;
}

/** Returns the attempts among the requests of a fault server, without requests for tokens. */
export function wireAttempts(requests: readonly RecordedRequest[]): WireAttempt[] {
  const calls = requests.filter(({ path }) => !path.endsWith("/IssueServiceToken"));
  const start = calls[0]?.receivedAtMs ?? 0;
  return calls.map((request) => ({
    method: request.path.slice(request.path.lastIndexOf("/") + 1),
    atMs: round(request.receivedAtMs - start),
    tookMs:
      request.finishedAtMs === undefined
        ? null
        : round(request.finishedAtMs - request.receivedAtMs),
    timeoutMs: request.timeoutMs ?? null,
    requestId: header(request, "x-request-id"),
    idempotencyKey: header(request, "idempotency-key"),
    read: request.read,
    status: request.status ?? null,
    brokenOff: brokenOff(request),
  }));
}

function header({ headers }: RecordedRequest, wanted: string): string | null {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null;
}

function brokenOff({ action }: RecordedRequest): string | null {
  if (action === "exhausted") {
    return null;
  }
  const cut =
    "forward" in action ? action.forward.cut : "respond" in action ? action.respond.cut : undefined;
  if (cut !== undefined) {
    return typeof cut.how === "string" ? cut.how : "rst_stream";
  }
  const kind = Object.keys(action)[0] as string;
  return kind === "forward" || kind === "respond" ? null : kind;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
