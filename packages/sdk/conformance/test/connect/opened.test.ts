import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ClientCompatRequestSchema,
  Codec,
  Compression,
  HTTPVersion,
  Protocol,
} from "@ameideio/conformance-proto/connectrpc/conformance/v1";
import { expect, test } from "vitest";
import { asked } from "../../src/connect/opened.js";

type Fields = Exclude<
  MessageInitShape<typeof ClientCompatRequestSchema>,
  { readonly $typeName: string }
>;

function ask(fields: Fields) {
  return asked(
    create(ClientCompatRequestSchema, {
      host: "127.0.0.1",
      port: 80,
      httpVersion: HTTPVersion.HTTP_VERSION_2,
      protocol: Protocol.GRPC,
      codec: Codec.JSON,
      compression: Compression.BR,
      ...fields,
    }),
  );
}

test("what a case asks for is said in words", () => {
  expect(ask({ serverTlsCert: new Uint8Array(1), messageReceiveLimit: 9 })).toEqual({
    baseUrl: "https://127.0.0.1:80",
    protocol: "grpc",
    format: "json",
    httpVersion: "2",
    compression: "br",
    readMaxBytes: 9,
  });
});

test.each([
  [{ httpVersion: HTTPVersion.HTTP_VERSION_3 }, "HTTP_VERSION_3"],
  [{ compression: Compression.ZSTD }, "ZSTD"],
  [{ codec: Codec.UNSPECIFIED }, "UNSPECIFIED"],
])("%j is more than there is", (fields, name) => {
  expect(() => ask(fields)).toThrow(`the client knows no ${name}`);
});
