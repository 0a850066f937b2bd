import { copyOf } from "./own_headers.js";

/**
 * Returns a media type in lower case, without parameters, none of which matters for the types of
 * the protocols (RFC 9110, section 8.3.1).
 */
export function mediaType(contentType: string | null | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

// Spellings that servers usually send, and Connect knows.
const USUAL = /^[a-z/+-]+(; ?charset=utf-?8)?$/;
// RFC 9110, section 8.4.1: codings ignore case, and some have an older name.
const CODINGS: Readonly<Record<string, string>> = { "x-gzip": "gzip" };

/**
 * Returns the names of `content-encoding` in order, in lower case, without empty members of the
 * list (RFC 9110, sections 5.6.1 and 8.4.1).
 */
export function contentCodings(value: string): readonly string[] {
  const names = value.split(",").map((each) => each.trim().toLowerCase());
  return names.filter((name) => name !== "").map((name) => CODINGS[name] ?? name);
}

// Prefix of the Connect protocol for trailers, without the name of one.
const NO_TRAILER = "trailer-";

/**
 * Returns the headers of an answer in the spelling that Connect reads: it knows a media type and a
 * content coding in their usual form only, and takes a trailer's prefix for a trailer. Returns the same
 * object if nothing differs.
 */
export function usualSpelling(header: Headers): Headers {
  const type = header.get("content-type");
  const coding = header.get("content-encoding");
  const usualCoding = coding === null ? null : contentCodings(coding).join(", ");
  const isUsual = (type === null || USUAL.test(type)) && coding === usualCoding && coding !== "";
  if (isUsual && !header.has(NO_TRAILER)) {
    return header;
  }
  const usual = copyOf(header);
  usual.delete(NO_TRAILER);
  if (type !== null) {
    usual.set("content-type", mediaType(type));
  }
  if (usualCoding) {
    usual.set("content-encoding", usualCoding);
  } else {
    usual.delete("content-encoding");
  }
  return usual;
}
