import { randomUUID } from "node:crypto";
import { clone, create } from "@bufbuild/protobuf";
import {
  MemorySchema,
  type Memory,
  type MemoryScope,
  type MemoryService,
} from "@ameideio/core-proto/ameide/memory/v1";
import { Collection } from "./collection.js";
import { cosineSimilarity, embed } from "./embedding.js";
import { update } from "./field_mask.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

const DEFAULT_TOP_K = 10;
const SAME = 0.95;

const makeMemories = (store: Store) => new Collection<Memory>(store, "memory");

/** MemoryService. */
export function memory(store: Store): Methods<typeof MemoryService> {
  const of = (tenant: string) => store.state(tenant, makeMemories);
  return {
    store({ scope, content, embedding, metadata }, call) {
      const now = store.timestamp();
      const id = randomUUID();
      const stored = create(MemorySchema, {
        id,
        content,
        embedding: embedding.length > 0 ? embedding : embed(content),
        metadata,
        createdAt: now,
        updatedAt: now,
        ...(scope && { scope }),
      });
      return { memory: of(call.tenant).add(id, stored) };
    },

    recall({ query, embedding, scope, topK, minSimilarity }, call) {
      const wanted = embedding.length > 0 ? embedding : embed(query);
      const memories = of(call.tenant)
        .all()
        .reverse()
        .filter((each) => matches(each, scope) && each.embedding.length === wanted.length)
        .map((each) => ({ memory: each, similarity: cosineSimilarity(each.embedding, wanted) }))
        .filter(({ similarity }) => similarity >= (minSimilarity ?? 0))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, topK || DEFAULT_TOP_K);
      return { memories };
    },

    update({ memory: patch, updateMask }, call) {
      const memories = of(call.tenant);
      const renewed = clone(MemorySchema, memories.get(patch?.id ?? ""));
      const changed = update(MemorySchema, renewed, {
        patch: patch ?? create(MemorySchema),
        mask: updateMask,
        writable: ["content", "embedding", "metadata"],
        required: ["content"],
      });
      if (
        renewed.embedding.length === 0 ||
        (changed.includes("content") && !patch?.embedding.length)
      ) {
        renewed.embedding = embed(renewed.content);
      }
      renewed.updatedAt = store.timestamp();
      return { memory: memories.set(renewed.id, renewed) };
    },

    delete({ memoryId }, call) {
      of(call.tenant).delete(memoryId);
      return {};
    },

    list(request, call) {
      const { items, nextPageToken } = of(call.tenant).page(call, request, {
        where: (each) => matches(each, request.scope),
      });
      return { memories: items, nextPageToken };
    },

    consolidate({ scope, minSimilarity, dryRun }, call) {
      const memories = of(call.tenant);
      const newest = memories.all().reverse();
      const groups = group(
        newest.filter((each) => matches(each, scope)),
        minSimilarity ?? SAME,
      );
      const merged = groups
        .filter(({ others }) => others.length > 0)
        .map(({ kept, others }) => {
          const one = clone(MemorySchema, kept);
          const metadata = Object.assign({}, ...others.toReversed().map((each) => each.metadata));
          one.metadata = { ...metadata, ...one.metadata };
          one.updatedAt = store.timestamp();
          return { memory: one, mergedIds: others.map(({ id }) => id) };
        });
      if (!dryRun) {
        merged.forEach(({ memory: one }) => memories.set(one.id, one));
        merged.flatMap(({ mergedIds }) => mergedIds).forEach((id) => memories.delete(id));
      }
      return { merged };
    },
  };
}

/** Puts each memory to the first one before it that says the same, in the same scope. */
function group(memories: readonly Memory[], same: number): { kept: Memory; others: Memory[] }[] {
  const groups: { kept: Memory; others: Memory[] }[] = [];
  for (const each of memories) {
    const known = groups.find(
      ({ kept }) =>
        scopeKey(kept.scope) === scopeKey(each.scope) &&
        cosineSimilarity(kept.embedding, each.embedding) >= same,
    );
    if (known === undefined) {
      groups.push({ kept: each, others: [] });
    } else {
      known.others.push(each);
    }
  }
  return groups;
}

const PARTS = ["agentId", "subject", "threadId"] as const;

function matches({ scope }: Memory, wanted: MemoryScope | undefined): boolean {
  return PARTS.every((part) => !wanted?.[part] || wanted[part] === scope?.[part]);
}

function scopeKey(scope: MemoryScope | undefined): string {
  return JSON.stringify(PARTS.map((part) => scope?.[part] ?? ""));
}
