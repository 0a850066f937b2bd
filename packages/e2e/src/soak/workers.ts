import { real, wait } from "../leak/watch.js";
import { Code } from "@connectrpc/connect";
import { type CallRecord, type Kind, nowMs } from "./records.js";
import { BOUNDS, LOAD, RAMP_MS, TIMES } from "./settings.js";

const MIX: readonly (readonly [Kind, number])[] = [
  ["idempotent", 0.6],
  ["unknown", 0.2],
  ["stream", 0.15],
  ["brief", 0.05],
];
const WHY_LENGTH = 300;

/** Workers that make one call after another, and write down how each ended. */
export class Workers {
  private records: CallRecord[] = [];
  private open = 0;
  private number = 0;
  private stopping = false;
  private done = false;
  private all: Promise<unknown> = Promise.resolve();

  constructor(private readonly call: (kind: Kind, text: string) => Promise<void>) {}

  /** Every call has been reported. */
  get stopped(): boolean {
    return this.done && this.records.length === 0;
  }

  /** @param name - Start of the texts of this client's calls. */
  start(name: string, workers: number): void {
    const working = Array.from({ length: workers }, async (_, index) => {
      await wait((RAMP_MS * index) / workers);
      await this.work(name);
    });
    this.all = Promise.all([...working, this.probe(name)]);
  }

  /** Returns the calls that ended since the last request. */
  take(): readonly CallRecord[] {
    const records = this.records;
    this.records = [];
    return records;
  }

  /** Begins no more calls, and waits for those that are there: how many never end. */
  async stop(): Promise<number> {
    this.stopping = true;
    const limit = new AbortController();
    await Promise.race([this.all, waitUnless(limit.signal, TIMES.deadlineMs * 1.5)]);
    limit.abort();
    this.done = true;
    return this.open;
  }

  private async work(name: string): Promise<void> {
    while (!this.stopping) {
      const well = await this.one(pick(), this.next(name));
      // A worker that fails at once, and would begin again at once, would take all of the CPU.
      await wait(Math.random() * LOAD.thinkMs + (well ? 0 : LOAD.leastMs));
    }
  }

  private async probe(name: string): Promise<void> {
    const probes = new Set<Promise<boolean>>();
    while (!this.stopping) {
      const probe = this.one("idempotent", this.next(name), { probe: true });
      probes.add(probe);
      void probe.then(() => probes.delete(probe));
      await wait(LOAD.probeMs);
    }
    await Promise.all(probes);
  }

  private next(name: string): string {
    return `${name} ${this.number++}`;
  }

  private async one(
    kind: Kind,
    text: string,
    more: Pick<CallRecord, "probe"> = {},
  ): Promise<boolean> {
    const watch = new DeadlineWatch(kind === "brief" ? LOAD.briefMs : TIMES.deadlineMs);
    const begin = nowMs();
    this.open += 1;
    let why: string | undefined;
    let byTime = false;
    try {
      await this.call(kind, text);
    } catch (reason) {
      why = String(reason).slice(0, WHY_LENGTH);
      byTime = isByTime(reason);
    }
    this.open -= 1;
    this.records.push({
      kind,
      ...more,
      begin,
      end: nowMs(),
      ...(why !== undefined && { why }),
      ...(byTime && { byTime }),
      ...watch.end(),
    });
    return why === undefined;
  }
}

/**
 * Sees whether a call outlives its deadline, by the order of things in this process: once a timer
 * for the deadline has fired, one for the bound is set, and who is there a turn after that is late.
 * Time that the process does not have counts for both.
 */
class DeadlineWatch {
  private timer: NodeJS.Timeout;
  private passed: number | undefined;
  private late = false;

  constructor(deadlineMs: number) {
    this.timer = real.setTimeout(() => {
      this.passed = nowMs();
      this.timer = real.setTimeout(() => setImmediate(() => (this.late = true)), BOUNDS.lateMs);
    }, deadlineMs);
  }

  end(): Pick<CallRecord, "overdueMs" | "late"> {
    real.clearTimeout(this.timer);
    return {
      ...(this.passed !== undefined && { overdueMs: nowMs() - this.passed }),
      ...(this.late && { late: true }),
    };
  }
}

// Words of the SDK if time ended a connect or a connection, or prevents a retry, including a budget
// that earlier calls have spent.
const OF_TIME =
  /\((?:connectTimeoutMs|WithConnectTimeout)\)|no answer to a PING|would exceed the deadline|no time is left before the deadline|the retry budget is used up/;

// Connect and gRPC have the same number for it; the SDK also reports each attempt.
function isByTime(reason: unknown): boolean {
  const { code, attempts = [] } = reason as {
    readonly code?: unknown;
    readonly attempts?: readonly { readonly code: string }[];
  };
  const isDeadline = code === Code.DeadlineExceeded || OF_TIME.test(String(reason));
  return isDeadline || attempts.some((attempt) => attempt.code === "deadline_exceeded");
}

function pick(): Kind {
  let left = Math.random();
  for (const [kind, share] of MIX) {
    left -= share;
    if (left < 0) {
      return kind;
    }
  }
  return "idempotent";
}

function waitUnless(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = real.setTimeout(resolve, ms);
    signal.addEventListener("abort", () => real.clearTimeout(timer), { once: true });
  });
}
