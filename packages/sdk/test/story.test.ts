import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src/", import.meta.url));
const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));

const STORY = storyOf(readFileSync(`${src}call/base_call.ts`, "utf8"));

/** The numbered lines of a text. */
function storyOf(text: string): string[] {
  return [...text.matchAll(/^(?: \* )?(\d+\. `.*)$/gm)].map(([, line]) => line as string);
}

describe("the story of a call", () => {
  it("has ten lines", () => {
    expect(STORY.map((line) => Number.parseInt(line))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("is told alike in docs/architecture.md", () => {
    expect(storyOf(readFileSync(`${docs}architecture.md`, "utf8"))).toEqual(STORY);
  });

  it.each(STORY)("names what there is: %s", (line) => {
    const [file, declared] = [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
    const text = readFileSync(`${src}${file}`, "utf8");
    expect(text).toMatch(new RegExp(`(function|class|^ {2}(\\w+ )*)\\s*${declared}[\\s(<]`, "m"));
  });

  it.each(STORY)("calls what there is: %s", (line) => {
    const [, , ...called] = [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
    const text = ["base_call", "stream_call"].map((name) =>
      readFileSync(`${src}call/${name}.ts`, "utf8"),
    );
    for (const name of called) {
      expect(text.join("\n")).toMatch(new RegExp(`\\b${name}\\(`));
    }
  });
});
