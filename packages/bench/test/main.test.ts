import { expect, it, vi } from "vitest";
import { main } from "../src/main.js";

it.each([["--no-such-option"], ["--report"], ["word"]])(
  "%s is 2, with one line that says what is wrong",
  async (argument) => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(await main([argument])).toBe(2);
    expect(write.mock.calls).toEqual([[expect.stringMatching(/^[^\n]+ \(see --help\)\n$/)]]);
    write.mockRestore();
  },
);
