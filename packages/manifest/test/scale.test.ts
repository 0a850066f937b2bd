import { expect, it } from "vitest";
import { scale } from "../src/scale.js";

it("compares a module of 1000 services", () => {
  const { verdict } = scale({ services: 1_000, methods: 10 });
  expect(verdict).toEqual({
    services: 1_000,
    methods: 10_000,
    sdks: ["ts", "go", "python"],
    problems: [],
  });
});
