import { describe, expect, it } from "vitest";
import { Streams } from "../harness/stream_service.js";
import { HeaderFields } from "../../src/http/header_fields.js";
import { copyOf } from "../../src/wire/own_headers.js";

const method = Streams.methods[0];
const NAMES = [
  "a",
  "content-type",
  "set-cookie",
  "x-1",
  ...Array.from({ length: 30 }, (_, i) => `n${i}`),
];
const VALUES = ["0", "1", " in space\t", "a, b", "\xe4"];
const CHANGES = ["set", "append", "append", "delete"] as const;

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}

// Numerical Recipes' generator: the same changes in every run.
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function shown(headers: Headers) {
  const seen: [string, string][] = [];
  headers.forEach((value, name) => seen.push([name, value]));
  return {
    seen: seen.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    got: NAMES.map((name) => [headers.get(name), headers.has(name)]),
    cookies: headers.getSetCookie(),
  };
}

describe("HeaderFields", () => {
  it("holds what Headers holds, whatever changes", () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = generator(seed);
      const [ours, theirs] = [new HeaderFields(), new Headers()];
      for (let change = 0; change < 60; change++) {
        const name = pick(NAMES, random);
        const kind = pick(CHANGES, random);
        const value = pick(VALUES, random);
        for (const headers of [ours, theirs]) {
          if (kind === "delete") {
            headers.delete(name);
          } else {
            headers[kind](name, value);
          }
        }
      }
      const wanted = shown(theirs);
      expect(shown(ours)).toEqual(wanted);
      const parts = { service: Streams, method, header: ours, trailer: ours, message: {} };
      const { header, trailer } = ours.answer(parts as never);
      expect(header).toBeInstanceOf(Headers);
      expect(shown(header)).toEqual(wanted);
      expect(shown(trailer)).toEqual(wanted);
      expect(shown(copyOf(ours))).toEqual(wanted);
    }
  });

  it("is read as pairs, names and values", () => {
    const headers = new HeaderFields();
    headers.set("a", "1");
    headers.append("set-cookie", "x");
    headers.append("set-cookie", "y");
    const pairs = [
      ["a", "1"],
      ["set-cookie", "x"],
      ["set-cookie", "y"],
    ];
    expect([...headers]).toEqual(pairs);
    expect([...headers.entries()]).toEqual(pairs);
    expect([...headers.keys()]).toEqual(pairs.map(([name]) => name));
    expect([...headers.values()]).toEqual(pairs.map(([, value]) => value));
  });
});
