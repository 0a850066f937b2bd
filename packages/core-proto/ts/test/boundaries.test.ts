import { fixtures } from "@ameideio/core-proto/fixtures";
import {
  ChangeOperation,
  ChangeSchema,
  type CloudEvent,
  CloudEventSchema,
} from "@ameideio/core-proto/ameide/events/v1";
import { FeatureFlagSnapshotSchema } from "@ameideio/core-proto/ameide/config/v1";
import { TapAction, TapEventDataSchema } from "@ameideio/core-proto/ameide/tap/v1";
import { create, createRegistry, fromJson } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import { expect, test } from "vitest";

const registry = createRegistry(ChangeSchema, TapEventDataSchema);

function eventOf(type: string): CloudEvent {
  const fixture = fixtures.find(({ name }) => name === `ameide/events/v1/cloud_event.${type}`);
  const event = fromJson(CloudEventSchema, fixture?.json ?? null, { registry });
  expect(event.type).toBe(type);
  return event;
}

test.each([
  ["pipeline.changes.activity.create", ChangeOperation.CREATE, { outcome: "replied" }],
  ["parker.changes.work_relationship.update", ChangeOperation.UPDATE, { status: "terminated" }],
])("%s carries its change", (type, operation, payload) => {
  const { data } = eventOf(type);
  const change = data && anyUnpack(data, ChangeSchema);
  expect(change).toMatchObject({ operation, payload });
});

test("ensemble.tap.hubspot.deal.updated is of one tenant, inside and outside", () => {
  const { data, tenantId } = eventOf("ensemble.tap.hubspot.deal.updated");
  const tapped = data && anyUnpack(data, TapEventDataSchema);
  expect(tapped).toMatchObject({ action: TapAction.UPDATED, tenantId });
  expect(tenantId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(tapped?.changes["stage"]?.to?.kind).toEqual({ case: "stringValue", value: "qualified" });
});

test.each([
  ["no two flags of a snapshot have one key", [{ key: "a" }, { key: "a" }], "flags_have_own_keys"],
  ["no flag is on for more than all", [{ key: "a", rolloutPercent: 101 }], "int32.gte_lte"],
])("%s", (_, flags, rule) => {
  const snapshot = create(FeatureFlagSnapshotSchema, { schemaVersion: 1, flags });
  const { violations } = createValidator().validate(FeatureFlagSnapshotSchema, snapshot);
  expect(violations?.map(({ ruleId }) => ruleId)).toEqual([rule]);
});
