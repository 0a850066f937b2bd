import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { statusError } from "../../src/protocol/answer_head.js";
import {
  getUrl,
  mayStateError,
  readEndStream,
  readStreamHead,
  readUnaryError,
  readUnaryHead,
  streamHeaders,
  unaryHeaders,
  withoutTrailers,
} from "../../src/protocol/connect_protocol.js";
import { codeOf, FORM, GZIP, thrown } from "../harness/wire_forms.js";

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
    [{ "content-type": "application/proto" }, FORM, "ok"],
    [{ "content-type": "Application/Proto; a=b" }, FORM, "ok"],
    [{ "content-type": "application/json;charset=utf-8" }, JSON_FORM, "ok"],
    [{ "content-type": "application/json" }, FORM, "Internal"],
    [{ "content-type": "application/connect+proto" }, FORM, "Internal"],
    [{ "content-type": "text/html" }, FORM, "Unknown"],
    [{}, FORM, "Unknown"],
    [{ "content-type": "application/proto", "content-encoding": "gzip" }, FORM, "Internal"],
    [{ "content-type": "application/proto", "content-encoding": "gzip" }, GZIP, "ok"],
    [{ "content-type": "application/proto", "content-encoding": "br" }, GZIP, "Internal"],
    [{ "content-type": "application/proto", "content-encoding": "identity" }, FORM, "ok"],
  ] as const)("%j", (header, form, code) => {
    expect(codeOf(() => readUnaryHead(new Headers(header), form))).toBe(code);
  });

  it.each([
    ["application/json", true],
    ["Application/JSON; charset=utf-8", true],
    ["application/proto", false],
    ["text/html", false],
  ])("%s and a bad status: may state an error: %j", (type, may) => {
    expect(mayStateError(new Headers({ "content-type": type }))).toBe(may);
  });
});

it.each([
  [503, Code.Unavailable],
  [404, Code.Unimplemented],
  [302, Code.Unknown],
  [429, Code.Unavailable],
])("the error of status %i", (status, code) => {
  expect(statusError(status, new Headers({ a: "b" }))).toMatchObject({
    code,
    rawMessage: `HTTP ${status}`,
  });
});

describe("the error in a unary answer", () => {
  const byStatus = new ConnectError("HTTP 503", Code.Unavailable, { a: "b", "trailer-c": "d" });
  it.each([
    ['{"code":"not_found","message":"gone"}', Code.NotFound, "gone", "stated"],
    ['{"message":"words"}', Code.Unavailable, "words", ""],
    ['{"code":404,"message":"words"}', Code.Unavailable, "words", ""],
    ['{"code":"nonsense"}', Code.Unavailable, "HTTP 503", ""],
    ["[]", Code.Unavailable, "HTTP 503", ""],
    ["null", Code.Unavailable, "HTTP 503", ""],
    ["<html>", Code.Unavailable, "HTTP 503", "unread"],
    ["", Code.Unavailable, "HTTP 503", "unread"],
  ] as const)("%s", (text, code, message, how) => {
    const { error, stated, unread } = readUnaryError(bytes(text), byStatus);
    expect([error.code, error.rawMessage, error.metadata.get("a")]).toEqual([code, message, "b"]);
    expect({ stated, unread }).toEqual({ stated: how === "stated", unread: how === "unread" });
  });

  it("that is stated has the trailers by their own names", () => {
    const { error } = readUnaryError(bytes('{"code":"aborted"}'), byStatus);
    expect([...error.metadata]).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
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
    const run = () => {
      const end = readEndStream(bytes(text), new Headers());
      thrown(end.error);
      read = end.error === undefined ? end.trailer : undefined;
    };
    expect(codeOf(run)).toBe(code);
    expect([...(read ?? [])]).toEqual(trailers);
  });
});

it("withoutTrailers divides headers, and leaves those of the answer as they are", () => {
  const all = new Headers({ a: "b", "trailer-c": "d" });
  const { header, trailer } = withoutTrailers(all);
  expect([[...header], [...trailer]]).toEqual([[["a", "b"]], [["c", "d"]]]);
  expect(all.get("trailer-c")).toBe("d");
});
