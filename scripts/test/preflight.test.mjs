// @ts-check
import { describe, expect, it } from "vitest";

import { missingTools, OLDEST_NODE } from "../preflight.mjs";

describe("missingTools", () => {
  it("finds nothing missing on a machine that runs the tests", () => {
    expect(missingTools()).toEqual([]);
  });

  it.each(["18.20.4", "20.18.9", "20.18"])("refuses Node.js %s in one line", (nodeVersion) => {
    expect(missingTools({ nodeVersion })).toEqual([
      `Node.js ${nodeVersion} is too old: install Node.js ${OLDEST_NODE} or newer`,
    ]);
  });

  it.each([OLDEST_NODE, "20.19.1", "22.0.0", "100.0.0"])("accepts Node.js %s", (nodeVersion) => {
    expect(missingTools({ nodeVersion })).toEqual([]);
  });

  it("names git and pnpm, a line each, where PATH has neither", () => {
    expect(missingTools({ path: "" })).toEqual([
      expect.stringMatching(/^git was not found: install git/),
      expect.stringMatching(/^pnpm was not found: start this as npx -y pnpm@/),
    ]);
  });
});
