import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import {
  getUrl,
  readEndStream,
  readStreamHead,
  readUnaryError,
  readUnaryHead,
  streamHeaders,
  unaryHeaders,
  withoutTrailers,
} from "../../src/protocol/connect_protocol.js";
import { codeOf, FORM, GZIP } from "../harness/wire_forms.js";

const JSON_FORM = { ...FORM, json: true };

function head(status: number, header: Record<string, string>) {
  return { status, header: new Headers(header) };
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("headers of a request", () => {
  it.each([
    ["unary, binary", unaryHeaders(FORM), { "content-type": "application/proto" }],
    ["unary, JSON", unaryHeaders(JSON_FORM), { "content-type": "application/json" }],
    [
      "unary, compressed",
      unaryHeaders(GZIP),
      { "content-type": "application/proto", "accept-encoding": "gzip" },
    ],
    ["stream, binary", streamHeaders(FORM), { "content-type": "application/connect+proto" }],
    ["stream, JSON", streamHeaders(JSON_FORM), { "content-type": "application/connect+json" }],
    [
      "stream, compressed",
      streamHeaders(GZIP),
      {
        "content-type": "application/connect+proto",
        "connect-content-encoding": "gzip",
        "connect-accept-encoding": "gzip",
      },
    ],
  ])("%s", (_name, headers, expected) => {
    expect(Object.fromEntries(headers)).toEqual({ ...expected, "connect-protocol-version": "1" });
  });
});

describe("getUrl", () => {
  const url = "https://a.test/b.C/D";
  it.each([
    [FORM, undefined, Uint8Array.of(251, 255), "?connect=v1&base64=1&encoding=proto&message=-_8"],
    [
      JSON_FORM,
      undefined,
      bytes('{"a":"b c"}'),
      "?connect=v1&encoding=json&message=%7B%22a%22%3A%22b%20c%22%7D",
    ],
    [
      JSON_FORM,
      "gzip",
      Uint8Array.of(31),
      "?connect=v1&base64=1&compression=gzip&encoding=json&message=Hw",
    ],
    [FORM, undefined, new Uint8Array(), "?connect=v1&base64=1&encoding=proto&message="],
  ] as const)("%#", (form, coding, message, query) => {
    expect(getUrl(url, message, form, coding)).toBe(url + query);
  });
});

describe("the head of a unary answer", () => {
  it.each([
    [200, { "content-type": "application/proto" }, FORM, "ok"],
    [200, { "content-type": "Application/Proto; a=b" }, FORM, "ok"],
    [200, { "content-type": "application/json;charset=utf-8" }, JSON_FORM, "ok"],
    [200, { "content-type": "application/json" }, FORM, "Internal"],
    [200, { "content-type": "application/connect+proto" }, FORM, "Internal"],
    [200, { "content-type": "text/html" }, FORM, "Unknown"],
    [200, {}, FORM, "Unknown"],
    [200, { "content-type": "application/proto", "content-encoding": "gzip" }, FORM, "Internal"],
    [200, { "content-type": "application/proto", "content-encoding": "gzip" }, GZIP, "ok"],
    [200, { "content-type": "application/proto", "content-encoding": "br" }, GZIP, "Internal"],
    [200, { "content-type": "application/proto", "content-encoding": "identity" }, FORM, "ok"],
    [503, { "content-type": "text/html" }, FORM, "Unavailable"],
    [404, {}, FORM, "Unimplemented"],
    [302, {}, FORM, "Unknown"],
  ] as const)("%i %j", (status, header, form, code) => {
    expect(codeOf(() => readUnaryHead(head(status, header), form))).toBe(code);
  });

  it("of JSON and a bad status has its error in the body", () => {
    const { error } = readUnaryHead(head(429, { "content-type": "application/json" }), FORM);
    expect(error?.code).toBe(Code.Unavailable);
  });
});

describe("the error in a unary answer", () => {
  const byStatus = new ConnectError("HTTP 503", Code.Unavailable, { a: "b" });
  it.each([
    ['{"code":"not_found","message":"gone"}', Code.NotFound, "gone"],
    ['{"message":"words"}', Code.Unavailable, "words"],
    ['{"code":404,"message":"words"}', Code.Unavailable, "words"],
    ['{"code":"nonsense"}', Code.Unavailable, "HTTP 503"],
    ["[]", Code.Unavailable, "HTTP 503"],
    ["null", Code.Unavailable, "HTTP 503"],
    ["<html>", Code.Unavailable, "HTTP 503"],
    ["", Code.Unavailable, "HTTP 503"],
  ] as const)("%s", (text, code, message) => {
    const { rawMessage, metadata, ...error } = readUnaryError(bytes(text), byStatus);
    expect([error.code, rawMessage, metadata.get("a")]).toEqual([code, message, "b"]);
  });
});

describe("the head of a stream's answer", () => {
  it.each([
    [200, { "content-type": "application/connect+proto" }, "ok"],
    [200, { "content-type": "application/proto" }, "Internal"],
    [200, { "content-type": "application/connect+json" }, "Internal"],
    [200, { "content-type": "text/plain" }, "Unknown"],
    [
      200,
      { "content-type": "application/connect+proto", "connect-content-encoding": "br" },
      "Internal",
    ],
    [401, { "content-type": "application/json" }, "Unauthenticated"],
  ] as const)("%i %j", (status, header, code) => {
    expect(codeOf(() => readStreamHead(head(status, header), FORM))).toBe(code);
  });
});

describe("the end of a stream", () => {
  it.each([
    ["{}", "ok", []],
    [
      '{"metadata":{"a":["b","c"],"d-bin":["AA"]}}',
      "ok",
      [
        ["a", "b, c"],
        ["d-bin", "AA"],
      ],
    ],
    ['{"error":null}', "ok", []],
    ['{"error":{"code":"aborted"}}', "Aborted", []],
    ['{"error":{"message":"words"}}', "Unknown", []],
    ['{"metadata":{"a b":["c"]}}', "Internal", []],
    ['{"metadata":{"a":3}}', "Internal", []],
    ['{"metadata":{"a":["\\n"]}}', "ok", [["a", ""]]],
    ["[]", "Unknown", []],
    ["3", "Unknown", []],
    ["null", "Unknown", []],
    ["{", "Unknown", []],
    ["", "Unknown", []],
  ] as const)("%s", (text, code, trailers) => {
    let read: Headers | undefined;
    expect(codeOf(() => (read = readEndStream(bytes(text), new Headers())))).toBe(code);
    expect([...(read ?? [])]).toEqual(trailers);
  });
});

it("withoutTrailers divides headers, and leaves those of the answer as they are", () => {
  const all = new Headers({ a: "b", "trailer-c": "d" });
  const { header, trailer } = withoutTrailers(all);
  expect([[...header], [...trailer]]).toEqual([[["a", "b"]], [["c", "d"]]]);
  expect(all.get("trailer-c")).toBe("d");
});
