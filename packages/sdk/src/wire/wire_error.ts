import { base64Decode, BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { appendHeaders, Code, ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { isCode } from "../errors/errors.js";

// Errors as servers put them on the wire. Connect reads them too, but drops a whole error for one
// malformed part. Here each part is read on its own, and unreadable parts are left out.

type Details = ConnectError["details"];

/** Returns an error of the Connect protocol; undefined if it has no code. */
export function connectWireError(json: unknown, metadata: Headers): ConnectError | undefined {
  const code = isObject(json) ? codeOf(json["code"]) : undefined;
  return code === undefined ? undefined : connectError(json as JsonObject, code, metadata);
}

/**
 * Returns the error that an EndStreamResponse states, with its metadata and the headers. An error
 * without a code counts here.
 */
export function endStreamWireError(end: unknown, header: Headers): ConnectError | undefined {
  if (!isObject(end) || !isObject(end["error"])) {
    return undefined;
  }
  const metadata = appendHeaders(endMetadata(end["metadata"]), header);
  return connectError(end["error"], codeOf(end["error"]["code"]) ?? Code.Unknown, metadata);
}

/**
 * Returns the error that a gRPC status states. A status that is not a number, or that gRPC does not
 * know, is `unknown`.
 *
 * @param fields - Trailers, or headers if nothing else is sent.
 * @param more - Headers besides the trailers, for the metadata.
 */
export function grpcWireError(fields: Headers, more?: Headers): ConnectError | undefined {
  const stated = fields.get("grpc-status");
  const details = fields.get("grpc-status-details-bin");
  const status = details === null ? undefined : readStatus(details);
  // The binary status takes precedence, as in Connect.
  const code = codeOfNumber(status?.code ?? 0) ?? codeOfStatus(stated);
  if (code === undefined) {
    return undefined;
  }
  const message = status?.message || grpcMessage(fields.get("grpc-message") ?? "");
  const error = new ConnectError(message, code, more ? appendHeaders(fields, more) : fields);
  error.details = status?.details ?? [];
  return error;
}

/**
 * Returns the trailers in a body of gRPC-Web. Lines without a colon are left out, and so are those that
 * are no headers.
 *
 * @param strict - Throw a TypeError for what is no header instead.
 */
export function trailersOf(text: string, strict = false): Headers {
  const trailers = new Headers();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) {
      const add = strict ? appendStrictly : append;
      add(trailers, line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    }
  }
  return trailers;
}

// Longer than the text that an error keeps.
const MOST_CHARACTERS = 64 * 1_024;

/**
 * Decodes a `grpc-message`. Broken percent-encoding stays as it is, as gRPC says (PROTOCOL-HTTP2,
 * "Status-Message").
 */
export function grpcMessage(value: string): string {
  return value.slice(0, MOST_CHARACTERS).replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = run.slice(1).split("%");
    return new TextDecoder().decode(Uint8Array.from(bytes, (hex) => Number.parseInt(hex, 16)));
  });
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function codeOf(value: unknown): Code | undefined {
  return isCode(value) ? codeFromString(value) : undefined;
}

function connectError(json: JsonObject, code: Code, metadata: Headers): ConnectError {
  const { message, details } = json;
  const error = new ConnectError(typeof message === "string" ? message : "", code, metadata);
  error.details = Array.isArray(details) ? details.flatMap(connectDetail) : [];
  return error;
}

function connectDetail(json: unknown): Details {
  if (!isObject(json) || typeof json["type"] !== "string" || typeof json["value"] !== "string") {
    return [];
  }
  const { type, value, debug } = json as { type: string; value: string; debug?: never };
  try {
    return [{ type, value: base64Decode(value), ...(debug !== undefined && { debug }) }];
  } catch {
    return [];
  }
}

function endMetadata(json: unknown): Headers {
  const metadata = new Headers();
  for (const [name, values] of isObject(json) ? Object.entries(json) : []) {
    for (const value of Array.isArray(values) ? (values as unknown[]) : []) {
      if (typeof value === "string") {
        append(metadata, name, value);
      }
    }
  }
  return metadata;
}

function appendStrictly(headers: Headers, name: string, value: string): void {
  headers.append(name, value);
}

// Headers do not accept every text.
function append(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    // An unacceptable header is left out.
  }
}

function codeOfNumber(code: number): Code | undefined {
  const name = Code[code] as keyof typeof Code | undefined;
  return name && Code[name];
}

function codeOfStatus(stated: string | null): Code | undefined {
  if (stated === null || stated === "0") {
    return undefined;
  }
  // A repeated status counts once.
  const [value = "", another] = new Set(stated.split(",").map((each) => each.trim()));
  const code = another === undefined && /^\d+$/.test(value) ? Number(value) : Number.NaN;
  return code === 0 ? undefined : (codeOfNumber(code) ?? Code.Unknown);
}

interface Status {
  readonly code: number;
  readonly message: string;
  readonly details: Details;
}

// Reads a google.rpc.Status. Other data that parses as one is found out by what follows.
function readStatus(value: string): Status | undefined {
  let code = 0;
  let message = "";
  const details: Details = [];
  try {
    const reader = new BinaryReader(base64Decode(value));
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 1 && wireType === WireType.Varint) {
        code = reader.int32();
      } else if (field === 2 && wireType === WireType.LengthDelimited) {
        message = new TextDecoder().decode(reader.bytes());
      } else if (field === 3 && wireType === WireType.LengthDelimited) {
        details.push(...anyDetail(reader.bytes()));
      } else {
        reader.skip(wireType, field);
      }
    }
    return { code, message, details };
  } catch {
    return undefined;
  }
}

// Reads a google.protobuf.Any.
function anyDetail(bytes: Uint8Array): Details {
  let typeUrl = "";
  let value = new Uint8Array();
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 1 && wireType === WireType.LengthDelimited) {
        typeUrl = reader.string();
      } else if (field === 2 && wireType === WireType.LengthDelimited) {
        value = reader.bytes() as Uint8Array<ArrayBuffer>;
      } else {
        reader.skip(wireType, field);
      }
    }
  } catch {
    return [];
  }
  return typeUrl === "" ? [] : [{ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value }];
}
