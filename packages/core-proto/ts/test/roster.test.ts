import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { roster } from "@ameideio/core-proto/roster";
import { expect, test } from "vitest";
import { ourServices, rosterServices } from "./stubs.js";

test("every service of ours is in the roster, under one name", async () => {
  const names = (await rosterServices()).map(({ typeName }) => typeName);
  expect(names.toSorted()).toEqual(
    ourServices()
      .map(({ typeName }) => typeName)
      .toSorted(),
  );
});

test("an entry loads the service's own stub", async () => {
  expect((await roster.threads.load()).service).toBe(ThreadsService);
});

test("what an entry tells of the methods is what the stub has", async () => {
  const told = Object.values(roster).map(({ methods }) => methods);
  expect(told).toEqual(
    (await rosterServices()).map(({ methods }) =>
      Object.fromEntries(methods.map(({ localName, methodKind }) => [localName, methodKind])),
    ),
  );
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
