import type { AnswerLimits } from "./wire_shape.js";

/**
 * A media type alone: in lower case, without parameters, of which the types of
 * the protocols know none that matter (RFC 9110, section 8.3.1).
 */
export function mediaType(contentType: string | null | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

// What servers send, and Connect knows as it stands.
const USUAL = /^[a-z/+-]+(; ?charset=utf-?8)?$/;
// RFC 9110, section 8.4.1: codings are the same in upper case, and by an older name.
const CODINGS: Readonly<Record<string, string>> = { "x-gzip": "gzip" };

/**
 * The headers of an answer as Connect reads them: it knows a media type and a
 * content coding in their usual spelling only. The same object where nothing is
 * spelled in another way.
 */
export function usualSpelling(header: Headers, { accepted }: AnswerLimits): Headers {
  const type = header.get("content-type");
  // Without one that is accepted, no coding is read, however it is spelled.
  const coding = accepted === undefined ? null : header.get("content-encoding");
  const usualCoding = coding && (CODINGS[coding.toLowerCase()] ?? coding.toLowerCase());
  if ((type === null || USUAL.test(type)) && coding === usualCoding && coding !== "") {
    return header;
  }
  const usual = new Headers(header);
  if (type !== null) {
    usual.set("content-type", mediaType(type));
  }
  if (usualCoding) {
    usual.set("content-encoding", usualCoding);
  } else if (coding === "") {
    usual.delete("content-encoding");
  }
  return usual;
}
