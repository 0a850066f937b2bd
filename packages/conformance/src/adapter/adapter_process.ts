import { type ChildProcess, spawn } from "node:child_process";
import { create, fromJsonString, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import {
  AdapterRequestSchema,
  type AdapterResponse,
  AdapterResponseSchema,
} from "@ameideio/conformance-proto";
import { encodeFrame, FrameReader } from "./adapter_frames.js";

/** Command that starts the adapter of an SDK. */
export interface AdapterCommand {
  /** Id of the SDK: `ts`. */
  readonly sdk: string;
  /** Program and arguments; no shell. */
  readonly command: readonly [string, ...string[]];
  /**
   * Program and arguments that build it, run before it is started. Exit code 3 says that its toolchain is
   * not on this machine.
   */
  readonly build?: readonly [string, ...string[]];
  /** Folder it is started in. */
  readonly cwd: string;
  /** Environment variables besides those of this process. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** The abilities that its language lacks, each with the number of cases that need it. */
  readonly without?: Readonly<Record<string, number>>;
}

/** Request to an adapter, without its number. */
export type Question = NonNullable<MessageInitShape<typeof AdapterRequestSchema>["action"]>;

/**
 * Failure of a process that died, fell silent or wrote nonsense. All its outstanding requests fail
 * with this.
 */
export class AdapterFailure extends Error {
  override readonly name = "AdapterFailure";
}

export interface ProcessOptions {
  /** Time without a word after which the adapter fails, while a request is outstanding. */
  readonly silenceMs: number;
  /** Receives the text that the adapter writes to standard error. Default: only its end is kept. */
  readonly onStderr?: ((text: string) => void) | undefined;
}

interface Outstanding {
  resolve(response: AdapterResponse): void;
  reject(reason: AdapterFailure): void;
}

const STDERR_KEPT = 4096;
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) {
    child.kill("SIGKILL");
  }
});

/** One run of an adapter. Its first failure ends it for good. */
export class AdapterProcess {
  private readonly child: ChildProcess;
  private readonly outstanding = new Map<bigint, Outstanding>();
  private readonly frames = new FrameReader();
  private readonly exited: Promise<void>;
  private stderr = "";
  private nextId = 0n;
  private firstFailure: AdapterFailure | undefined;
  private silence: NodeJS.Timeout | undefined;

  constructor(
    { command: [program, ...args], cwd, env }: AdapterCommand,
    private readonly options: ProcessOptions,
  ) {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.child = child;
    running.add(child);
    this.exited = new Promise((resolve) => {
      child.once("error", (reason) => {
        running.delete(child);
        this.fail(`could not be started: ${reason.message}`);
        resolve();
      });
      // Not `exit`: output written before the end has to be read first.
      child.once("close", (code, signal) => {
        running.delete(child);
        const half = this.frames.rest > 0 ? " in the middle of a message" : "";
        this.fail(`ended${half} with ${signal ?? `exit code ${code}`}`);
        resolve();
      });
    });
    child.stdin?.on("error", () => {});
    child.stdout?.on("data", (chunk: Buffer) => this.read(chunk));
    child.stderr?.on("data", (chunk: Buffer) => {
      const text = chunk.toString();
      this.stderr = (this.stderr + text).slice(-STDERR_KEPT);
      this.options.onStderr?.(text);
    });
  }

  /** Failure that ended it, if it has failed. */
  get failure(): AdapterFailure | undefined {
    return this.firstFailure;
  }

  /** @throws AdapterFailure, even if another request was the reason. */
  ask(action: Question): Promise<AdapterResponse> {
    if (this.firstFailure !== undefined) {
      return Promise.reject(this.firstFailure);
    }
    const id = ++this.nextId;
    const request = create(AdapterRequestSchema, { id, action });
    return new Promise((resolve, reject) => {
      this.outstanding.set(id, { resolve, reject });
      if (this.outstanding.size === 1) {
        this.listen();
      }
      this.child.stdin?.write(encodeFrame(toJsonString(AdapterRequestSchema, request)));
    });
  }

  /**
   * Ends it: by the end of its input, then by force.
   *
   * @param patienceMs - Time it may take. Default 1000.
   * @returns `by itself`, or what happened instead.
   */
  async close(patienceMs = 1000): Promise<string> {
    this.child.stdin?.end();
    let forced = false;
    const force = setTimeout(() => {
      forced = true;
      this.child.kill("SIGKILL");
      // A child process of its own may keep them open.
      this.child.stdout?.destroy();
      this.child.stderr?.destroy();
    }, patienceMs);
    await this.exited;
    clearTimeout(force);
    if (forced) {
      return `not within ${patienceMs} ms of the end of its input`;
    }
    return this.child.exitCode === 0 ? "by itself" : (this.firstFailure?.message ?? "not at all");
  }

  private read(chunk: Buffer): void {
    if (this.firstFailure !== undefined) {
      return;
    }
    try {
      for (const json of this.frames.push(chunk)) {
        this.answer(json);
      }
    } catch (reason) {
      this.fail(`babbled: ${reason instanceof Error ? reason.message : String(reason)}`);
    }
  }

  private answer(json: string): void {
    const response = parseResponse(json);
    const waiting = this.outstanding.get(response.id);
    if (waiting === undefined) {
      throw new Error(`an answer with id ${response.id}, which nothing that is open has`);
    }
    this.outstanding.delete(response.id);
    this.listen();
    waiting.resolve(response);
  }

  private listen(): void {
    clearTimeout(this.silence);
    if (this.outstanding.size === 0) {
      return;
    }
    const { silenceMs } = this.options;
    this.silence = setTimeout(() => this.fail(`said nothing for ${silenceMs} ms`), silenceMs);
  }

  private fail(what: string): void {
    if (this.firstFailure !== undefined) {
      return;
    }
    clearTimeout(this.silence);
    const said = this.stderr.trim();
    const tail = said === "" ? "" : `\nstandard error:\n${said}`;
    this.firstFailure = new AdapterFailure(`the adapter ${what}${tail}`);
    this.child.kill("SIGKILL");
    const open = [...this.outstanding.values()];
    this.outstanding.clear();
    for (const waiting of open) {
      waiting.reject(this.firstFailure);
    }
  }
}

// The schema is strict: a field that nothing reads is a mistake of the adapter.
function parseResponse(json: string): AdapterResponse {
  try {
    return fromJsonString(AdapterResponseSchema, json);
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new Error(`a message that is no AdapterResponse (${why}): ${json.slice(0, 120)}`, {
      cause: reason,
    });
  }
}
