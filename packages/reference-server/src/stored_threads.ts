import { randomUUID } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  MessageSchema,
  ThreadSchema,
  type Message,
  type NewMessageSchema,
} from "@ameideio/core-proto/ameide/threads/v1";
import { Changes } from "./changes.js";
import { notFound } from "./errors.js";
import type { Store, StoredThread } from "./store.js";

/**
 * Returns a thread of the tenant.
 *
 * @throws Problem `not_found`
 */
export function findThread(store: Store, tenant: string, id: string): StoredThread {
  const stored = store.tenant(tenant).threads.get(id);
  if (stored === undefined) {
    throw notFound("thread", id);
  }
  return stored;
}

/** Adds an empty thread. */
export function addThread(
  store: Store,
  tenant: string,
  init: Pick<MessageInitShape<typeof ThreadSchema>, "title" | "metadata">,
): StoredThread {
  const now = store.timestamp();
  const thread = create(ThreadSchema, {
    ...init,
    id: randomUUID(),
    createdAt: now,
    updatedAt: now,
  });
  const stored: StoredThread = {
    thread,
    messages: [],
    touched: store.tick(),
    changes: new Changes(),
    deletedAt: undefined,
  };
  store.tenant(tenant).threads.set(thread.id, stored);
  return stored;
}

/** Appends messages to a thread, and notifies its watchers. */
export function appendTo(
  store: Store,
  stored: StoredThread,
  added: readonly MessageInitShape<typeof NewMessageSchema>[],
): Message[] {
  const now = timestampFromMs(store.now());
  const messages = added.map(({ role, parts, agentId, metadata }, index) =>
    create(MessageSchema, {
      id: randomUUID(),
      threadId: stored.thread.id,
      sequence: BigInt(stored.messages.length + index + 1),
      createdAt: now,
      ...(role && { role }),
      ...(parts && { parts }),
      ...(agentId && { agentId }),
      ...(metadata && { metadata }),
    }),
  );
  stored.messages.push(...messages);
  stored.thread.messageCount = BigInt(stored.messages.length);
  stored.thread.updatedAt = now;
  stored.touched = store.tick();
  stored.changes.announce();
  return messages;
}

/** Deletes a thread if it exists, and notifies its watchers. */
export function deleteThread(store: Store, tenant: string, id: string): void {
  const { threads } = store.tenant(tenant);
  const stored = threads.get(id);
  if (stored === undefined) {
    return;
  }
  threads.delete(id);
  stored.deletedAt = timestampFromMs(store.now());
  stored.changes.announce();
}
