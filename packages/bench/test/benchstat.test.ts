import { expect, test } from "vitest";
import { readBenchstat, statKey } from "../src/benchstat.js";

const CSV = `goos: linux
pkg: example
,base,,other,,,,beside,,,
,sec/op,CI,sec/op,CI,vs base,P,sec/op,CI,vs base,P
unary,4e-06,2%,6e-06,3%,+50.00%,p=0.002 n=6
grpc,2e-04,1%,2.1e-04,9%,~,p=0.667 n=6,3e-04,1%,+50.00%,p=0.002 n=6
geomean,1e-05,,2e-05,,+50%,,3e-04,,+9%,

,base,,other,,,
,allocs/op,CI,allocs/op,CI,vs base,P
unary,43,0%,63,0%,+46.51%,p=0.002 n=6
`;

test("the medians are told by unit, row and side, and whether they differ", () => {
  expect([...readBenchstat(CSV)]).toEqual([
    [statKey("sec/op", "unary", "base"), { median: 4e-6, differs: false }],
    [statKey("sec/op", "unary", "other"), { median: 6e-6, differs: true }],
    [statKey("sec/op", "grpc", "base"), { median: 2e-4, differs: false }],
    [statKey("sec/op", "grpc", "other"), { median: 2.1e-4, differs: false }],
    [statKey("sec/op", "grpc", "beside"), { median: 3e-4, differs: true }],
    [statKey("allocs/op", "unary", "base"), { median: 43, differs: false }],
    [statKey("allocs/op", "unary", "other"), { median: 63, differs: true }],
  ]);
});
