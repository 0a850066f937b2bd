import { thrownText } from "./thrown_text.js";

// All that browsers say of a request that failed, whatever the reason.
const UNTOLD = /^(Failed to fetch|Load failed|NetworkError when attempting to fetch resource\.?)$/;
const NOT_TOLD =
  "the browser does not say why: the server may be out of reach, its certificate refused, or the page not allowed to call it (CORS)";

/**
 * What happened to a connection, and where.
 *
 * @param where - Host and port the request was for.
 */
export function networkMessage(reason: unknown, where: string): string {
  const text = thrownText(reason) || "the connection failed";
  const told = UNTOLD.test(text) ? `${text}: ${NOT_TOLD}` : text;
  return told.includes(where) ? told : `${told} (at ${where})`;
}
