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
 * What `content-encoding` names, in its order: in lower case, without the members
 * of the list that are empty (RFC 9110, sections 5.6.1 and 8.4.1).
 */
export function contentCodings(value: string): readonly string[] {
  const names = value.split(",").map((each) => each.trim().toLowerCase());
  return names.filter((name) => name !== "").map((name) => CODINGS[name] ?? name);
}

/**
 * The headers of an answer as Connect reads them: it knows a media type and a
 * content coding in their usual spelling only. The same object where nothing is
 * spelled in another way.
 */
export function usualSpelling(header: Headers): Headers {
  const type = header.get("content-type");
  const coding = header.get("content-encoding");
  const usualCoding = coding === null ? null : contentCodings(coding).join(", ");
  if ((type === null || USUAL.test(type)) && coding === usualCoding && coding !== "") {
    return header;
  }
  const usual = new Headers(header);
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
