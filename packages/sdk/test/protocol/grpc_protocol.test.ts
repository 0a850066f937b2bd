import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import {
  grpcHeaders,
  lacksStatus,
  readGrpcHead,
  readTrailers,
} from "../../src/protocol/grpc_protocol.js";
import { codeOf, FORM, GZIP, thrown } from "../harness/wire_forms.js";

it.each([
  [FORM, { "content-type": "application/grpc+proto", te: "trailers" }],
  [
    { ...FORM, json: true },
    { "content-type": "application/grpc+json", te: "trailers" },
  ],
  [
    GZIP,
    {
      "content-type": "application/grpc+proto",
      te: "trailers",
      "grpc-encoding": "gzip",
      "grpc-accept-encoding": "gzip",
    },
  ],
])("headers of a request %#", (form, expected) => {
  expect(Object.fromEntries(grpcHeaders(form))).toEqual(expected);
});

describe("the head of an answer", () => {
  const type = { "content-type": "application/grpc" };
  it.each([
    [200, type, FORM, "ok"],
    [200, { "content-type": "application/GRPC+proto; a" }, FORM, "ok"],
    [200, { "content-type": "application/grpc-web" }, FORM, "Unknown"],
    [200, { "content-type": "text/html" }, FORM, "Unknown"],
    [200, {}, FORM, "Unknown"],
    [200, { ...type, "grpc-encoding": "gzip" }, FORM, "Internal"],
    [200, { ...type, "grpc-encoding": "gzip" }, GZIP, "ok"],
    [200, { ...type, "grpc-encoding": "Identity" }, FORM, "ok"],
    [503, type, FORM, "Unavailable"],
    [403, {}, FORM, "PermissionDenied"],
  ] as const)("%i %j", (status, header, form, code) => {
    expect(codeOf(() => readGrpcHead({ status, header: new Headers(header) }, form))).toBe(code);
  });

  it("may have the status", () => {
    const read = (status: string) =>
      readGrpcHead({ status: 200, header: new Headers({ ...type, "grpc-status": status }) }, FORM);
    expect([read("0").error, read("5").error?.code]).toEqual([undefined, Code.NotFound]);
  });

  it("may state an error in a format or a coding that is not asked for", () => {
    const stated = { "content-type": "application/grpc+thrift", "grpc-status": "5" };
    const coded = { ...type, "grpc-encoding": "br", "grpc-status": "5" };
    for (const header of [stated, coded]) {
      const { error } = readGrpcHead({ status: 200, header: new Headers(header) }, FORM);
      expect(error?.code).toBe(Code.NotFound);
    }
  });
});

describe("the trailers of an answer", () => {
  it.each([
    [{ "grpc-status": "0" }, {}, "ok"],
    [{}, { "grpc-status": "0" }, "ok"],
    [{ "grpc-status": "14" }, {}, "Unavailable"],
    [{ "grpc-status": "14" }, { "grpc-status": "0" }, "Unavailable"],
    [{ "grpc-status": "99" }, {}, "Unknown"],
    [{}, {}, "Internal"],
  ] as const)("%j %j", (trailer, header, code) => {
    const read = () => readTrailers(new Headers(trailer), new Headers(header));
    expect(codeOf(() => thrown(read()))).toBe(code);
  });

  it.each([
    [{ "grpc-status": "0" }, {}, true, false],
    [{}, { "grpc-status": "0" }, false, false],
    [{}, { "grpc-status": "0" }, true, true],
    [{}, {}, false, true],
  ] as const)("%j %j, body %j: lacks a status: %j", (trailer, header, begun, lacks) => {
    expect(lacksStatus(new Headers(trailer), new Headers(header), begun)).toBe(lacks);
  });
});
