import { create } from "@bufbuild/protobuf";
import { DescribeResponseSchema, HttpClientSchema } from "@ameideio/conformance-proto";
import { expect, test } from "vitest";
import { planCase, showCombination } from "../../src/suite/plan.js";
import { caseWith } from "../harness/a_case.js";

const sdk = create(DescribeResponseSchema, {
  sdk: "ts",
  entries: ["generic", "roster"],
  protocols: ["connect"],
  formats: ["binary", "json"],
  http: ["1.1", "2"],
  kinds: ["unary"],
});

const combinations = (...args: Parameters<typeof planCase>) =>
  planCase(...args).combinations.map(showCombination);

test("in memory a case runs through each entry, in each format", () => {
  expect(combinations(caseWith({}), sdk)).toEqual([
    "memory generic connect binary",
    "memory generic connect json",
    "memory roster connect binary",
    "memory roster connect json",
  ]);
});

test("on the wire also over each HTTP version", () => {
  expect(combinations(caseWith({}, { layer: "wire" }), sdk)).toHaveLength(8);
  const one = caseWith({}, { layer: "wire", http: ["2"], formats: ["json"] });
  expect(combinations(one, sdk)).toEqual([
    "wire generic connect json http/2",
    "wire roster connect json http/2",
  ]);
});

test("the version that both sides agree on is for cases that name it", () => {
  const able = { ...sdk, http: ["1.1", "2", "auto"] };
  expect(combinations(caseWith({}, { layer: "wire" }), able)).toHaveLength(8);
  const one = caseWith({}, { layer: "wire", http: ["auto"], formats: ["json"] });
  expect(combinations(one, able)).toEqual([
    "wire generic connect json http/auto",
    "wire roster connect json http/auto",
  ]);
  expect(planCase(one, sdk).missing).toHaveLength(1);
});

test("a filter leaves out, quietly", () => {
  const filter = { entries: ["roster"], formats: ["json"] };
  expect(planCase(caseWith({}), sdk, filter).combinations).toHaveLength(1);
  expect(planCase(caseWith({}), sdk, { layers: ["wire"] })).toEqual({
    combinations: [],
    missing: [],
    unable: [],
  });
});

const all = { ...sdk, protocols: ["connect", "grpc", "grpc-web"] };

test("a case runs over each protocol, over gRPC not with HTTP/1.1", () => {
  expect(combinations(caseWith({}), all)).toHaveLength(12);
  const wire = combinations(caseWith({}, { layer: "wire" }), all);
  expect(wire).toHaveLength(20);
  expect(wire.filter((combination) => combination.includes(" grpc "))).toEqual([
    "wire generic grpc binary http/2",
    "wire generic grpc json http/2",
    "wire roster grpc binary http/2",
    "wire roster grpc json http/2",
  ]);
});

test("quick, a case in memory runs in one combination, which changes from case to case", () => {
  const one = caseWith({});
  const { entries, protocols, http, kinds } = all;
  const fetch = create(HttpClientSchema, { name: "fetch", entries, protocols, http, kinds });
  const able = { ...all, httpClients: [fetch] };
  const quick = (name: string) =>
    combinations({ ...one, message: { ...one.message, name } }, able, { quick: true });
  const chosen = Array.from({ length: 24 }, (_, i) => quick(`t01 ${String.fromCodePoint(97 + i)}`));
  expect(chosen.map((each) => each.length)).toEqual(chosen.map(() => 1));
  expect(quick("t01 a")).toEqual(quick("t01 a"));
  expect(new Set(chosen.flat()).size).toBe(12);
  expect(chosen.flat().filter((combination) => combination.includes("fetch"))).toEqual([]);
  expect(
    combinations(caseWith({}, { http_clients: ["fetch"] }), able, { quick: true }),
  ).toHaveLength(1);
  expect(planCase(caseWith({}, { layer: "wire" }), able, { quick: true })).toEqual({
    combinations: [],
    missing: [],
    unable: [],
  });
});

