import { expect, test } from "vitest";
import { measureManifest } from "../src/manifest.js";

test("the manifest's steps are timed in a process of their own", async () => {
  const { services, methods, steps, peakBytes, problems } = await measureManifest(20, 5);
  expect({ services, methods, problems }).toEqual({ services: 20, methods: 5, problems: 0 });
  expect(Object.keys(steps)).toEqual(["emit", "surface", "check", "diff"]);
  expect(Math.min(...Object.values(steps))).toBeGreaterThan(0);
  expect(peakBytes).toBeGreaterThan(10e6);
});
