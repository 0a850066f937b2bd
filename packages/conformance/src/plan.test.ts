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

test("what an SDK cannot do is named", () => {
  const steps = [{ call: { method: "BidiStreamUnknown" } }];
  expect(planCase(caseWith({}, { given: { steps } }), sdk)).toEqual({
    cells: [],
    missing: ["kind bidi"],
  });
  const one = caseWith({}, { protocols: ["grpc", "connect"] });
  expect(planCase(one, sdk)).toMatchObject({ cells: { length: 4 }, missing: ["protocol grpc"] });
});
