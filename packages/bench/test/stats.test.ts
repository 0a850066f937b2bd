import { expect, test } from "vitest";
import { median, quantile } from "../src/stats.js";

test("the median is the middle, or the mean of the two in the middle", () => {
  expect(median([10, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("a quantile is the nearest rank", () => {
  const values = Array.from({ length: 20 }, (_, i) => 20 - i);
  expect(quantile(values, 0.1)).toBe(2);
  expect(quantile(values, 1)).toBe(20);
  expect(quantile([7], 0.1)).toBe(7);
});

test("there is none of nothing", () => {
  expect(() => median([])).toThrow("no values");
  expect(() => quantile([], 0.5)).toThrow("no values");
});
