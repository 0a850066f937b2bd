import { createHash } from "node:crypto";
import { clone, toJson } from "@bufbuild/protobuf";
import {
  AuditEventSchema,
  ChainFault,
  type AuditEvent,
} from "@ameideio/core-proto/ameide/audit/v1";
import { canonicalJson } from "./canonical_json.js";

/** Computes the checksum of an event, as its proto says. */
export function checksumOf(event: AuditEvent): string {
  const unsigned = clone(AuditEventSchema, event);
  unsigned.checksum = "";
  const json = toJson(AuditEventSchema, unsigned, { useProtoFieldName: true });
  return createHash("sha256")
    .update(`${event.previousChecksum}\n${canonicalJson(json)}`)
    .digest("hex");
}

/**
 * Finds what is wrong with the next event of a chain.
 *
 * @param previous - The event before it, undefined for the first of the chain.
 */
export function faultOf(previous: AuditEvent | undefined, event: AuditEvent): ChainFault {
  if (event.sequence !== (previous?.sequence ?? 0n) + 1n) {
    return ChainFault.GAP;
  }
  if (event.previousChecksum !== (previous?.checksum ?? "")) {
    return ChainFault.LINK;
  }
  return event.checksum === checksumOf(event) ? ChainFault.UNSPECIFIED : ChainFault.CHECKSUM;
}
