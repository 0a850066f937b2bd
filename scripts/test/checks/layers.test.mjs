// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

import { ROOMS } from "../../checks/layers.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const page = readFileSync(`${ROOT}/docs/architecture.md`, "utf8");

// A room that is planned has its place in the order before it is there; the page tells what is.
const present = ROOMS.filter(({ path }) => existsSync(`${ROOT}/${path}`));

// They may use more than they do today.
const EXAMPLES = ["sdk", "sdk-go", "sdk-python", "tools", "packed"];

it.each(present)("docs/architecture.md has $path, its layer and what it imports", (room) => {
  const row = new RegExp(`^\\| (\\d) \\| \\[?\`${room.path}/?\`.*\\| (.*) \\|$`, "m").exec(page);
  const [, layer, imports = ""] = row ?? [];
  expect(Number(layer)).toBe(room.layer);
  const uses = room.name === "examples" ? EXAMPLES : room.uses;
  const words = imports.replace(/;.*/, "").split(", ");
  expect(words.toSorted()).toEqual(uses.length > 0 ? uses.toSorted() : ["nothing"]);
});

it("docs/architecture.md has no room that is not there", () => {
  const paths = [...page.matchAll(/^\| \d \| \[?`([^`]+?)\/?`/gm)].map(([, path]) => path);
  expect(paths.filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([]);
  expect(paths.length).toBeGreaterThanOrEqual(present.length);
});
