import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  DeliveryState,
  NotificationSchema,
  PreferencesSchema,
  Priority,
  type Channel,
  type ChannelType,
  type DeliverySchema,
  type Notification,
  type Preferences,
} from "@ameideio/core-proto/ameide/notifications/v1";
import { deliveryTime } from "./quiet_hours.js";

const { DELIVERED, SUPPRESSED, UNDELIVERABLE, WITHHELD } = DeliveryState;

/** What is known of the people of a tenant. */
export interface Directory {
  channelsOf(recipient: string): readonly Channel[];
  preferencesOf(recipient: string): Preferences | undefined;
}

/** What is to be told. */
export type Told = Pick<Notification, "recipient" | "topic" | "priority">;

type DeliveryInit = MessageInitShape<typeof DeliverySchema>;

/**
 * Plans the deliveries of a notification: those to its recipient, and those to whom escalation
 * rules name, for as long as it will not have been delivered.
 *
 * @param now - Epoch milliseconds.
 */
export function planDeliveries(
  directory: Directory,
  told: Told,
  types: readonly ChannelType[],
  now: number,
): { deliveries: DeliveryInit[]; state: DeliveryState } {
  const { recipient, topic, priority } = told;
  const preferences = directory.preferencesOf(recipient) ?? create(PreferencesSchema);
  if (preferences.mutedTopics.includes(topic) && priority < Priority.URGENT) {
    return { deliveries: [], state: SUPPRESSED };
  }
  const own = deliveriesTo(directory, told, types, now);
  const rules = preferences.escalationRules
    .filter(({ minPriority }) => priority >= minPriority)
    .map((rule) => ({ ...rule, at: now + (rule.after ? durationMs(rule.after) : 0) }))
    .sort((a, b) => a.at - b.at);
  const deliveries = [...own];
  for (const { recipient: other, at } of rules) {
    if (deliveries.some(({ time }) => time <= at)) {
      break;
    }
    const theirs = deliveriesTo(directory, { ...told, recipient: other }, types, at);
    deliveries.push(...theirs.map((each) => ({ ...each, escalated: true })));
  }
  const state = deliveries.length === 0 ? UNDELIVERABLE : WITHHELD;
  return {
    state,
    deliveries: deliveries.map(({ channel, time, escalated }) => ({
      channel,
      escalated,
      state: WITHHELD,
      deliverAt: timestampFromMs(time),
    })),
  };
}

/** Returns a notification as it is now: what was withheld until now is delivered. */
export function currentNotification(notification: Notification, now: number): Notification {
  const current = clone(NotificationSchema, notification);
  for (const delivery of current.deliveries) {
    if (delivery.deliverAt !== undefined && timestampMs(delivery.deliverAt) <= now) {
      delivery.state = DELIVERED;
      current.state = DELIVERED;
    }
  }
  return current;
}

function deliveriesTo(
  directory: Directory,
  { recipient, priority }: Told,
  types: readonly ChannelType[],
  now: number,
): { channel: Channel; time: number; escalated: boolean }[] {
  const preferences = directory.preferencesOf(recipient);
  const time = deliveryTime(preferences?.quietHours, priority, now);
  return directory
    .channelsOf(recipient)
    .filter(({ type }) => types.length === 0 || types.includes(type))
    .filter(({ type }) => {
      const preference = preferences?.channels.find((each) => each.type === type);
      return (
        preference === undefined || (!preference.disabled && priority >= preference.minPriority)
      );
    })
    .map((channel) => ({ channel, time, escalated: false }));
}
