import { randomUUID } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  UsageDimension,
  UsageRecordSchema,
  UsageTotalsSchema,
  type MeterService,
  type RecordUsageRequest,
  type UsageFilter,
  type UsageGroupSchema,
  type UsageRecord,
  type UsageTotals,
} from "@ameideio/core-proto/ameide/meter/v1";
import { numberKey, paginate } from "./pages.js";
import type { Methods } from "./service.js";
import type { Store, StoredUsage } from "./store.js";
import { isWithin } from "./times.js";

/** MeterService. It records every use: only an idempotency key makes a repeat harmless. */
export function meter(store: Store): Methods<typeof MeterService> {
  const append = (tenant: string, usage: RecordUsageRequest): UsageRecord => {
    const recordedAt = timestampFromMs(store.now());
    const record = create(UsageRecordSchema, { id: randomUUID(), usage, recordedAt });
    store.tenant(tenant).usage.push({ ordinal: store.tick(), record });
    return record;
  };
  const select = (tenant: string, filter: UsageFilter | undefined): StoredUsage[] =>
    store.tenant(tenant).usage.filter(({ record }) => matches(record, filter));
  return {
    recordUsage(request, call) {
      return { record: append(call.tenant, request) };
    },

    recordUsageBatch(request, call) {
      return { records: request.requests.map((usage) => append(call.tenant, usage)) };
    },

    queryUsage(request, call) {
      const chosen = select(call.tenant, request.filter);
      const { items, nextPageToken } = paginate(store.sealer, call, request, chosen, {
        key: ({ ordinal }) => numberKey(ordinal),
        direction: "descending",
      });
      return { records: items.map(({ record }) => record), nextPageToken };
    },

    getUsageSummary(request, call) {
      const chosen = select(call.tenant, request.filter).map(({ record }) => record);
      return {
        total: sum(chosen),
        groups: request.groupBy.length === 0 ? [] : group(chosen, request),
      };
    },
  };
}

const FILTERED = ["teamId", "agentId", "surface", "eventType", "model", "provider"] as const;

function matches({ usage, recordedAt }: UsageRecord, filter: UsageFilter | undefined): boolean {
  if (filter === undefined) {
    return true;
  }
  const { metadata, startTime, endTime } = filter;
  return (
    FILTERED.every((name) => filter[name] === "" || filter[name] === usage?.[name]) &&
    Object.entries(metadata).every(([key, value]) => label(usage, key) === value) &&
    isWithin(recordedAt, startTime, endTime)
  );
}

function group(
  records: readonly UsageRecord[],
  { groupBy, metadataKey }: { groupBy: readonly UsageDimension[]; metadataKey: string },
): MessageInitShape<typeof UsageGroupSchema>[] {
  const groups = new Map<string, { values: string[]; members: UsageRecord[] }>();
  for (const record of records) {
    const values = groupBy.map((dimension) => valueOf(record.usage, dimension, metadataKey));
    const key = JSON.stringify(values);
    const known = groups.get(key) ?? { values, members: [] };
    known.members.push(record);
    groups.set(key, known);
  }
  return [...groups]
    .map(([key, { values, members }]) => ({ key, values, totals: sum(members) }))
    .sort((a, b) => b.totals.totalCostUsd - a.totals.totalCostUsd || (a.key < b.key ? -1 : 1))
    .map(({ values, totals }) => ({ values, totals }));
}

function valueOf(
  usage: RecordUsageRequest | undefined,
  dimension: UsageDimension,
  metadataKey: string,
): string {
  switch (dimension) {
    case UsageDimension.MODEL:
      return usage?.model ?? "";
    case UsageDimension.PROVIDER:
      return usage?.provider ?? "";
    case UsageDimension.TEAM:
      return usage?.teamId ?? "";
    case UsageDimension.AGENT:
      return usage?.agentId ?? "";
    case UsageDimension.SURFACE:
      return usage?.surface ?? "";
    case UsageDimension.METADATA:
      return label(usage, metadataKey) ?? "";
    case UsageDimension.UNSPECIFIED:
      return "";
  }
}

function label(usage: RecordUsageRequest | undefined, key: string): string | undefined {
  return usage && Object.hasOwn(usage.metadata, key) ? usage.metadata[key] : undefined;
}

function sum(records: readonly UsageRecord[]): UsageTotals {
  const totals = create(UsageTotalsSchema, { recordCount: BigInt(records.length) });
  for (const { usage } of records) {
    if (usage === undefined) {
      continue;
    }
    totals.inputTokens += usage.inputTokens;
    totals.outputTokens += usage.outputTokens;
    totals.cacheReadTokens += usage.cacheReadTokens;
    totals.cacheWriteTokens += usage.cacheWriteTokens;
    totals.totalCostUsd += usage.totalCostUsd;
  }
  return totals;
}
