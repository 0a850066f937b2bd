import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import * as roster from "@ameideio/core-proto/roster";
import { expect, test } from "vitest";
import { ourServices } from "./stubs.js";

test("every service of ours is in the roster, under one name", () => {
  const names = Object.values(roster).map(({ typeName }) => typeName);
  expect(names.toSorted()).toEqual(
    ourServices()
      .map(({ typeName }) => typeName)
      .toSorted(),
  );
});

test("an entry is the service's own stub", () => {
  expect(roster.threads).toBe(ThreadsService);
});

test("the names are those of the contract", () => {
  expect(Object.keys(roster)).toEqual([
    "inference",
    "meter",
    "organizationsDirectory",
    "sessions",
    "threads",
    "token",
  ]);
});
