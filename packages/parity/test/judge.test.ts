import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  MatrixSchema,
  OfficialSchema,
  PinsSchema,
} from "@ameideio/conformance-proto/ameide/parity/v1";
import { expect, it, vi } from "vitest";
import type { Evidence } from "../src/evidence.js";
import { judge, type Scope } from "../src/judge.js";
import { pinned } from "../src/pins.js";
import { redLine, showTable } from "../src/report/summary.js";
import { green } from "./harness/evidence.js";
import { there } from "./harness/there.js";

const { matrices, officials, pins, api, parity } = green();

const goMatrix = (changes: MessageInitShape<typeof MatrixSchema>) => ({
  matrices: {
    ...matrices,
    go: create(MatrixSchema, { ...there(matrices.go), ...changes } as typeof changes),
  },
});
const goOfficial = (changes: MessageInitShape<typeof OfficialSchema>) => ({
  officials: {
    ...officials,
    go: create(OfficialSchema, { ...there(officials.go), ...changes } as typeof changes),
  },
});
const red = (changes: Partial<Evidence>, scope: Scope = "full") => {
  const verdict = judge(green(changes), scope);
  expect(verdict.verdict).toBe(verdict.red.length === 0 ? "pass" : "fail");
  return verdict.red.map(redLine);
};

it("passes what is green, and counts it", () => {
  const verdict = judge(green(), "full");
  expect(verdict).toMatchObject({
    verdict: "pass",
    scope: "full",
    red: [],
    services: 1,
    methods: 2,
  });
  expect(showTable(verdict)).toBe(TABLE);
});

it("fails one red case, with the case, the difference and where it was", () => {
  const difference = { step: "request 2", what: "header a", expected: "1", seen: "absent" };
  const one = { case: "r01 a", area: "retry", differences: [difference] };
  const combinations = ["memory generic connect json", "memory roster connect json"];
  const changes = goMatrix({ red: combinations.map((combination) => ({ ...one, combination })) });
  const line =
    "matrix go, r01 a: request 2, header a: expected 1, seen absent, in memory generic connect json and 1 more";
  expect(red(changes)).toEqual([`✗ ${line}`]);
  expect(red(changes, "quick")).toEqual([`✗ ${line}`]);
  expect(showTable(judge(green(changes), "full"))).toContain(
    `✗ ${line}\n\nverdict: fail, 1 red cell in go (1 service, 2 methods)\n`,
  );
});

it("fails what is wrong beyond cases, and a policy that differs from that of others", () => {
  const changes = goMatrix({
    problems: ["its constant a is 1, and is 2 in policy.json"],
    policies: { "r01 a": "other" },
  });
  expect(red(changes)).toEqual([
    "✗ matrix go: its constant a is 1, and is 2 in policy.json",
    "✗ matrix go, r01 a: the hash of the effective policy is other, in ts hash",
  ]);
});

it.each<[string, MessageInitShape<typeof MatrixSchema>]>([
  ["no case passed", { areas: [], excused: [] }],
  ["7 failures, and none is named", { areas: [{ counts: { passed: 1, failed: 7 } }], excused: [] }],
  [
    "what is known to fail is counted and not named, or named and not counted",
    { areas: [{ counts: { passed: 1, unable: 1 } }] },
  ],
  [
    "what is beyond the language is counted and not named, or named and not counted",
    { areas: [{ counts: { passed: 1, skipped: 1 } }] },
  ],
  ["it has 3 cases, in ts 4", { cases: 3 }],
  ["there is no hash of the effective policy in go", { policies: {} }],
  [
    "there is no hash of the effective policy in ts",
    { policies: { "r01 a": "hash", "r02 b": "hash" } },
  ],
])("fails a matrix of which nothing is named, but %s", (why, changes) => {
  expect(red(goMatrix(changes))).toEqual([expect.stringContaining(why)]);
  expect(red(goMatrix(changes), "quick")).toEqual([expect.stringContaining(why)]);
});

it("fails a matrix that does not state how many cases it has", () => {
  expect(red(goMatrix({ cases: 0 }))).toContain(
    "✗ matrix go: it does not state how many cases it has",
  );
});

it("asks no policy of what a language cannot express, nor of what is red already", () => {
  expect(red(goMatrix({ policies: { "r01 a": "hash", "r90 lacks": "hash" } }))).toEqual([]);
});

it("does not judge by the policies of a verdict that does not count", () => {
  const { ts } = matrices;
  const stale = { ...there(ts), run: "before", policies: { "r01 a": "of old sources" } };
  const changes = { matrices: { ...matrices, ts: create(MatrixSchema, stale) } };
  expect(red(changes, "quick")).toEqual([]);
  const other = { ...there(matrices["py-sync"]), policies: { "r01 a": "other" } };
  const both = { ...changes.matrices, "py-sync": create(MatrixSchema, other) };
  expect(red({ matrices: both }, "quick")).toEqual([
    "✗ matrix py-sync, r01 a: the hash of the effective policy is other, in go hash",
  ]);
});

