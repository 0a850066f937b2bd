// @ts-check
import { describe, expect, it } from "vitest";

import { looseEnds } from "../../checks/workflows.mjs";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

const CLEAN = `
permissions: {}
jobs:
  test:
    permissions:
      contents: read
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@${COMMIT} # v1.0.0
      - uses: ./local
      - run: make
`;

describe("looseEnds", () => {
  it("has nothing against a closed workflow", () => {
    expect(looseEnds("ci.yml", CLEAN)).toEqual([]);
  });

  it.each([
    ["an action by tag", CLEAN.replace(COMMIT, "v7"), "actions/checkout@v7 is not a full commit"],
    [
      "permissions by default",
      CLEAN.replace("permissions: {}", ""),
      'wants "permissions: {}" on top',
    ],
    ["wide permissions", CLEAN.replace("{}", "write-all"), 'wants "permissions: {}" on top'],
    [
      "a job without a limit",
      CLEAN.replace("timeout-minutes: 5", ""),
      "test has no timeout-minutes",
    ],
    [
      "a job without permissions",
      CLEAN.replace(/ {4}permissions:\n.*read\n/, ""),
      "test states no permissions",
    ],
  ])("finds %s", (_, text, says) => {
    expect(looseEnds("ci.yml", text)).toEqual([expect.stringContaining(says)]);
  });
});
