import { type Exchange, pause } from "./exchange.js";
import type { Body, Cut, Header, Respond } from "./script.js";

/** An answer ready to be sent. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly parts: readonly Part[];
  readonly trailers: readonly Header[];
  /** True to send the pieces as pieces, without a length stated beforehand. */
  readonly chunked: boolean;
  readonly informational?: readonly number[] | undefined;
  readonly early: boolean;
  readonly cut?: Cut | undefined;
}

interface Part {
  readonly bytes: Buffer;
  readonly delayMs?: number | undefined;
}

export function toAnswer(respond: Respond): Answer {
  const body = respond.body ? [{ bytes: toBytes(respond.body) }] : [];
  return {
    status: respond.status,
    headers: respond.headers ?? [],
    parts: respond.chunks?.map((c) => ({ bytes: toBytes(c), delayMs: c.delayMs })) ?? body,
    trailers: respond.trailers ?? [],
    chunked: respond.chunks !== undefined || respond.trailers !== undefined,
    informational: respond.informational,
    early: respond.early ?? false,
    cut: respond.cut,
  };
}

export function toBytes(body: Body): Buffer {
  if ("text" in body) {
    return Buffer.from(body.text, "utf8");
  }
  if ("base64" in body) {
    return Buffer.from(body.base64, "base64");
  }
  if ("zeros" in body) {
    return Buffer.alloc(body.zeros);
  }
  return Buffer.from(JSON.stringify(body.json), "utf8");
}

/**
 * Sends the answer, up to where it is cut.
 * @returns true if it was sent whole
 */
export async function send(answer: Answer, exchange: Exchange): Promise<boolean> {
  const { cut } = answer;
  if (cut?.after === "nothing") {
    return false;
  }
  for (const status of answer.informational ?? []) {
    await exchange.sendInformational(status);
  }
  const length = answer.parts.reduce((sum, part) => sum + part.bytes.length, 0);
  await exchange.sendHead({
    status: answer.status,
    headers: answer.headers,
    length: answer.chunked ? undefined : length,
    trailers: answer.trailers.length > 0,
    early: answer.early,
    alone: answer.parts.length === 0 && answer.trailers.length === 0 && !cut,
  });
  let left = bytesBefore(cut, length);
  for (const { bytes, delayMs } of answer.parts) {
    if (left === 0 && cut) {
      return false;
    }
    await pause(delayMs, exchange.gone);
    await exchange.sendBody(bytes.subarray(0, left), bytes.length);
    left -= Math.min(left, bytes.length);
  }
  if (cut) {
    return false;
  }
  await exchange.end(answer.trailers);
  return true;
}

function bytesBefore(cut: Cut | undefined, length: number): number {
  if (!cut) {
    return Number.POSITIVE_INFINITY;
  }
  if (cut.after === "half") {
    return Math.floor(length / 2);
  }
  return typeof cut.after === "number" ? cut.after : 0;
}
