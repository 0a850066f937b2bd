import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ThreadsService,
  WatchThreadResponseSchema,
} from "@ameideio/core-proto/ameide/threads/v1";
import { numberKey, paginate } from "./pages.js";
import type { Methods } from "./service.js";
import type { Store, StoredThread } from "./store.js";
import { addThread, appendTo, deleteThread, findThread } from "./stored_threads.js";

/** ThreadsService. */
export function threads(store: Store): Methods<typeof ThreadsService> {
  return {
    createThread(request, call) {
      const { title, metadata, messages } = request;
      const stored = addThread(store, call.tenant, { title, ...(metadata && { metadata }) });
      appendTo(store, stored, messages);
      return { thread: stored.thread };
    },

    getThread(request, call) {
      return { thread: findThread(store, call.tenant, request.threadId).thread };
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
      const stored = findThread(store, call.tenant, request.threadId);
      return { messages: appendTo(store, stored, request.messages) };
    },

    listMessages(request, call) {
      const { messages } = findThread(store, call.tenant, request.threadId);
      const { items, nextPageToken } = paginate(store.sealer, call, request, messages, {
        key: ({ sequence }) => numberKey(Number(sequence)),
        direction: "ascending",
      });
      return { messages: items, nextPageToken };
    },

    deleteThread(request, call) {
      deleteThread(store, call.tenant, request.threadId);
      return {};
    },

    watchThread(request, call) {
      const stored = findThread(store, call.tenant, request.threadId);
      return watch(stored, request.afterSequence, call.signal);
    },
  };
}

/**
 * Sends the messages after a sequence as they appear, without a queue for each watcher: a slow
 * reader finds the rest in the thread.
 */
async function* watch(
  stored: StoredThread,
  afterSequence: bigint,
  signal: AbortSignal,
): AsyncGenerator<MessageInitShape<typeof WatchThreadResponseSchema>> {
  // Sequences begin at 1 and have no gaps: a message's index is its sequence - 1.
  let index = Number(afterSequence);
  for (;;) {
    for (let next; (next = stored.messages[index]) !== undefined; index++) {
      yield { event: { case: "messageAppended", value: next } };
    }
    if (stored.deletedAt !== undefined) {
      const value = { threadId: stored.thread.id, deletedAt: stored.deletedAt };
      yield { event: { case: "threadDeleted", value } };
      return;
    }
    await stored.changes.next(signal);
  }
}
