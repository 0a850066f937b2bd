import { setTimeout as wait } from "node:timers/promises";
import type { RequestHead } from "./recorder.js";
import type { Header, Http2Code } from "./script.js";

/** One request and its answer, alike over HTTP/1.1 and HTTP/2. */
export interface Exchange {
  readonly head: RequestHead;
  readonly connection: Connection;
  /** Aborted when the client is gone, or its stream is. */
  readonly gone: AbortSignal;
  /** Code of the client's RST_STREAM, if that is how it went. */
  readonly resetCode: number | undefined;
  /** The whole body. Throws `Gone`. */
  readBody(): Promise<Buffer>;
  /** An answer without headers before the answer. Throws `Gone`. */
  sendInformational(status: number): Promise<void>;
  /** Bytes that stand for themselves. HTTP/2: throws `Unsupported`. */
  sendRaw(bytes: Buffer): Promise<void>;
  /** Resolves when the head has been handed to the kernel. Throws `Gone`. */
  sendHead(head: AnswerHead): Promise<void>;
  /**
   * Sends a piece of the body; resolves when it has been handed to the kernel. Where pieces state
   * their size (chunked coding), `declared` is the size stated. Throws `Gone`.
   */
  sendBody(bytes: Buffer, declared: number): Promise<void>;
  /** Ends the answer in good order. Throws `Gone`. */
  end(trailers: readonly Header[]): Promise<void>;
  /** Leaves a half-sent answer as it is, for good. Resolves when the client is gone. */
  stall(): Promise<void>;
  /** RST_STREAM. HTTP/1.1: throws `Unsupported`. */
  rstStream(code: Http2Code): Promise<void>;
  /** A raw GOAWAY. HTTP/1.1: throws `Unsupported`. */
  goaway(lastStream: "before" | "this", code: Http2Code): Promise<void>;
}

/** How the head of an answer is framed. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: readonly Header[];
  /** Bytes of the body, if known beforehand. */
  readonly length: number | undefined;
  readonly trailers: boolean;
  /** The request's body was not read. */
  readonly early: boolean;
  /** Nothing follows the head, not even a cut. */
  readonly alone: boolean;
}

/** One accepted connection. */
export interface Connection {
  readonly id: number;
  /** Aborted when the connection is closed. */
  readonly closed: AbortSignal;
  /** RST, now. */
  reset(): void;
  /** FIN after what was written; what the client still sends is dropped. */
  fin(): void;
  /** It stays open, and nothing is said on it any more. */
  silence(): void;
  /** Closes it in good order: at once if it is idle, else with the answers under way. */
  retire(): void;
}

/** What a connection asks of the server above it. */
export interface Host {
  /** HTTP/2: so many streams at once on a connection. */
  readonly maxConcurrentStreams: number | undefined;
  /** Called when a request arrives, unread; true if it is not to be read. */
  unread(connection: Connection): boolean;
  /** Answers a request. Never rejects. */
  serve(exchange: Exchange): Promise<void>;
}

/** The client hung up. */
export class Gone extends Error {
  override readonly name = "Gone";
}

/** The script asks for what this HTTP version cannot do. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

/**
 * How long to hold an RST back after bytes were sent, in ms. libuv reports the two as a clean end
 * when they arrive together, and an end is not the fault that was asked for.
 */
export const RESET_GAP_MS = 5;

/** Waits on the real clock; throws `Gone` as soon as the client hangs up. */
export async function pause(ms: number | undefined, gone: AbortSignal): Promise<void> {
  if (gone.aborted) {
    throw new Gone();
  }
  if (!ms) {
    return;
  }
  await wait(ms, undefined, { signal: gone }).catch(() => {
    throw new Gone();
  });
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}

/** The promise, or `Gone` if the signal is first. */
export async function orGone<T>(promise: Promise<T>, gone: AbortSignal): Promise<T> {
  if (gone.aborted) {
    throw new Gone();
  }
  let onAbort = () => {};
  const failed = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Gone());
    gone.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, failed]);
  } finally {
    gone.removeEventListener("abort", onAbort);
  }
}
