import { expect, test } from "vitest";
import { ArgumentError, helpText, readArguments } from "../../src/demo/arguments.js";

test.each([
  [[], { command: "show", row: 1 }],
  [["--case", "6"], { command: "show", row: 6 }],
  [["--case=2"], { command: "show", row: 2 }],
  [["--json"], { command: "json" }],
  [["--serve"], { command: "serve", port: 8080 }],
  [["--serve", "--port", "0"], { command: "serve", port: 0 }],
  [["--case", "9", "--help"], { command: "help" }],
  [["-h"], { command: "help" }],
])("%j", (args, request) => {
  expect(readArguments(args)).toEqual(request);
});

test.each([
  [["--case"], "--case"],
  [["--case", "0"], "--case"],
  [["--case", "1.5"], "--case"],
  [["--case", ""], "--case"],
  [["--case", "-1"], "--case"],
  [["--port", "65536", "--serve"], "--port"],
  [["--port", "8080"], "--serve"],
  [["--json", "--serve"], "--json and --serve"],
  [["--json", "--case", "2"], "--case"],
  [["--json=yes"], "--json"],
  [["--nonsense"], "--nonsense"],
  [["2"], "2"],
])("%j is refused with a line that names %s", (args, name) => {
  const refuse = () => readArguments(args);
  expect(refuse).toThrow(ArgumentError);
  expect(refuse).toThrow(name);
  expect(refuse).not.toThrow("\n");
});

test("the help names every option", () => {
  for (const option of ["--case", "--json", "--serve", "--port", "--help"]) {
    expect(helpText()).toContain(option);
  }
});
