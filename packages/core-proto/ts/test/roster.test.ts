import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { roster_name } from "@ameideio/core-proto/ameide/policy/v1";
import { roster } from "@ameideio/core-proto/roster";
import { getOption } from "@bufbuild/protobuf";
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

test("each name is that of its service, whatever else comes", async () => {
  const lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
  const expected = (await rosterServices()).map((service) => {
    const [, version = ""] = /\.v(\d+)$/.exec(service.file.proto.package) ?? [];
    const name =
      lower(service.name.replace(/Service$/, "")) + (version === "1" ? "" : `V${version}`);
    return getOption(service, roster_name) || name;
  });
  expect(Object.keys(roster)).toEqual(expected.toSorted());
  expect(Object.keys(roster)).toContain("organizationsDirectory");
});
