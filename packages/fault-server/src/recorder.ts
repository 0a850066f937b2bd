import { createHash } from "node:crypto";
import type { Action, Header } from "./script.js";

/** Record of one request, and of the server's reaction. Plain data. */
export interface RecordedRequest {
  /** Id of the script that answered; empty for the server's own. */
  readonly script: string;
  /** Path of the route that answered, if the script has one for it. */
  readonly route?: string;
  /** Position among the requests of that script or route, from 0; refused connects included. */
  readonly index: number;
  /** Action taken; `exhausted` if the script had none left. */
  readonly action: Action | "exhausted";
  /** Number of the connection, from 1; the same number means the connection was reused. */
  readonly connection: number;
  /** Absent if nothing was read. */
  httpVersion?: "1.1" | "2";
  /** HTTP/2 only. */
  streamId?: number;
  /** Part of the request that was read. The fields below are empty beyond that. */
  read: "nothing" | "head" | "body";
  method: string;
  /** Request target without the script's prefix, with its query, undecoded. */
  path: string;
  /** `:authority`, or the host header. */
  authority: string;
  /** As on the wire: order, case, repetitions. Pseudo-headers are left out. */
  headers: readonly Header[];
  /** From connect-timeout-ms or grpc-timeout, in ms; absent when there is none or it is malformed. */
  timeoutMs?: number;
  bodyBytes: number;
  /** The first 64 KiB of the body; empty if none was read. */
  body: Uint8Array;
  /** SHA-256 of the body in lower-case hex; that of no bytes if none was read. */
  bodySha256: string;
  /** Arrival of its head, in ms since the server started, on a monotonic clock. */
  readonly receivedAtMs: number;
  /** Time since the head of the script's previous request, in ms; absent on the first. */
  readonly gapMs?: number;
  /** End of the action, in ms since the server started; absent while it is under way. */
  finishedAtMs?: number;
  /** Status of the head that was sent, if any. */
  status?: number;
  /** True if the client hung up, or reset the stream, before the action was complete. */
  closedEarly: boolean;
  /** Code of the client's RST_STREAM, if it hung up that way. HTTP/2 only. */
  resetCode?: number;
}

/** Facts of a request at the start of its action. */
export type Arrival = Pick<
  RecordedRequest,
  "script" | "route" | "index" | "action" | "connection"
> & { readonly head?: RequestHead };

/** Head of a request, the same for both HTTP versions. */
export interface RequestHead {
  readonly httpVersion: "1.1" | "2";
  readonly streamId?: number;
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: readonly Header[];
}

const KEPT_BYTES = 64 * 1024;
const NO_BYTES = sha256(Buffer.alloc(0));

/** Keeps the records of one server, and wakes callers that wait for a change. */
export class Recorder {
  readonly requests: RecordedRequest[] = [];
  private readonly start = performance.now();
  private readonly last = new Map<string, number>();
  private readonly byScript = new Map<string, RecordedRequest[]>();
  private readonly waiting = new Set<() => void>();

  begin(arrival: Arrival): RecordedRequest {
    const { head, ...rest } = arrival;
    const now = this.now();
    const previous = this.last.get(arrival.script);
    this.last.set(arrival.script, now);
    const timeoutMs = head && readTimeout(head.headers);
    const record: RecordedRequest = {
      ...rest,
      read: head ? "head" : "nothing",
      method: "",
      path: "",
      authority: "",
      headers: [],
      ...head,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      bodyBytes: 0,
      body: new Uint8Array(),
      bodySha256: NO_BYTES,
      receivedAtMs: now,
      ...(previous === undefined ? {} : { gapMs: now - previous }),
      closedEarly: false,
    };
    this.requests.push(record);
    this.recordsOf(arrival.script).push(record);
    return record;
  }

  /** The records of a script so far, oldest first. */
  of(script: string): readonly RecordedRequest[] {
    return [...this.recordsOf(script)];
  }

  // Who waits looks at every change, while the records of all scripts are many.
  private recordsOf(script: string): RecordedRequest[] {
    const records = this.byScript.get(script) ?? [];
    this.byScript.set(script, records);
    return records;
  }

  body(record: RecordedRequest, bytes: Buffer): void {
    record.read = "body";
    record.bodyBytes = bytes.length;
    record.body = Uint8Array.from(bytes.subarray(0, KEPT_BYTES));
    record.bodySha256 = sha256(bytes);
    this.changed();
  }

  finish(record: RecordedRequest, how: { readonly closedEarly: boolean }): void {
    record.closedEarly = how.closedEarly;
    record.finishedAtMs = this.now();
    this.changed();
  }

  forget(): void {
    this.requests.length = 0;
    this.byScript.clear();
    this.last.clear();
  }

  now(): number {
    return performance.now() - this.start;
  }

  /** Wakes all callers of `until`. */
  changed(): void {
    for (const wake of this.waiting) {
      wake();
    }
  }

  /** Resolves once `condition` holds, checked now and after every change; rejects on abort. */
  until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          if (signal.aborted) {
            throw new Error("fault server: closed while waiting");
          }
          if (!condition()) {
            return;
          }
          resolve();
        } catch (reason) {
          reject(reason);
        }
        this.waiting.delete(look);
      };
      this.waiting.add(look);
      look();
    });
  }
}

const GRPC_UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * Returns the deadline that a request states, in ms: `connect-timeout-ms` (Connect protocol: up to
 * 10 digits) or `grpc-timeout` (gRPC over HTTP/2: up to 8 digits and a unit).
 */
export function readTimeout(headers: readonly Header[]): number | undefined {
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === "connect-timeout-ms" && /^\d{1,10}$/.test(value)) {
      return Number(value);
    }
    const grpc = lower === "grpc-timeout" ? /^(\d{1,8})([HMSmun])$/.exec(value) : null;
    if (grpc) {
      return Number(grpc[1]) * (GRPC_UNITS[grpc[2] ?? ""] ?? Number.NaN);
    }
  }
  return undefined;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