it.each<[string, MessageInitShape<typeof OfficialSchema>]>([
  ["no case passed", { totals: { sdk: "go" } }],
  ["its counts do not add up: 9 cases in all", { totals: { sdk: "go", total: 9, passed: 7 } }],
])("fails Connect's own suite where %s", (why, changes) => {
  expect(red(goOfficial(changes))).toEqual([`✗ official go: ${why}`]);
  expect(red(goOfficial(changes), "quick")).toEqual([`✗ official go: ${why}`]);
});

it("fails Connect's own suite without any counts", () => {
  const { totals: _, ...rest } = there(officials.go);
  const changes = { officials: { ...officials, go: create(OfficialSchema, rest) } };
  expect(red(changes)).toEqual(["✗ official go: no case passed"]);
});

it("prints one line of each red cell", () => {
  const changes = goMatrix({ problems: ["it died:\nTraceback"] });
  expect(showTable(judge(green(changes), "full"))).toContain("\n✗ matrix go: it died: …\n\n");
});

it.each([
  ["there is no verdict", { matrices: { ...matrices, go: undefined } }],
  ["the last verdict is of other sources", goMatrix({ run: "before" })],
  ["the last verdict is of other sources", goMatrix({ run: "" })],
  ["the last verdict is of some cases only", goMatrix({ whole: false })],
])("a matrix does not count where %s", (why, changes) => {
  expect(red(changes)).toEqual([`✗ matrix go: ${why}: npx -y pnpm@12.21.0 conformance --sdk go`]);
  expect(red(changes, "quick")).toEqual([]);
});

it("a quick judgment passes over what is red of other sources", () => {
  const changes = goMatrix({ run: "before", problems: ["it is red"] });
  expect(red(changes, "quick")).toEqual([]);
  const { matrix } = judge(green(changes), "quick");
  expect(matrix.map(({ sdk }) => sdk)).toEqual(["ts", "py-async", "py-sync"]);
});

it("fails Connect's own suite where a case failed, and where it did not run on the sources", () => {
  expect(
    red(
      goOfficial({
        totals: { sdk: "go", total: 9, passed: 6, failed: 1, known: 2 },
        failures: ["Basic/a:\n  expecting an error"],
      }),
    ),
  ).toEqual(["✗ official go: 1 case failed", "✗ official go, Basic/a: expecting an error"]);
  expect(red(goOfficial({ run: "before" }))).toEqual([
    "✗ official go: the last verdict is of other sources: npx -y pnpm@12.21.0 conformance:connect --client go",
  ]);
});

it("fails what is not pinned, and what is pinned and not there", () => {
  const go = { services: { "acme.gone.v1.GoneService": "1" }, api: api["go"] ?? {} };
  const again = "review it, then npx -y pnpm@12.21.0 parity --pin";
  const changed = create(PinsSchema, { sdks: { ...pins.sdks, go } });
  expect(red({ pins: changed }, "quick")).toEqual([
    `✗ pins go, acme.gone.v1.GoneService: the surface is pinned, and is not there: ${again}`,
    `✗ pins go, acme.orders.v1.OrdersService: the surface is not pinned: ${again}`,
  ]);
  expect(red({ api: { ...api, go: { "packages/go/api/a.txt": "2" } } })).toEqual([
    `✗ pins go, packages/go/api/a.txt: the API report is not what is pinned: ${again}`,
  ]);
});

it("pins what SDKs have, and leaves the pins of others", () => {
  const before = create(PinsSchema, { sdks: { rust: { services: { a: "1" } } } });
  const after = pinned(before, parity.surfaces, api);
  expect(Object.keys(after.sdks).toSorted()).toEqual(["go", "python", "rust", "ts"]);
  expect(red({ pins: after })).toEqual([]);
});

it("leaves out an SDK whose toolchain is missing, but fails in CI", () => {
  const missing = ["go is not looked at: install Go"];
  const changes = { parity: { ...parity, sdks: ["ts", "python"], missing } };
  vi.stubEnv("CI", "");
  expect(judge(green(changes), "full")).toMatchObject({ verdict: "pass", missing });
  vi.stubEnv("CI", "true");
  expect(red(changes)).toEqual(["✗ manifest go: go is not looked at: install Go"]);
  vi.unstubAllEnvs();
});

const TABLE = `parity    ts           go           py-async     py-sync
manifest  ✓ 2 methods  ✓ 2 methods  ✓ 2 methods  ✓ 2 methods
pins      ✓            ✓            ✓            ✓
matrix    ✓ 3/3        ✓ 3/3        ✓ 3/3        ✓ 3/3
official  ✓ 7/7        ✓ 7/7        ✓ 7/7        ✓ 7/7

verdict: pass, 1 service, 2 methods, alike in ts, go, python
`;
