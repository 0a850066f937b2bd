import type { ClientHttp2Stream } from "node:http2";
import type { Recording } from "../recorder.js";
import { failIfCutShort } from "./cut_short.js";
import type { Http2Connection } from "./http2_connection.js";

/** Records what becomes of a stream, and ends it where neither Node nor Connect does. */
export function watchStream(
  stream: ClientHttp2Stream,
  connection: Http2Connection,
  recording: Recording,
): void {
  recording.connected = true;
  recording.stream = stream;
  recording.socket = connection.peer;
  stream.once("headers", () => (recording.informed = true));
  failIfUnanswered(stream);
  failIfCutShort(stream);
  const { bytesRead } = connection;
  recording.onTimeout = () => {
    if (connection.silentSince(bytesRead)) {
      connection.doubt();
    }
  };
  stream.once("close", () => (recording.onTimeout = undefined));
  const { signal } = recording;
  if (signal !== undefined) {
    const left = new LeftStream(stream);
    signal.addEventListener("abort", left, { once: true });
    stream.once("close", () => signal.removeEventListener("abort", left));
  }
}

// A stream that the server resets with NO_ERROR before its answer ends without
// an error, and Connect would wait for that answer for ever.
function failIfUnanswered(stream: ClientHttp2Stream): void {
  const fail = () => stream.destroy(new Error("the stream ended without an answer"));
  stream.once("end", fail);
  stream.once("response", () => stream.off("end", fail));
}

// A stream whose attempt we end.
class LeftStream {
  constructor(private readonly stream: ClientHttp2Stream) {}

  handleEvent(): void {
    // After Connect's own listener, which tells the server.
    queueMicrotask(() => this.drain());
  }

  // What was not read of an answer keeps its stream, also one that both sides
  // have closed, and with it the session.
  private drain(): void {
    const { stream } = this;
    const read = () => {
      while (stream.read() !== null);
    };
    stream.on("readable", read);
    read();
  }
}
