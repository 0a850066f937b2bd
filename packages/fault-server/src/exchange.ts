import { setTimeout as wait } from "node:timers/promises";
import type { RequestHead } from "./recorder.js";
import type { Header, Http2Code } from "./script.js";

/** One request and its answer, alike over HTTP/1.1 and HTTP/2. */
export interface Exchange {
  readonly head: RequestHead;
  readonly connection: Connection;
  /** Aborted when the client, or its stream, is gone. */
  readonly gone: AbortSignal;
  /** Code of the client's RST_STREAM, if it left that way. */
  readonly resetCode: number | undefined;
  /** Reads the whole body. Throws `Gone`. */
  readBody(): Promise<Buffer>;
  /** Sends an interim answer without headers. Throws `Gone`. */
  sendInformational(status: number): Promise<void>;
  /** Sends bytes as they are. HTTP/2: throws `Unsupported`. */
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

/** Framing of an answer's head. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: readonly Header[];
  /** Bytes of the body, if known beforehand. */
  readonly length: number | undefined;
  readonly trailers: boolean;
  /** True if the request's body was not read. */
  readonly early: boolean;
  /** True if nothing follows the head, not even a cut. */
  readonly alone: boolean;
}

/** One accepted connection. */
export interface Connection {
  readonly id: number;
  /** Aborted when the connection is closed. */
  readonly closed: AbortSignal;
  /** Sends RST now. */
  reset(): void;
  /** Sends FIN after the data written; further input of the client is dropped. */
  fin(): void;
  /** Falls silent, and stays open. */
  silence(): void;
  /** Closes it gracefully: at once if it is idle, otherwise after the answers under way. */
  retire(): void;
}

/** Server above a connection. */
export interface Host {
  /** HTTP/2: maximum number of simultaneous streams on a connection. */
  readonly maxConcurrentStreams: number | undefined;
  /** Called when a request arrives, unread; true if it is not to be read. */
  unread(connection: Connection): boolean;
  /** Answers a request. Never rejects. */
  serve(exchange: Exchange): Promise<void>;
}

/** Thrown when the client hung up. */
export class Gone extends Error {
  override readonly name = "Gone";
}

/** Thrown when the script asks for something that this HTTP version cannot do. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

/**
 * Time for which an RST is held back after bytes were sent, in ms. libuv reports the two as a clean
 * end when they arrive together, which is not the requested fault.
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

/** Waits for a promise; throws `Gone` if the signal fires first. */
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
