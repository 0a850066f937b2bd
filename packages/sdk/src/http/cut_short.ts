import type { ClientHttp2Stream } from "node:http2";
import { IS_NODE } from "./is_node.js";

/**
 * Fails an HTTP/2 answer that a reset with NO_ERROR cuts short, which Node takes for complete.
 * After the end, such a reset is a server's way to say that it needs no more of the request (RFC
 * 9113, section 8.1).
 */
export function failIfCutShort(stream: ClientHttp2Stream): void {
  if (IS_NODE) {
    stream.push = push;
  }
}

// Node tells a stream of the end of its answer before it closes the stream; if it has not, closing
// pushes an end.
function push(this: ClientHttp2Stream, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null) {
    if (this.closed) {
      // Node has not finished with it yet.
      queueMicrotask(() => this.destroy(new Error("the stream ended in the middle of the answer")));
      return false;
    }
    this.push = Object.getPrototypeOf(this).push as typeof this.push;
    return this.push(null);
  }
  return (Object.getPrototypeOf(this) as ClientHttp2Stream).push.call(this, chunk, encoding);
}
