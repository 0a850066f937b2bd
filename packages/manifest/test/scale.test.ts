import { expect, it } from "vitest";
import { scale } from "../src/scale.js";

it("compares a synthetic module", () => {
  const { verdict } = scale({ services: 200, methods: 10 });
  expect(verdict).toEqual({
    services: 200,
    methods: 2_000,
    sdks: ["ts", "go", "python"],
    problems: [],
  });
});
