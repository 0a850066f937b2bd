import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";

/** Adds fields that Node.js received to headers. Those that begin with a colon are left out. */
export function readFields(fields: IncomingHttpHeaders, headers: Headers): Headers {
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
