import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { answerCors } from "@ameideio/reference-server";

/**
 * Lets pages of every origin call, as docs/runtimes/browser.md requires of a server.
 *
 * @returns True if it was a preflight request, which has been answered.
 */
export function allowOrigins(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
): boolean {
  const { headers, preflight } = answerCors(request, ["*"]);
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, value);
  }
  if (preflight) {
    response.writeHead(204).end();
  }
  return preflight;
}
