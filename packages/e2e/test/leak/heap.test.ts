import { expect, test } from "vitest";
import { growthPerCall } from "../../src/leak/heap.js";

test("growth is what the last blocks have more than the first, for each call between them", () => {
  expect(growthPerCall([100, 200, 300, 400, 500, 600, 700, 800, 900], 10)).toBe(10);
});

test("growth is not misled by blocks whose last calls are still being released", () => {
  expect(growthPerCall([100, 9_000, 9_000, 100, 100, 100, 100, 100, 100], 10)).toBe(0);
  expect(growthPerCall([100, 100, 100, 100, 100, 100, 9_000, 9_000, 100], 10)).toBe(0);
});
