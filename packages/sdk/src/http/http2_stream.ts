import type { ClientHttp2Stream } from "node:http2";
import type { Recording } from "../wire/recorder.js";
import { failIfCutShort } from "./cut_short.js";
import type { Http2Connection } from "./http2_connection.js";
import { countInterimHead } from "./interim_heads.js";

/** Records the events of a stream, and ends it where Node does not. */
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
  failIfCutShort(stream);
  recording.onTimeout = connection.watchCall();
}
