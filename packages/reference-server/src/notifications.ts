import { randomUUID } from "node:crypto";
import { clone, create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  ChannelSchema,
  DeliveryState,
  NotificationSchema,
  PreferencesSchema,
  Priority,
  type Channel,
  type Notification,
  type NotificationService,
  type Preferences,
  type SendRequest,
} from "@ameideio/core-proto/ameide/notifications/v1";
import { personOf, type Call } from "./call.js";
import { Collection } from "./collection.js";
import { invalidField, notFound, Problem } from "./errors.js";
import { currentNotification, planDeliveries, type Directory } from "./notification_delivery.js";
import { isTimeZone } from "./quiet_hours.js";
import { Resources } from "./resources.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

interface Notifications extends Directory {
  readonly channels: Resources<Channel>;
  readonly preferences: Map<string, Preferences>;
  readonly sent: Collection<Notification>;
}

function makeNotifications(store: Store): Notifications {
  const channels = new Resources<Channel>(store, ChannelSchema, "channel");
  const preferences = new Map<string, Preferences>();
  return {
    channels,
    preferences,
    sent: new Collection(store, "notification"),
    channelsOf: (recipient) => channels.all().filter((each) => each.recipient === recipient),
    preferencesOf: (recipient) => preferences.get(recipient),
  };
}

/** NotificationService. Nothing leaves the server: what is due counts as delivered. */
export function notifications(store: Store): Methods<typeof NotificationService> {
  const of = (tenant: string) => store.state(tenant, makeNotifications);
  const current = (notification: Notification) => currentNotification(notification, store.now());
  const send = (call: Call, request: SendRequest): Notification => {
    const { recipient, topic, title, body, channelTypes, data } = request;
    const priority = request.priority || Priority.NORMAL;
    const told = { recipient, topic, priority };
    const all = of(call.tenant);
    const id = randomUUID();
    const notification = create(NotificationSchema, {
      id,
      ...told,
      title,
      body,
      sentAt: store.timestamp(),
      ...planDeliveries(all, told, channelTypes, store.now()),
      ...(data && { data }),
    });
    return current(all.sent.add(id, notification));
  };
  return {
    send: (request, call) => ({ notification: send(call, request) }),

    sendBatch({ requests }, call) {
      return { notifications: requests.map((request) => send(call, request)) };
    },

    getPreferences({ recipient }, call) {
      demandSelf(call, recipient);
      const known = of(call.tenant).preferencesOf(recipient);
      return { preferences: known ?? { recipient } };
    },

    setPreferences(request, call) {
      const preferences = clone(
        PreferencesSchema,
        request.preferences ?? create(PreferencesSchema),
      );
      demandSelf(call, preferences.recipient);
      if (!isTimeZone(preferences.quietHours?.timeZone ?? "")) {
        const field = "preferences.quiet_hours.time_zone";
        throw invalidField(field, "TIME_ZONE_UNKNOWN", "must be the name of a time zone");
      }
      preferences.updatedAt = store.timestamp();
      of(call.tenant).preferences.set(preferences.recipient, preferences);
      return { preferences };
    },

    listHistory(request, call) {
      const { recipient, topic, state } = request;
      demandSelf(call, recipient);
      const { items, nextPageToken } = of(call.tenant).sent.page(call, request, {
        where: (each) =>
          (recipient === "" || recipient === each.recipient) &&
          (topic === "" || topic === each.topic) &&
          (state === DeliveryState.UNSPECIFIED || state === current(each).state),
      });
      return { notifications: items.map(current), nextPageToken };
    },

    registerChannel({ recipient, type, address }, call) {
      demandSelf(call, recipient);
      const all = of(call.tenant);
      const known = all
        .channelsOf(recipient)
        .find((each) => each.type === type && each.address === address);
      return { channel: known ?? all.channels.create({ recipient, type, address }) };
    },

    getDeliveryStatus({ notificationId }, call) {
      const notification = of(call.tenant).sent.get(notificationId);
      if (!isOwn(call, notification.recipient)) {
        throw notFound("notification", notificationId);
      }
      return { notification: current(notification) };
    },
  };
}

function isOwn(call: Call, recipient: string): boolean {
  const person = personOf(call);
  return person === undefined || person === recipient;
}

function demandSelf(call: Call, recipient: string): void {
  if (!isOwn(call, recipient)) {
    throw new Problem(
      Code.PermissionDenied,
      "RECIPIENT_MISMATCH",
      "a person sees and sets their own only",
    );
  }
}
