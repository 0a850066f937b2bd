import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";

/** Returns fields that Node.js received. Those that begin with a colon are left out. */
export function headersOf(fields: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const name in fields) {
    const value = fields[name];
    if (name.startsWith(":") || value === undefined) {
      continue;
    }
    for (const each of typeof value === "object" ? value : [value]) {
      headers.append(name, each);
    }
  }
  return headers;
}

/** Adds headers to fields that Node.js sends. */
export function writeFields(headers: Headers, fields: OutgoingHttpHeaders): OutgoingHttpHeaders {
  headers.forEach((value, name) => {
    fields[name] = value;
  });
  return fields;
}
