import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Deed, GivenSchema, ScriptSchema } from "@ameideio/conformance-proto";
import { expect, test } from "vitest";
import { CASES } from "../../src/common/folders.js";
import { needsOf } from "../../src/suite/abilities.js";
import { loadCases } from "../../src/suite/load_cases.js";

type Given = MessageInitShape<typeof GivenSchema>;
type Settings = NonNullable<NonNullable<Given["client"]>["settings"]>;

const needs = (given: Given, server: MessageInitShape<typeof ScriptSchema> = {}) =>
  needsOf(create(GivenSchema, given), create(ScriptSchema, server));
const call = (settings: Settings): Given => ({
  steps: [{ action: { case: "call", value: { method: "Idempotent", settings } } }],
});
const paginate = (value: { maxItems?: number; maxPages?: number; settings?: Settings }): Given => ({
  steps: [{ action: { case: "paginate", value } }],
});
const provider = (expiresAt: number): Settings => ({
  auth: { provider: [{ token: "t" }, { token: "t", expiresAt }] },
});

test.each<[string, Given]>([
  ["an option of no name", { client: { unknownOption: "timeoutMillis" } }],
  ["two and a half attempts", call({ retry: { maxAttempts: 2.5 } })],
  ["of a client", { client: { settings: { retry: { maxAttempts: 2.5 } } } }],
  ["of a method", { client: { methods: { Unknown: { retry: { maxAttempts: 2.5 } } } } }],
  [
    "of a derived client",
    {
      steps: [{ action: { case: "derive", value: { settings: { retry: { maxAttempts: 0.5 } } } } }],
    },
  ],
  ["of a list", paginate({ settings: { retry: { maxAttempts: 1.5 } } })],
  ["one and a half items", paginate({ maxItems: 1.5 })],
  ["pages that are no number", paginate({ maxPages: Number.NaN })],
  ["an expiry that is no number", call(provider(Number.NaN))],
  ["an expiry that is infinite", call(provider(Infinity))],
  ["an ambient deadline that is a text", call({ ambientDeadlineText: "500" })],
  ["one that fails", call({ ambientDeadlineThrows: true })],
  ["one that is no number", call({ ambientDeadlineMs: Number.NaN })],
  ["one that is infinitely long over", call({ ambientDeadlineMs: -Infinity })],
])("%s needs loose types", (_what, given) => {
  expect(needs(given)).toEqual(["loose_types"]);
});

test.each<[string, Given]>([
  ["nothing", {}],
  ["a duration that is no number", call({ timeoutMs: Number.NaN })],
  ["a fraction of a millisecond", call({ attemptTimeoutMs: 250.9 })],
  ["six attempts", call({ retry: { maxAttempts: 6 } })],
  ["less than no page", paginate({ maxPages: -1 })],
  ["an expiry of long ago", call(provider(-1))],
  ["an ambient deadline that never comes", call({ ambientDeadlineMs: Infinity })],
  ["a preset of no name", { client: { preset: "mush" } }],
])("%s needs nothing", (_what, given) => {
  expect(needs(given)).toEqual([]);
});

test("a call that is canceled needs that calls can be", () => {
  const canceled = { method: "Idempotent", cancel: { beforeStart: true } };
  expect(needs({ steps: [{ action: { case: "call", value: canceled } }] })).toEqual(["cancel"]);
});

test("a client that is closed while its server stalls needs the same", () => {
  const closing = { client: { watchers: [{ who: "observer", at: "done", does: Deed.CLOSE }] } };
  const stalling = { answers: [{ action: { case: "stall", value: true } as const }] };
  expect(needs(closing, stalling)).toEqual(["cancel"]);
  expect(needs(closing)).toEqual([]);
  expect(needs({}, stalling)).toEqual([]);
});

test("a stream that nobody reads needs that streams are sent when they are opened", () => {
  const unread = { method: "ServerStreamUnknown", unread: true };
  expect(needs({ steps: [{ action: { case: "call", value: unread } }] })).toEqual([
    "eager_streams",
  ]);
});

test.each<[string, Given]>([
  ["PINGs", { client: { keepAlive: { off: true } } }],
  ["the age of connections", { client: { maxConnectionAgeMs: 1000 } }],
])("%s need that they can be set", (_what, given) => {
  expect(needs(given)).toEqual(["keep_alive"]);
});

test("input that fails needs an SDK that pulls it", () => {
  const failing = { method: "ClientStreamUnknown", texts: ["a"], inputThrows: true };
  expect(needs({ steps: [{ action: { case: "call", value: failing } }] })).toEqual([
    "pulled_input",
  ]);
});

test("of our own cases these need loose types, and many to cancel", () => {
  const { cases } = loadCases([CASES]);
  const needing = (ability: string) =>
    cases.filter(({ message }) =>
      needsOf(message.given, message.server).some((one) => one === ability),
    );
  expect([...new Set(needing("loose_types").map(({ id }) => id))].toSorted()).toEqual([
    "a18",
    "k02",
    "k17",
    "p03",
    "r20",
    "u09",
  ]);
  expect(needing("cancel").length).toBeGreaterThan(50);
});
