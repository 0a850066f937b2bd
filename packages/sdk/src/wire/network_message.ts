import { Code, type ConnectError } from "@connectrpc/connect";
import { mediaType } from "./media_type.js";
import type { Recording } from "./recorder.js";
import { thrownText } from "../errors/thrown_text.js";

// Texts that browsers give for every failed request, whatever the reason.
const UNTOLD = /^(Failed to fetch|Load failed|NetworkError when attempting to fetch resource\.?)$/;
const NOT_TOLD =
  "the browser does not say why: the server may be out of reach, its certificate refused, or the page not allowed to call it (CORS)";
// Node's fetch, which has no option for it; the SDK's own connections have said more by then.
const UNTRUSTED = /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)/;
const BY_VARIABLE = "NODE_EXTRA_CA_CERTS";

/**
 * Says what happened to a connection, and where.
 *
 * @param where - Host and port of the request.
 */
export function networkMessage(reason: unknown, where: string): string {
  const text = thrownText(reason) || "the connection failed";
  const told = text + hintAt(text);
  return told.includes(where) ? told : `${told} (at ${where})`;
}

function hintAt(text: string): string {
  if (UNTOLD.test(text)) {
    return `: ${NOT_TOLD}`;
  }
  return UNTRUSTED.test(text) && !text.includes(BY_VARIABLE)
    ? ` (the certificate's authority is not known; state it by ${BY_VARIABLE})`
    : "";
}

/** Parts of an answer that tell who gave it. */
type Head = Pick<Recording, "status" | "header" | "good" | "wireError">;

/**
 * Reports whether an answer is not of the protocol: it comes from a gateway, a page, another
 * server.
 */
export function isStrangers(
  { status, header, good, wireError }: Head,
  error: ConnectError,
): boolean {
  if (status === undefined || wireError !== undefined || error.code === Code.ResourceExhausted) {
    return false;
  }
  // After a bad status, Connect's message is the status, unless the server sent words of its own.
  return good
    ? !OUR_TYPES.test(mediaType(header?.get("content-type")))
    : /^(HTTP \d{3}|$)/.test(error.rawMessage);
}

const OUR_TYPES = /^application\/(json|proto|connect\+|grpc)/;

// Statuses of a server that has no such service at this address. Other statuses may be transient.
const NOT_HERE: ReadonlySet<number> = new Set([404, 405]);

/**
 * Says what was answered, and by which address, without its query.
 *
 * @param text - Description of the answer.
 * @param url - Address of the request.
 */
export function strangersMessage(text: string, { status = 0, good }: Head, url: string): string {
  const { origin, pathname } = new URL(url);
  const isRedirect = status === 0 || (status >= 300 && status < 400);
  const redirect = isRedirect ? ", a redirect, which is not followed" : "";
  const doubt = good || isRedirect || NOT_HERE.has(status) ? "; is baseUrl right?" : "";
  return `${text || `HTTP ${status}`} from ${origin}${pathname}${redirect}${doubt}`;
}
