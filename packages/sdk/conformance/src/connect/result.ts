import { create, enumFromJson } from "@bufbuild/protobuf";
import { type Any, anyPack, AnySchema } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import {
  CodeSchema,
  type Error as ProtoError,
  ErrorSchema,
  type Header,
  HeaderSchema,
} from "@ameideio/conformance-proto/connectrpc/conformance/v1";

/** Returns an error in the terms of the suite, with its metadata. */
export function toProtoError(reason: unknown): {
  readonly error: ProtoError;
  readonly metadata: Header[];
} {
  const { code, rawMessage, details, metadata } = ConnectError.from(reason);
  const error = create(ErrorSchema, {
    code: enumFromJson(CodeSchema, `CODE_${codeToString(code).toUpperCase()}`),
    message: rawMessage,
    details: details.map(toAny),
  });
  return { error, metadata: toProtoHeaders(metadata) };
}

function toAny(detail: ConnectError["details"][number]): Any {
  if ("desc" in detail) {
    return anyPack(detail.desc, create(detail.desc, detail.value));
  }
  return create(AnySchema, {
    typeUrl: `type.googleapis.com/${detail.type}`,
    value: detail.value,
  });
}

export function toProtoHeaders(headers: Headers): Header[] {
  return [...headers].map(([name, value]) => create(HeaderSchema, { name, value: [value] }));
}

export function fromProtoHeaders(headers: readonly Header[]): Headers {
  const result = new Headers();
  for (const { name, value } of headers) {
    for (const each of value) {
      result.append(name, each);
    }
  }
  return result;
}
