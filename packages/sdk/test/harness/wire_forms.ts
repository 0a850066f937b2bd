import { Code, ConnectError } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import type { MessageForm } from "../../src/protocol/form.js";

/** Binary messages without compression, of 1024 bytes at most. */
export const FORM: MessageForm = {
  json: false,
  accept: undefined,
  send: undefined,
  compressFromBytes: 1024,
  readMaxBytes: 1024,
};

/** The same with gzip both ways. */
export const GZIP: MessageForm = { ...FORM, accept: compressionGzip, send: compressionGzip };

/** Returns the name of the code that something throws, or `ok`. */
export function codeOf(run: () => unknown): string {
  try {
    run();
    return "ok";
  } catch (reason) {
    return reason instanceof ConnectError ? Code[reason.code] : String(reason);
  }
}

/** Throws an error, if there is one. */
export function thrown(error: ConnectError | undefined): void {
  if (error !== undefined) {
    throw error;
  }
}

/** Returns an envelope. */
export function envelope(flags: number, content: Uint8Array): Uint8Array {
  const whole = new Uint8Array(5 + content.length);
  whole[0] = flags;
  new DataView(whole.buffer).setUint32(1, content.length);
  whole.set(content, 5);
  return whole;
}
