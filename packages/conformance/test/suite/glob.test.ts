import { expect, test } from "vitest";
import { matchesCase } from "../../src/suite/glob.js";

const one = { id: "m05", name: "m05 grpc status names (all)" };

test.each(["m05", "m0?", "m05 grpc*", "*names (all)", " m05 "])("%s matches", (pattern) => {
  expect(matchesCase(pattern, one)).toBe(true);
});

test.each(["m5", "m", "M05", "m05 grpc", "m0[5]", "*names .all."])("%s does not", (pattern) => {
  expect(matchesCase(pattern, one)).toBe(false);
});
