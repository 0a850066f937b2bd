import { ChannelType, DeliveryState } from "@ameideio/ameide-sdk-ts/notifications/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("a notification waits for the end of quiet hours", async () => {
  let now = Date.parse("2026-01-01T23:00:00Z");
  const { ameide } = await startAreas({ now: () => now });
  const address = "ada@example.com";
  const recipient = "ada";
  await ameide.notification.registerChannel({ recipient, type: ChannelType.EMAIL, address });
  const quietHours = { startMinute: 22 * 60, endMinute: 7 * 60 };
  await ameide.notification.setPreferences({ preferences: { recipient, quietHours } });
  const sent = await ameide.notification.send({ recipient, topic: "digest", title: "Hello" });
  expect(sent.notification?.state).toBe(DeliveryState.WITHHELD);
  now += 8 * 3_600_000;
  const { notifications } = await ameide.notification.listHistory({ recipient });
  expect(notifications.map(({ state }) => state)).toEqual([DeliveryState.DELIVERED]);
});
