import { expect, test } from "vitest";
import type { Combination } from "../../src/suite/plan.js";
import { header } from "../harness/rows.js";
import { compareCombination } from "../../src/compare/combination.js";
import type { Difference } from "../../src/compare/difference.js";
import type { Arrived } from "../../src/compare/requests.js";

const COMBINATION: Combination = {
  sdk: "ts",
  layer: "wire",
  entry: "generic",
  protocol: "connect",
  format: "binary",
  http: "2",
  httpClient: "",
};

function differences(
  combination: Partial<Combination>,
  type: string | undefined,
  more: Partial<Arrived> = {},
) {
  const headers = [header("user-agent", "x"), ...(type ? [header("content-type", type)] : [])];
  const request = { method: "POST", headers, bodySha256: "", atMs: 0, ...more } as Arrived;
  const found: Difference[] = [];
  compareCombination({ ...COMBINATION, ...combination }, [request], found);
  return found.map(({ what }) => what);
}

test.each([
  ["connect", "binary", "application/proto", "application/json"],
  ["connect", "json", "application/json", "application/proto"],
  ["connect", "binary", "application/connect+proto", "application/connect+json"],
  ["grpc", "binary", "application/grpc", "application/grpc+json"],
  ["grpc", "json", "application/grpc+json", "application/grpc"],
  ["grpc", "binary", "application/grpc+proto", "application/grpc-web+proto"],
  ["grpc-web", "json", "application/grpc-web+json", "application/grpc+json"],
])("%s %s is %s, not %s", (protocol, format, right, wrong) => {
  expect(differences({ protocol, format }, right)).toEqual([]);
  expect(differences({ protocol, format }, wrong)).toEqual(["header content-type"]);
});

test("a request without a type is wrong, one by GET or unread is not", () => {
  expect(differences({}, undefined)).toEqual(["header content-type"]);
  expect(differences({}, undefined, { method: "GET" })).toEqual([]);
  expect(differences({}, undefined, { headers: [] })).toEqual([]);
});

test("the HTTP version is that of the combination, where it is known", () => {
  expect(differences({}, "application/proto", { http: "2" })).toEqual([]);
  expect(differences({}, "application/proto", { http: "1.1" })).toEqual(["HTTP version"]);
});
