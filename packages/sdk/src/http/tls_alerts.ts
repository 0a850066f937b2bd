import type { TLSSocket } from "node:tls";
import { IS_NODE } from "./is_node.js";

// A received alert is read in the next turn of the loop; a busy machine takes longer.
const ALERT_MS = 100;

type Written = (error?: Error | null) => void;

// Part that Node's types leave out: how a stream passes on written data.
interface Writing {
  ["_write"]: (this: TLSSocket, chunk: unknown, encoding: BufferEncoding, written: Written) => void;
  ["_writev"]: (this: TLSSocket, chunks: unknown, written: Written) => void;
}

/**
 * Makes a failed write report what the server said before it closed. With TLS 1.3 a server refuses
 * a client certificate after the handshake, and a late write would fail with EPIPE while the reason
 * is still unread.
 */
export function readAlertsFirst(socket: TLSSocket): void {
  if (!IS_NODE) {
    return;
  }
  const own = socket as unknown as Writing;
  const { _write: write, _writev: writev } = own;
  const told =
    (written: Written): Written =>
    (error) => {
      if (error === null || error === undefined || socket.bytesRead > 0 || socket.destroyed) {
        written(error);
        return;
      }
      const tell = (alert?: unknown) => {
        clearTimeout(timer);
        socket.off("error", tell);
        socket.off("close", tell);
        written(alert instanceof Error ? alert : error);
      };
      const timer = setTimeout(tell, ALERT_MS);
      socket.on("error", tell);
      socket.on("close", tell);
    };
  Object.assign<Writing, Writing>(own, {
    _write: (chunk, encoding, written) => write.call(socket, chunk, encoding, told(written)),
    _writev: (chunks, written) => writev.call(socket, chunks, told(written)),
  });
}
