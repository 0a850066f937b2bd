import { create } from "@bufbuild/protobuf";
import { DescribeResponseSchema } from "@ameideio/conformance-proto";
import { expect, test } from "vitest";
import { planCase, showCell } from "./plan.js";
import { caseWith } from "./testing/a_case.js";

const sdk = create(DescribeResponseSchema, {
  sdk: "ts",
  doors: ["generic", "roster"],
  protocols: ["connect"],
  formats: ["binary", "json"],
  http: ["1.1", "2"],
  kinds: ["unary"],
});

const cells = (...args: Parameters<typeof planCase>) => planCase(...args).cells.map(showCell);

test("in memory a case runs through each door, in each format", () => {
  expect(cells(caseWith({}), sdk)).toEqual([
    "memory generic connect binary",
    "memory generic connect json",
    "memory roster connect binary",
    "memory roster connect json",
  ]);
});

test("on the wire also over each HTTP version", () => {
  expect(cells(caseWith({}, { layer: "wire" }), sdk)).toHaveLength(8);
  const one = caseWith({}, { layer: "wire", http: ["2"], formats: ["json"] });
  expect(cells(one, sdk)).toEqual([
    "wire generic connect json http/2",
    "wire roster connect json http/2",
  ]);
});

test("a filter leaves out, quietly", () => {
  const filter = { doors: ["roster"], formats: ["json"] };
  expect(planCase(caseWith({}), sdk, filter).cells).toHaveLength(1);
  expect(planCase(caseWith({}), sdk, { layers: ["wire"] })).toEqual({ cells: [], missing: [] });
});

const all = { ...sdk, protocols: ["connect", "grpc", "grpc-web"] };

test("a case runs over each protocol, over gRPC not with HTTP/1.1", () => {
  expect(cells(caseWith({}), all)).toHaveLength(12);
  const wire = cells(caseWith({}, { layer: "wire" }), all);
  expect(wire).toHaveLength(20);
  expect(wire.filter((cell) => cell.includes(" grpc "))).toEqual([
    "wire generic grpc binary http/2",
    "wire generic grpc json http/2",
    "wire roster grpc binary http/2",
    "wire roster grpc json http/2",
  ]);
});

test("thin, a case runs in every cell of Connect and in one of each other protocol", () => {
  const thin = (name: string) => cells({ ...one, message: { ...one.message, name } }, all, thinly);
  const one = caseWith({}, { layer: "wire" });
  const thinly = { thin: true };
  const protocols = (name: string) => thin(name).map((cell) => cell.split(" ")[2]);
  expect(protocols("t01 a")).toHaveLength(10);
  expect(protocols("t01 a").filter((each) => each !== "connect")).toEqual(["grpc", "grpc-web"]);
  expect(thin("t01 a")).toEqual(thin("t01 a"));
  const chosen = ["t01 a", "t01 b", "t01 c", "t01 d"].flatMap(thin);
  for (const part of ["generic grpc ", "roster grpc ", "grpc-web binary", "grpc-web json"]) {
    expect(chosen.some((cell) => cell.includes(part))).toBe(true);
  }
});

test("what an SDK cannot do is named", () => {
  const steps = [{ call: { method: "BidiStreamUnknown" } }];
  expect(planCase(caseWith({}, { given: { steps } }), sdk)).toEqual({
    cells: [],
    missing: ["kind bidi"],
  });
  const one = caseWith({}, { protocols: ["grpc", "connect"] });
  expect(planCase(one, sdk)).toMatchObject({ cells: { length: 4 }, missing: ["protocol grpc"] });
});
