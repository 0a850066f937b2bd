import { readFileSync } from "node:fs";

/** Reads vectors that the tests of every SDK share. */
export function readVectors(name: string): unknown {
  const url = new URL(`../../../conformance/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as unknown;
}