test("thin, a case runs once over each protocol, over Connect with each HTTP version", () => {
  const thin = (name: string) =>
    combinations({ ...one, message: { ...one.message, name } }, all, thinly);
  const one = caseWith({}, { layer: "wire" });
  const thinly = { thin: true };
  const protocols = (name: string) => thin(name).map((combination) => combination.split(" ")[2]);
  expect(protocols("t01 a")).toEqual(["connect", "connect", "grpc", "grpc-web"]);
  expect(thin("t01 a")).toEqual(thin("t01 a"));
  const chosen = ["t01 a", "t01 b", "t01 c", "t01 d"].flatMap(thin);
  for (const part of [
    "generic connect ",
    "roster connect ",
    "connect binary http/1.1",
    "connect json http/1.1",
    "connect binary http/2",
    "connect json http/2",
    "generic grpc ",
    "roster grpc ",
    "grpc-web binary",
    "grpc-web json",
  ]) {
    expect(chosen.some((combination) => combination.includes(part))).toBe(true);
  }
});

const withFetch = {
  ...all,
  kinds: ["unary", "server_streaming", "bidi_streaming"],
  httpClients: [
    create(HttpClientSchema, {
      name: "fetch",
      entries: ["generic"],
      protocols: ["connect", "grpc-web"],
      http: ["1.1"],
      kinds: ["unary", "server_streaming"],
    }),
  ],
};

test("a case runs over other HTTP clients, too, as far as they can", () => {
  const overFetch = (json: Parameters<typeof caseWith>[1], filter = {}) =>
    combinations(caseWith({}, json), withFetch, filter).filter((combination) =>
      combination.includes(" fetch "),
    );
  expect(overFetch({})).toEqual([
    "memory fetch generic connect binary",
    "memory fetch generic connect json",
    "memory fetch generic grpc-web binary",
    "memory fetch generic grpc-web json",
  ]);
  expect(overFetch({ layer: "wire" })[0]).toBe("wire fetch generic connect binary http/1.1");
  expect(overFetch({ layer: "wire", http: ["2"] })).toEqual([]);
  expect(overFetch({ protocols: ["grpc"] })).toEqual([]);
  expect(overFetch({}, { thin: true })).toHaveLength(1);
  const steps = [{ call: { method: "Idempotent" } }];
  expect(overFetch({ given: { steps, env: { AMEIDE_TENANT: "acme" } } })).toEqual([]);
  expect(overFetch({ given: { steps, client: { send_compression: "gzip" } } })).toEqual([]);
  expect(overFetch({ layer: "wire", server: { certificate: "good" } })).toEqual([]);
  expect(overFetch({ server: { certificate: "good" } })).toHaveLength(4);
  const bidi = [{ call: { method: "BidiStreamUnknown" } }];
  expect(overFetch({ given: { steps: bidi } })).toEqual([]);
});

test("a case runs over the HTTP clients it names, and no filter leaves out", () => {
  const native = caseWith({}, { http_clients: ["native"] });
  expect(combinations(native, withFetch)).toEqual(combinations(caseWith({}), all));
  const fetched = caseWith({}, { http_clients: ["fetch"], protocols: ["connect", "grpc-web"] });
  expect(combinations(fetched, withFetch)).toHaveLength(4);
  expect(planCase(fetched, all)).toEqual({ combinations: [], missing: [], unable: [] });
  expect(combinations(caseWith({}), withFetch, { httpClients: ["fetch"] })).toHaveLength(4);
  expect(combinations(caseWith({}), withFetch, { httpClients: ["native"] })).toHaveLength(12);
});

test("what an SDK cannot do is named", () => {
  const steps = [{ call: { method: "BidiStreamUnknown" } }];
  expect(planCase(caseWith({}, { given: { steps } }), sdk)).toEqual({
    combinations: [],
    missing: ["kind bidi_streaming"],
    unable: [],
  });
  const one = caseWith({}, { protocols: ["grpc", "connect"] });
  expect(planCase(one, sdk)).toMatchObject({
    combinations: { length: 4 },
    missing: ["protocol grpc"],
  });
});

test("what a case needs and the language lacks is told beside where it would run", () => {
  const call = { method: "Idempotent", cancel: { after_ms: 5 } };
  const one = caseWith({}, { given: { steps: [{ call }] } });
  expect(planCase(one, sdk)).toMatchObject({ combinations: { length: 4 }, unable: ["cancel"] });
  expect(planCase(one, { ...sdk, abilities: ["cancel"] }).unable).toEqual([]);
  expect(planCase(caseWith({}), sdk).unable).toEqual([]);
});
