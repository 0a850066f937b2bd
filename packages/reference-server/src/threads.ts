import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  MessageSchema,
  ThreadSchema,
  type Message,
  type NewMessage,
  type ThreadsService,
} from "@ameideio/core-proto/ameide/threads/v1";
import { notFound } from "./errors.js";
import { numberKey, paginate } from "./pages.js";
import type { UnaryMethods } from "./service.js";
import type { Store, StoredThread } from "./store.js";

/** ThreadsService without WatchThread. */
export function threads(store: Store): UnaryMethods<typeof ThreadsService> {
  return {
    createThread(request, call) {
      const now = timestampFromMs(store.now());
      const { title, metadata } = request;
      const thread = create(ThreadSchema, {
        id: randomUUID(),
        title,
        createdAt: now,
        updatedAt: now,
        ...(metadata && { metadata }),
      });
      const stored: StoredThread = { thread, messages: [], touched: store.tick() };
      append(store, stored, request.messages);
      store.tenant(call.tenant).threads.set(thread.id, stored);
      return { thread };
    },

    getThread(request, call) {
      return { thread: find(store, call.tenant, request.threadId).thread };
    },

    listThreads(request, call) {
      const { items, nextPageToken } = paginate(
        store.sealer,
        call,
        request,
        store.tenant(call.tenant).threads.values(),
        { key: ({ touched }) => numberKey(touched), direction: "descending" },
      );
      return { threads: items.map(({ thread }) => thread), nextPageToken };
    },

    appendMessages(request, call) {
      const stored = find(store, call.tenant, request.threadId);
      return { messages: append(store, stored, request.messages) };
    },

    listMessages(request, call) {
      const { messages } = find(store, call.tenant, request.threadId);
      const { items, nextPageToken } = paginate(store.sealer, call, request, messages, {
        key: ({ sequence }) => numberKey(Number(sequence)),
        direction: "ascending",
      });
      return { messages: items, nextPageToken };
    },

    deleteThread(request, call) {
      store.tenant(call.tenant).threads.delete(request.threadId);
      return {};
    },
  };
}

function find(store: Store, tenant: string, id: string): StoredThread {
  const stored = store.tenant(tenant).threads.get(id);
  if (stored === undefined) throw notFound("thread", id);
  return stored;
}

function append(store: Store, stored: StoredThread, added: readonly NewMessage[]): Message[] {
  const now = timestampFromMs(store.now());
  const messages = added.map(({ role, parts, agentId, metadata }, index) =>
    create(MessageSchema, {
      id: randomUUID(),
      threadId: stored.thread.id,
      role,
      parts,
      agentId,
      sequence: BigInt(stored.messages.length + index + 1),
      createdAt: now,
      ...(metadata && { metadata }),
    }),
  );
  stored.messages.push(...messages);
  stored.thread.messageCount = BigInt(stored.messages.length);
  stored.thread.updatedAt = now;
  stored.touched = store.tick();
  return messages;
}
