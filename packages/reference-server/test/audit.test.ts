import { clone, fromJson } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import {
  ActorKind,
  AuditEventSchema,
  AuditService,
  ChainFault,
  Outcome,
  type AuditEvent,
} from "@ameideio/core-proto/ameide/audit/v1";
import { fixtures } from "@ameideio/core-proto/fixtures";
import { expect, test } from "vitest";
import { checksumOf } from "../src/audit_chain.js";
import { collect, failure, start } from "./harness/harness.js";

const event = (action: string, more: object = {}) => ({
  actor: { kind: ActorKind.USER, id: "ada" },
  action,
  resource: { type: "thread", id: "t-1" },
  outcome: Outcome.SUCCESS,
  ...more,
});

/** A log in which `count` events were recorded, a second apart. */
async function startLog(count: number) {
  let now = 0;
  const { client } = await start({ now: () => now });
  const audit = client(AuditService);
  for (let i = 1; i <= count; i++) {
    now = i * 1_000;
    await audit.recordEvent({ event: event(`act.${i}`, { after: { b: [i, null], a: "é" } }) });
  }
  return { client, audit, exported: await exportAll(audit) };
}

const exportAll = async (audit: Client<typeof AuditService>) =>
  (await collect(audit.exportEvents({}))).flatMap(({ event: each }) => each ?? []);

test("events are chained by their checksums", async () => {
  const { audit, exported } = await startLog(3);
  expect(exported.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n]);
  expect(exported.map((each) => each.previousChecksum)).toEqual([
    "",
    exported[0]?.checksum,
    exported[1]?.checksum,
  ]);
  expect(new Set(exported.map(({ checksum }) => checksum)).size).toBe(3);
  expect(await audit.verifyChain({})).toMatchObject({
    intact: true,
    verifiedCount: 3n,
    headChecksum: exported[2]?.checksum,
  });
});

test("the fixture of an event has the checksum that its proto says", () => {
  const fixture = fixtures.find(({ name }) => name === "ameide/audit/v1/audit_event");
  const told = fromJson(AuditEventSchema, fixture?.json ?? null);
  expect(checksumOf(told)).toBe(told.checksum);
});

test.each<[string, (chain: AuditEvent[]) => unknown, object]>([
  [
    "a changed event",
    (chain) => chain[1]?.event && (chain[1].event.action = "nothing"),
    { verifiedCount: 2n, brokenSequence: 2n, fault: ChainFault.CHECKSUM },
  ],
  [
    "an event changed with its checksum",
    ([, second]) => {
      if (second?.event) {
        second.event.action = "nothing";
        second.checksum = checksumOf(second);
      }
    },
    { verifiedCount: 3n, brokenSequence: 3n, fault: ChainFault.LINK },
  ],
  [
    "a removed event",
    (chain) => chain.splice(1, 1),
    { verifiedCount: 2n, brokenSequence: 3n, fault: ChainFault.GAP },
  ],
])("%s breaks the chain", async (_, tamper, found) => {
  const { exported } = await startLog(3);
  const auditEvents = exported.map((each) => clone(AuditEventSchema, each));
  tamper(auditEvents);
  const { client } = await start({ seed: { acme: { auditEvents } } });
  expect(await client(AuditService).verifyChain({})).toMatchObject({ intact: false, ...found });
});

test("a part of a chain is verified from the event before it", async () => {
  const { exported } = await startLog(4);
  const [first, ...rest] = exported;
  const auditEvents = [{ ...first, id: "changed" } as AuditEvent, ...rest];
  const { client } = await start({ seed: { acme: { auditEvents } } });
  const audit = client(AuditService);
  expect((await audit.verifyChain({})).brokenSequence).toBe(1n);
  expect(await audit.verifyChain({ firstSequence: 2n, lastSequence: 3n })).toMatchObject({
    intact: true,
    verifiedCount: 2n,
    headChecksum: exported[2]?.checksum,
  });
  const backwards = audit.verifyChain({ firstSequence: 3n, lastSequence: 2n });
  expect(await failure(backwards)).toMatchObject({ fieldReasons: ["FIRST_NOT_AFTER_LAST"] });
  const { event: next } = await audit.recordEvent({ event: event("more") });
  expect(next).toMatchObject({ sequence: 5n, previousChecksum: exported[3]?.checksum });
});

test("every field of a filter narrows, and an export goes on after a sequence", async () => {
  const { client, audit } = await startLog(2);
  const denied = { outcome: Outcome.DENIED, resource: { type: "key", id: "k" } };
  await audit.recordEvent({ event: event("act.3", { ...denied, actor: { kind: 4 } }) });
  const found = async (filter: object) =>
    (await audit.queryEvents({ filter })).events.map((each) => each.event?.action);
  expect(await found({})).toEqual(["act.3", "act.2", "act.1"]);
  expect(await found({ actorId: "ada" })).toEqual(["act.2", "act.1"]);
  expect(await found({ action: "act.1" })).toEqual(["act.1"]);
  expect(await found({ resourceType: "key" })).toEqual(["act.3"]);
  expect(await found({ resourceId: "t-1", outcome: Outcome.DENIED })).toEqual([]);
  expect(await found({ endTime: timestampFromMs(2_000) })).toEqual(["act.1"]);
  const rest = await collect(audit.exportEvents({ afterSequence: 1n, filter: { actorId: "ada" } }));
  expect(rest.map((each) => each.event?.sequence)).toEqual([2n]);
  expect(await exportAll(client(AuditService, { tenant: "other" }))).toEqual([]);
});
