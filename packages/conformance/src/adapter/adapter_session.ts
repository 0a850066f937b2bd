import type { DescribeResponse, RunRequest, RunResponse } from "@ameideio/conformance-proto";
import {
  type AdapterCommand,
  AdapterFailure,
  AdapterProcess,
  type ProcessOptions,
} from "./adapter_process.js";

/** Result of asking an adapter to run a case. */
export type RunResult =
  | { readonly response: RunResponse }
  /** Reason, if the adapter failed and not the SDK. */
  | { readonly failure: string };

export interface SessionOptions extends ProcessOptions {
  /** Maximum number of simultaneously open requests. */
  readonly window: number;
  /** Number of restarts after which all remaining cases are given up. Default 6. */
  readonly maxRestarts?: number;
}

interface Job {
  prepare(): RunRequest | Promise<RunRequest>;
  resolve(result: RunResult): void;
}

/**
 * Session with an adapter that is restarted when it fails.
 *
 * A failure can be blamed on a case only if no other case was open. So the cases that were open
 * when an adapter failed are asked again, one at a time; one that fails alone gets the blame, and
 * then the others go on.
 */
export class AdapterSession {
  private readonly queue: Job[] = [];
  private readonly open = new Set<Job>();
  private readonly suspects = new Set<Job>();
  private process: AdapterProcess | undefined;
  private restarts = 0;
  private givenUp: string | undefined;
  private unexplained: string | undefined;

  /** Failures of the adapter that could not be blamed on a case. */
  readonly problems: string[] = [];

  constructor(
    private readonly command: AdapterCommand,
    private readonly options: SessionOptions,
  ) {}

  /** @throws AdapterFailure */
  async describe(): Promise<DescribeResponse> {
    const { result } = await this.running().ask({ case: "describe", value: {} });
    if (result.case === "describe") {
      return result.value;
    }
    throw new AdapterFailure(
      result.case === "error"
        ? `the adapter could not say what it is: ${result.value}`
        : "the adapter did not answer what it is",
    );
  }

  /**
   * Runs one case. Never rejects.
   *
   * @param prepare - Creates the request; called again if the case has to be asked again.
   */
  run(prepare: () => RunRequest | Promise<RunRequest>): Promise<RunResult> {
    return new Promise((resolve) => {
      this.queue.push({ prepare, resolve });
      this.pump();
    });
  }

  async close(): Promise<void> {
    await this.process?.close();
  }

  /** Closes it with full patience; returns `by itself`, or what happened instead. */
  async end(): Promise<string> {
    return (await this.process?.close(this.options.silenceMs)) ?? "before its input did";
  }

  /** Returns another session with the same adapter. */
  another(): AdapterSession {
    return new AdapterSession(this.command, this.options);
  }

  private running(): AdapterProcess {
    const failure = this.process?.failure;
    if (failure !== undefined) {
      this.problems.push(`between two cases, ${failure.message}`);
      this.lost(failure);
    }
    return (this.process ??= new AdapterProcess(this.command, this.options));
  }

  private pump(): void {
    const window = this.suspects.size > 0 ? 1 : this.options.window;
    while (this.open.size < window) {
      const job = this.queue.shift();
      if (job === undefined) {
        return;
      }
      if (this.givenUp !== undefined) {
        job.resolve({ failure: this.givenUp });
      } else {
        void this.start(job);
      }
    }
  }

  private async start(job: Job): Promise<void> {
    this.open.add(job);
    let process = this.running();
    try {
      const request = await job.prepare();
      if (!this.open.has(job)) {
        return;
      }
      process = this.running();
      const { result } = await process.ask({ case: "run", value: request });
      this.settle(job, resultOf(result));
    } catch (reason) {
      if (reason instanceof AdapterFailure) {
        this.failed(process, reason);
      } else {
        this.settle(job, { failure: `the runner failed: ${String(reason)}` });
      }
    }
    this.pump();
  }

  private settle(job: Job, result: RunResult): void {
    if (!this.open.delete(job)) {
      return;
    }
    if (this.suspects.delete(job) && this.suspects.size === 0 && this.unexplained !== undefined) {
      this.problems.push(`with several cases open, none of which fails alone: ${this.unexplained}`);
      this.unexplained = undefined;
    }
    job.resolve(result);
  }

  // All open requests of a process fail at once; the first to arrive acts for all.
  private failed(process: AdapterProcess, reason: AdapterFailure): void {
    if (process !== this.process) {
      return;
    }
    const open = [...this.open];
    const [only] = open;
    if (only !== undefined && this.suspects.has(only)) {
      this.unexplained = undefined;
      this.settle(only, { failure: reason.message });
    } else {
      this.unexplained = reason.message;
      for (const job of open) {
        this.open.delete(job);
        this.suspects.add(job);
      }
      this.queue.unshift(...open);
    }
    this.lost(reason);
  }

  private lost(reason: AdapterFailure): void {
    this.process = undefined;
    if (++this.restarts <= (this.options.maxRestarts ?? 6)) {
      return;
    }
    this.givenUp = `given up after the adapter failed ${this.restarts} times; at last: ${reason.message}`;
    this.suspects.clear();
  }
}

function resultOf(result: {
  readonly case: string | undefined;
  readonly value?: unknown;
}): RunResult {
  if (result.case === "run") {
    return { response: result.value as RunResponse };
  }
  if (result.case === "error") {
    return { failure: `the adapter failed: ${String(result.value)}` };
  }
  return { failure: "the adapter answered something else than what happened" };
}
