import { durationFromMs, timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { TokenType } from "@ameideio/core-proto/ameide/identity/v1";
import {
  ChannelType,
  DeliveryState,
  NotificationService,
  Priority,
} from "@ameideio/core-proto/ameide/notifications/v1";
import { expect, test } from "vitest";
import { agentTokenOf, failure, start } from "./harness/harness.js";

const { DELIVERED, SUPPRESSED, UNDELIVERABLE, WITHHELD } = DeliveryState;
const { HIGH, LOW, URGENT } = Priority;
const hello = { topic: "approvals", title: "Hello" };
const night = { startMinute: 22 * 60, endMinute: 7 * 60, timeZone: "Europe/Riga" };

async function startNotifications(time = "2026-01-01T12:00:00Z") {
  const clock = { now: Date.parse(time) };
  const tokens = ["ada", "bob"].map((subject) => ({
    token: subject,
    claims: { tokenType: TokenType.USER, subject },
  }));
  const { client } = await start({ now: () => clock.now, tokens });
  const service = client(NotificationService);
  for (const recipient of ["ada", "bob"]) {
    await service.registerChannel({
      recipient,
      type: ChannelType.EMAIL,
      address: `${recipient}@example.com`,
    });
  }
  const send = async (more: object = {}) =>
    (await service.send({ recipient: "ada", ...hello, ...more })).notification;
  const prefer = (more: object, recipient = "ada") =>
    service.setPreferences({ preferences: { recipient, ...more } });
  const stateOf = async (notificationId = "") =>
    (await service.getDeliveryStatus({ notificationId })).notification?.state;
  return { clock, client, service, send, prefer, stateOf };
}

test("a notification goes over every channel that takes it", async () => {
  const { service, send, prefer } = await startNotifications();
  const sms = { recipient: "ada", type: ChannelType.SMS, address: "+37120000000" };
  const { channel } = await service.registerChannel(sms);
  expect((await service.registerChannel(sms)).channel).toEqual(channel);
  const over = async (more: object = {}) =>
    (await send(more))?.deliveries.map((each) => each.channel?.type);
  expect(await over()).toEqual([ChannelType.EMAIL, ChannelType.SMS]);
  expect(await over({ channelTypes: [ChannelType.SMS] })).toEqual([ChannelType.SMS]);
  await prefer({ channels: [{ type: ChannelType.SMS, minPriority: HIGH }] });
  expect(await over()).toEqual([ChannelType.EMAIL]);
  expect(await over({ priority: HIGH })).toEqual([ChannelType.EMAIL, ChannelType.SMS]);
  await prefer({ channels: [{ type: ChannelType.EMAIL, disabled: true }] });
  expect(await over()).toEqual([ChannelType.SMS]);
});

test("who has no channel is not told, and a muted topic only if urgent", async () => {
  const { send, prefer } = await startNotifications();
  expect(await send({ recipient: "cy" })).toMatchObject({ state: UNDELIVERABLE, deliveries: [] });
  await prefer({ mutedTopics: ["approvals"] });
  expect(await send({ priority: HIGH })).toMatchObject({ state: SUPPRESSED, deliveries: [] });
  expect(await send({ topic: "other" })).toMatchObject({ state: DELIVERED });
  expect(await send({ priority: URGENT })).toMatchObject({ state: DELIVERED });
});

test.each<[now: string, at: string, quiet?: object]>([
  // Riga is two hours ahead of UTC in winter.
  ["2026-01-01T19:59:59Z", "2026-01-01T19:59:59.000Z"],
  ["2026-01-01T20:00:00Z", "2026-01-02T05:00:00.000Z"],
  ["2026-01-02T04:59:59Z", "2026-01-02T05:00:00.000Z"],
  ["2026-01-02T05:00:00Z", "2026-01-02T05:00:00.000Z"],
  // Clocks go forward at 01:00Z, back at 01:00Z.
  ["2026-03-28T20:00:00Z", "2026-03-29T04:00:00.000Z"],
  ["2026-10-24T20:00:00Z", "2026-10-25T05:00:00.000Z"],
  ["2026-01-01T12:30:00Z", "2026-01-01T13:00:00.000Z", { startMinute: 720, endMinute: 780 }],
])("what is sent at %s is delivered at %s", async (now, at, quietHours = night) => {
  const { clock, send, prefer, stateOf } = await startNotifications(now);
  await prefer({ quietHours });
  const sent = await send();
  const [delivery] = sent?.deliveries ?? [];
  const deliverAt = delivery?.deliverAt && timestampDate(delivery.deliverAt);
  expect(deliverAt?.toISOString()).toBe(at);
  const isLater = Date.parse(at) > clock.now;
  expect([sent?.state, delivery?.state]).toEqual(Array(2).fill(isLater ? WITHHELD : DELIVERED));
  clock.now = Date.parse(at) - 1;
  expect(await stateOf(sent?.id)).toBe(WITHHELD);
  clock.now = Date.parse(at);
  expect(await stateOf(sent?.id)).toBe(DELIVERED);
});

test("quiet hours let through what matters enough", async () => {
  const { send, prefer } = await startNotifications("2026-01-01T23:00:00Z");
  const states = async () =>
    Promise.all([HIGH, URGENT].map(async (priority) => (await send({ priority }))?.state));
  await prefer({ quietHours: night });
  expect(await states()).toEqual([WITHHELD, DELIVERED]);
  await prefer({ quietHours: { ...night, breakFrom: HIGH } });
  expect(await states()).toEqual([DELIVERED, DELIVERED]);
});

test("what cannot be delivered in time is escalated, and no further than it must be", async () => {
  const { clock, send, prefer, service } = await startNotifications("2026-01-01T23:00:00Z");
  const escalationRules = [
    { minPriority: HIGH, after: durationFromMs(900_000), recipient: "bob" },
    { after: durationFromMs(600_000), recipient: "nobody" },
    { after: durationFromMs(1_800_000), recipient: "bob" },
  ];
  await prefer({ quietHours: night, escalationRules });
  const told = async (priority: Priority) => {
    const { deliveries = [] } = (await send({ priority })) ?? {};
    return deliveries.map(({ channel, escalated, deliverAt }) => [
      channel?.recipient,
      escalated,
      ((deliverAt && timestampDate(deliverAt).getTime()) ?? 0) - clock.now,
    ]);
  };
  const own = ["ada", false, 6 * 3_600_000];
  expect(await told(HIGH)).toEqual([own, ["bob", true, 900_000]]);
  expect(await told(LOW)).toEqual([own, ["bob", true, 1_800_000]]);
  expect(await told(URGENT)).toEqual([["ada", false, 0]]);
  clock.now += 900_000;
  const { notifications } = await service.listHistory({ state: DELIVERED });
  expect(notifications.map(({ priority }) => priority)).toEqual([URGENT, HIGH]);
});

test.each([
  ["a person", (_: unknown, person: string) => person],
  ["an agent for a person", agentTokenOf],
] as const)("%s sees and sets that person's own only", async (_, tokenOf) => {
  const { client, send } = await startNotifications();
  const sent = await send();
  const bob = client(NotificationService, { token: await tokenOf(client, "bob") });
  const ada = client(NotificationService, { token: await tokenOf(client, "ada") });
  const recipient = "ada";
  const notificationId = sent?.id ?? "";
  for (const call of [
    () => bob.getPreferences({ recipient }),
    () => bob.setPreferences({ preferences: { recipient } }),
    () => bob.registerChannel({ recipient, type: ChannelType.PUSH, address: "d" }),
    () => bob.listHistory({ recipient }),
    () => bob.listHistory({}),
  ]) {
    expect(await failure(call())).toMatchObject({
      code: Code.PermissionDenied,
      reason: "RECIPIENT_MISMATCH",
    });
  }
  expect((await ada.listHistory({ recipient })).notifications).toEqual([sent]);
  expect((await ada.getDeliveryStatus({ notificationId })).notification).toEqual(sent);
  for (const other of [bob, client(NotificationService, { tenant: "other" })]) {
    expect(await failure(other.getDeliveryStatus({ notificationId }))).toMatchObject({
      code: Code.NotFound,
      reason: "NOTIFICATION_NOT_FOUND",
      message: (await failure(bob.getDeliveryStatus({ notificationId: "none" }))).message,
    });
  }
});

test("a batch is one call, its history paged", async () => {
  const { client, service } = await startNotifications();
  const keyed = client(NotificationService, { headers: { "idempotency-key": "k" } });
  const requests = ["ada", "bob", "ada"].map((recipient) => ({ recipient, ...hello }));
  const { notifications } = await keyed.sendBatch({ requests });
  expect(await keyed.sendBatch({ requests })).toMatchObject({ notifications });
  expect(notifications.map(({ recipient }) => recipient)).toEqual(["ada", "bob", "ada"]);
  const page = await service.listHistory({ recipient: "ada", pageSize: 1 });
  const { nextPageToken: pageToken } = page;
  const rest = await service.listHistory({ recipient: "ada", pageToken });
  const ids = [...page.notifications, ...rest.notifications].map(({ id }) => id);
  expect(ids).toEqual([notifications[2]?.id, notifications[0]?.id]);
  const wrong = service.sendBatch({ requests: [...requests, { recipient: "ada" }] });
  expect((await failure(wrong)).fields).toEqual(["requests[3].topic", "requests[3].title"]);
  expect((await service.listHistory({})).notifications).toHaveLength(3);
});

test("preferences are kept as they were set", async () => {
  const { clock, prefer, service } = await startNotifications();
  const { preferences: none } = await service.getPreferences({ recipient: "ada" });
  expect(none).toMatchObject({ recipient: "ada", mutedTopics: [] });
  expect(none?.updatedAt).toBeUndefined();
  const { preferences } = await prefer({ mutedTopics: ["x"], quietHours: night });
  expect(preferences?.updatedAt).toEqual(timestampFromMs(clock.now));
  expect(await service.getPreferences({ recipient: "ada" })).toMatchObject({ preferences });
  const zone = { quietHours: { ...night, timeZone: "Mars/Base" } };
  expect(await failure(prefer(zone))).toMatchObject({
    reason: "TIME_ZONE_UNKNOWN",
    fields: ["preferences.quiet_hours.time_zone"],
  });
  const twice = { channels: [{ type: ChannelType.SMS }, { type: ChannelType.SMS }] };
  expect(await failure(prefer(twice))).toMatchObject({ fieldReasons: ["TYPES_DIFFER"] });
});

test.each([
  [ChannelType.EMAIL, "ada"],
  [ChannelType.SMS, "20000000"],
  [ChannelType.WEBHOOK, "http://example.com"],
])("a channel of type %s is not %s", async (type, address) => {
  const { service } = await startNotifications();
  expect(await failure(service.registerChannel({ recipient: "ada", type, address }))).toMatchObject(
    { fieldReasons: ["ADDRESS_OF_TYPE"] },
  );
});
