import { randomUUID } from "node:crypto";
import { clone, create } from "@bufbuild/protobuf";
import {
  AuditEventSchema,
  ChainFault,
  NewEventSchema,
  Outcome,
  type AuditEvent,
  type AuditService,
  type EventFilter,
} from "@ameideio/core-proto/ameide/audit/v1";
import { checksumOf, faultOf } from "./audit_chain.js";
import { numberKey, paginate } from "./pages.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";
import { isWithin } from "./times.js";

const makeChain = (store: Store, tenant: string): AuditEvent[] =>
  (store.seed(tenant).auditEvents ?? []).map((init) => create(AuditEventSchema, init));

/** AuditService. */
export function audit(store: Store): Methods<typeof AuditService> {
  const chainOf = (tenant: string) => store.state(tenant, makeChain);
  return {
    recordEvent(request, call) {
      const chain = chainOf(call.tenant);
      const last = chain.at(-1);
      const recordedAt = store.timestamp();
      const told = clone(NewEventSchema, request.event ?? create(NewEventSchema));
      told.occurredAt ??= recordedAt;
      const event = create(AuditEventSchema, {
        id: randomUUID(),
        sequence: (last?.sequence ?? 0n) + 1n,
        event: told,
        recordedAt,
        previousChecksum: last?.checksum ?? "",
      });
      event.checksum = checksumOf(event);
      chain.push(event);
      return { event };
    },

    queryEvents(request, call) {
      const chosen = chainOf(call.tenant).filter((event) => matches(event, request.filter));
      const { items, nextPageToken } = paginate(store.sealer, call, request, chosen, {
        key: ({ sequence }) => numberKey(Number(sequence)),
        direction: "descending",
      });
      return { events: items, nextPageToken };
    },

    async *exportEvents({ filter, afterSequence }, call) {
      // Events are never changed, so a list of them is what there is now.
      const chosen = chainOf(call.tenant).filter(
        (event) => event.sequence > afterSequence && matches(event, filter),
      );
      for (const event of chosen) {
        call.signal.throwIfAborted();
        yield { event };
      }
    },

    verifyChain({ firstSequence, lastSequence }, call) {
      const chain = chainOf(call.tenant);
      let previous = chain.findLast(({ sequence }) => sequence < firstSequence);
      let verifiedCount = 0n;
      for (const event of chain) {
        if (
          event.sequence < firstSequence ||
          (lastSequence > 0n && event.sequence > lastSequence)
        ) {
          continue;
        }
        verifiedCount += 1n;
        const fault = faultOf(previous, event);
        if (fault !== ChainFault.UNSPECIFIED) {
          const brokenSequence = event.sequence;
          return { verifiedCount, brokenSequence, fault, headChecksum: previous?.checksum ?? "" };
        }
        previous = event;
      }
      return { intact: true, verifiedCount, headChecksum: previous?.checksum ?? "" };
    },
  };
}

function matches({ event, recordedAt }: AuditEvent, filter: EventFilter | undefined): boolean {
  if (filter === undefined) {
    return true;
  }
  const { actorId, action, resourceType, resourceId, outcome, startTime, endTime } = filter;
  return (
    (actorId === "" || actorId === event?.actor?.id) &&
    (action === "" || action === event?.action) &&
    (resourceType === "" || resourceType === event?.resource?.type) &&
    (resourceId === "" || resourceId === event?.resource?.id) &&
    (outcome === Outcome.UNSPECIFIED || outcome === event?.outcome) &&
    isWithin(recordedAt, startTime, endTime)
  );
}
