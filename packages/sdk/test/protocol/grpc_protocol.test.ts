import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { checkTrailers, grpcHeaders, readGrpcHead } from "../../src/protocol/grpc_protocol.js";
import { codeOf, FORM, GZIP } from "../harness/wire_forms.js";

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
    expect([read("0").hasStatus, read("0").error]).toEqual([true, undefined]);
    expect([read("5").hasStatus, read("5").error?.code]).toEqual([true, Code.NotFound]);
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
    expect(codeOf(() => checkTrailers(new Headers(trailer), new Headers(header)))).toBe(code);
  });
});
