import type { ClientHttp2Stream } from "node:http2";
import type { Recording } from "../wire/recorder.js";
import { failIfCutShort } from "./cut_short.js";
import type { Http2Connection } from "./http2_connection.js";
import { countInterimHead } from "./interim_heads.js";

/** Records the events of a stream, and ends it where neither Node nor Connect does. */
export function watchStream(
  stream: ClientHttp2Stream,
  connection: Http2Connection,
  recording: Recording,
): void {
  recording.connected = true;
  recording.stream = stream;
  recording.socket = connection.peer;
  stream.on("headers", () => {
    recording.informed = true;
    const tooMany = countInterimHead(stream);
    if (tooMany !== undefined) {
      stream.destroy(tooMany);
    }
  });
  failIfUnanswered(stream);
  failIfCutShort(stream);
  drainIfLeft(stream, recording.signal);
  recording.onTimeout = connection.watchCall();
}

// Fails a stream that the server resets with NO_ERROR before its answer: it ends without an error,
// and Connect would wait for the answer forever.
function failIfUnanswered(stream: ClientHttp2Stream): void {
  const fail = () => stream.destroy(new Error("the stream ended without an answer"));
  stream.once("end", fail);
  stream.once("response", () => stream.off("end", fail));
}

// Drains an answer that was not read: the rest would keep its stream, even one closed by both
// sides, and with it the session.
function drainIfLeft(stream: ClientHttp2Stream, signal: AbortSignal | undefined): void {
  const read = () => {
    while (stream.read() !== null) {}
  };
  const drain = () => {
    stream.on("readable", read);
    read();
  };
  // Runs after Connect's own listener, which tells the server.
  const left = () => queueMicrotask(drain);
  signal?.addEventListener("abort", left, { once: true });
  stream.once("close", () => signal?.removeEventListener("abort", left));
}
