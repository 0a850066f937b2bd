import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import {
  grpcWebHeaders,
  isGoodGrpcWeb,
  readGrpcWebHead,
  readTrailersInBody,
} from "../../src/protocol/grpc_web_protocol.js";
import { codeOf, FORM, GZIP } from "../harness/wire_forms.js";

it.each([
  [FORM, { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" }],
  [
    { ...GZIP, json: true },
    {
      "content-type": "application/grpc-web+json",
      "x-grpc-web": "1",
      "grpc-encoding": "gzip",
      "grpc-accept-encoding": "gzip",
    },
  ],
])("headers of a request %#", (form, expected) => {
  expect(Object.fromEntries(grpcWebHeaders(form))).toEqual(expected);
});

describe("the head of an answer", () => {
  const type = { "content-type": "application/grpc-web+proto" };
  const status = { ...type, "grpc-status": "0" };
  it.each([
    [200, type, FORM, "ok"],
    [202, type, FORM, "ok"],
    [200, { "content-type": "application/GRPC-Web; a" }, FORM, "ok"],
    [204, status, FORM, "ok"],
    [204, type, FORM, "Unknown"],
    [205, type, FORM, "Unknown"],
    [202, { "content-type": "text/html" }, FORM, "Unknown"],
    [200, { "content-type": "application/grpc+proto" }, FORM, "Unknown"],
    [200, { "content-type": "application/grpc-web-text" }, FORM, "Unknown"],
    [200, {}, FORM, "Unknown"],
    [200, { ...type, "grpc-encoding": "gzip" }, FORM, "Internal"],
    [200, { ...type, "grpc-encoding": "gzip" }, GZIP, "ok"],
    [503, status, FORM, "Unavailable"],
    [403, {}, FORM, "PermissionDenied"],
  ] as const)("%i %j", (httpStatus, fields, form, code) => {
    const answer = { status: httpStatus, header: new Headers(fields) };
    expect(codeOf(() => readGrpcWebHead(answer, form))).toBe(code);
    expect(isGoodGrpcWeb(answer) || code !== "ok").toBe(true);
  });

  it("may have the status, in its own media type alone", () => {
    const read = (fields: Record<string, string>) =>
      readGrpcWebHead(
        { status: 200, header: new Headers({ ...fields, "grpc-status": "5" }) },
        FORM,
      );
    expect(read(type).error?.code).toBe(Code.NotFound);
    expect(codeOf(() => read({ "content-type": "application/grpc" }))).toBe("Unknown");
  });

  it("gives the words of an answer that is not good, as they are if they are broken", () => {
    const header = new Headers({ ...type, "grpc-message": "100% no" });
    expect(() => readGrpcWebHead({ status: 403, header }, FORM)).toThrow("100% no");
  });
});

describe("the trailers in a body", () => {
  const read = (text: string) =>
    readTrailersInBody(new TextEncoder().encode(text), new Headers({ a: "1" }));

  it.each([
    ["grpc-status: 0\r\nx-cost: 7\r\n", { "grpc-status": "0", "x-cost": "7" }],
    ["Grpc-Status:0\nno colon\n:\n", { "grpc-status": "0" }],
    ["", {}],
  ])("%j", (text, expected) => {
    const trailer = read(text);
    expect(trailer).toBeInstanceOf(Headers);
    expect(Object.fromEntries(trailer as Headers)).toEqual(expected);
  });

  it("state an error, whatever else they hold", () => {
    const error = read("x cost: 7\r\ngrpc-status: 14\r\ngrpc-message: no%21\r\n") as ConnectError;
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: "no!" });
    expect(error.metadata.get("a")).toBe("1");
  });

  it("are refused where they are no headers", () => {
    expect(codeOf(() => read("grpc-status: 0\r\nx cost: 7\r\n"))).toBe("Internal");
  });
});
