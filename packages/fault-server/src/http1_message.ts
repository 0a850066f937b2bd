import type { ByteReader } from "./byte_reader.js";
import type { RequestHead } from "./recorder.js";
import type { Header } from "./script.js";

const MAX_HEAD = 256 * 1024;

/** Thrown for input that RFC 9112 does not allow, or this server does not read. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** Reads the next request's head; undefined if the client closed instead. */
export async function readHead(reader: ByteReader): Promise<RequestHead | undefined> {
  const head = await reader.before("\r\n\r\n", MAX_HEAD);
  if (!head) {
    if (await reader.have(1)) {
      throw new Malformed("the head is incomplete or too long");
    }
    return undefined;
  }
  const [first = "", ...lines] = head.toString("latin1").split("\r\n");
  const request = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/1\.1$/.exec(first);
  if (!request) {
    throw new Malformed("not a request line of HTTP/1.1");
  }
  const headers = lines.map(readField);
  return {
    httpVersion: "1.1",
    method: request[1] ?? "",
    path: originForm(request[2] ?? ""),
    authority: field(headers, "host") ?? "",
    headers,
  };
}

/**
 * Reads the body that belongs to the head, decoded; undefined if the client closed before its end.
 */
export async function readBody(
  reader: ByteReader,
  headers: readonly Header[],
): Promise<Buffer | undefined> {
  const coding = field(headers, "transfer-encoding");
  if (coding !== undefined) {
    if (coding.toLowerCase() !== "chunked") {
      throw new Malformed(`transfer-encoding ${coding}`);
    }
    return readChunked(reader);
  }
  const length = field(headers, "content-length") ?? "0";
  if (!/^\d{1,15}$/.test(length)) {
    throw new Malformed(`content-length ${length}`);
  }
  return readExactly(reader, Number(length));
}

/** Reports whether the client waits for `100 Continue` before it sends the body. */
export function expectsContinue(headers: readonly Header[]): boolean {
  return field(headers, "expect")?.toLowerCase() === "100-continue";
}

/** Returns the last value of a field, by name in any case. */
export function field(headers: readonly Header[], name: string): string | undefined {
  return headers.findLast(([key]) => key.toLowerCase() === name)?.[1];
}

async function readChunked(reader: ByteReader): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  for (;;) {
    const line = await reader.before("\r\n", MAX_HEAD);
    if (!line) {
      return undefined;
    }
    const size = /^([0-9A-Fa-f]{1,8})\s*(?:;.*)?$/.exec(line.toString("latin1"));
    if (!size) {
      throw new Malformed("not a chunk size");
    }
    const length = Number.parseInt(size[1] ?? "", 16);
    if (length === 0) {
      break;
    }
    const chunk = await readExactly(reader, length);
    if (!chunk || !(await reader.before("\r\n", 0))) {
      return undefined;
    }
    chunks.push(chunk);
  }
  for (;;) {
    const trailer = await reader.before("\r\n", MAX_HEAD);
    if (!trailer) {
      return undefined;
    }
    if (trailer.length === 0) {
      return Buffer.concat(chunks);
    }
  }
}

async function readExactly(reader: ByteReader, length: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let left = length;
  while (left > 0) {
    const chunk = await reader.some(left);
    if (!chunk) {
      return undefined;
    }
    chunks.push(chunk);
    left -= chunk.length;
  }
  return Buffer.concat(chunks);
}

function readField(line: string): Header {
  const colon = line.indexOf(":");
  if (colon <= 0 || /[\s]/.test(line.slice(0, colon))) {
    throw new Malformed("not a header line");
  }
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "")];
}

/** A proxy's absolute-form target is cut down to path and query. */
function originForm(target: string): string {
  const absolute = /^https?:\/\/[^/?#]*(\/\S*)?$/i.exec(target);
  return absolute ? (absolute[1] ?? "/") : target;
}
