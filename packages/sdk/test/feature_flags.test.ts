import { createHash, randomBytes } from "node:crypto";
import { FeatureFlagSnapshotSchema } from "@ameideio/core-proto/ameide/config/v1";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { loadFeatureFlags, parseFeatureFlags, rolloutBucket } from "../src/events.js";
import { sha256 } from "../src/events/sha256.js";
import { outcome, readEventVectors } from "./harness/event_vectors.js";

describe("feature flags", () => {
  const { snapshots, states, buckets, spread } = readEventVectors().feature_flags;

  it.each(snapshots)("$name", (vector) => {
    const { json, keys } = vector;
    const text = vector.text ?? (json === undefined ? undefined : JSON.stringify(json));
    const got = outcome(() => parseFeatureFlags(text as string).keys);
    expect(got).toEqual(vector.error ?? keys);
  });

  const flagsOf = (enabled: boolean, rolloutPercent: number) =>
    loadFeatureFlags(
      create(FeatureFlagSnapshotSchema, {
        schemaVersion: 1,
        flags: [{ key: spread.key, enabled, rolloutPercent }],
      }),
    );

  it.each(states)("enabled: $enabled, $rollout_percent %: $on", (state) => {
    const flags = flagsOf(state.enabled, state.rollout_percent);
    const answers = subjects(500).map((subject) => flags.isEnabled(spread.key, subject));
    expect([...new Set(answers)]).toEqual([state.on]);
  });

  it.each([Number.NaN, 0.5, "25"])("refuse the percentage %s", (percent) => {
    expect(outcome(() => flagsOf(true, percent as number))).toEqual({
      code: "invalid",
      field: "flags.rollout_percent",
    });
  });

  it("one that is not there has the answer that was given", () => {
    const flags = flagsOf(true, 100);
    expect(flags.isEnabled("other", "ada")).toBe(false);
    expect(flags.isEnabled("other", "ada", { default: true })).toBe(true);
    expect(flags.isEnabled("__proto__", "ada")).toBe(false);
  });

  it.each(buckets)("$key of $subject is in bucket $bucket", ({ key, subject, bucket }) => {
    expect(rolloutBucket(key, subject)).toBe(bucket);
  });

  it("are on for the part that they say", () => {
    for (const { percent, on } of spread.on) {
      const flags = flagsOf(true, percent);
      const count = subjects(10_000).filter((each) => flags.isEnabled(spread.key, each)).length;
      expect([percent, count]).toEqual([percent, on]);
      expect(Math.abs(count - percent * 100)).toBeLessThanOrEqual(200);
    }
  });

  it("are turned off for nobody by a raise", () => {
    for (const subject of subjects(100)) {
      const answers = Array.from({ length: 101 }, (_, percent) =>
        flagsOf(true, percent).isEnabled(spread.key, subject),
      );
      // All that are off, then all that are on.
      expect(answers.lastIndexOf(false)).toBeLessThan(answers.indexOf(true));
    }
  });

  it("a snapshot that is changed changes nothing", () => {
    const snapshot = create(FeatureFlagSnapshotSchema, {
      schemaVersion: 1,
      flags: [{ key: "a", enabled: true, rolloutPercent: 100 }],
    });
    const flags = loadFeatureFlags(snapshot);
    snapshot.flags.length = 0;
    expect(flags.isEnabled("a", "ada")).toBe(true);
  });

  it("a lone surrogate is what UTF-8 makes of it", () => {
    expect(rolloutBucket("k", "\ud800")).toBe(rolloutBucket("k", "\ufffd"));
  });

  it("SHA-256 is that of Node.js", () => {
    for (let length = 0; length < 200; length++) {
      const bytes = randomBytes(length);
      expect(Buffer.from(sha256(bytes))).toEqual(createHash("sha256").update(bytes).digest());
    }
  });
});

function subjects(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `user-${i}`);
}
