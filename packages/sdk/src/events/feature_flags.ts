import {
  type FeatureFlag,
  type FeatureFlagSnapshot,
  FeatureFlagSnapshotSchema,
} from "@ameideio/core-proto/ameide/config/v1/feature_flags_pb";
import { type BoundedOptions, parseBoundedJson } from "./bounded_json.js";
import { EventError, given } from "./event_error.js";
import { decodeJson } from "./proto_json.js";
import { isWithin } from "./rollout.js";

/** Version of the snapshot's format that is known. */
const SCHEMA_VERSION = 1;

/** Feature flags of an environment. */
export interface FeatureFlags {
  /** Keys of all flags, sorted. */
  readonly keys: readonly string[];
  /**
   * Reports whether a feature is on for a subject: never if its flag is disabled; else for the part of
   * all subjects that its percentage says, always the same ones.
   *
   * @param subject - Whom it is for, such as a user's id. An empty one is a subject, too.
   * @param options - `default`: the answer if there is no such flag. Default: false.
   */
  isEnabled(
    key: string,
    subject: string,
    options?: { readonly default?: boolean | undefined },
  ): boolean;
}

/**
 * Takes a snapshot of feature flags. Later changes of the message change nothing.
 *
 * @throws EventError `nil`; `unsupported` version of its schema; `missing` if a flag has no key;
 *   `invalid` if two have one key, or a percentage is not 0 to 100.
 */
export function loadFeatureFlags(snapshot: FeatureFlagSnapshot): FeatureFlags {
  const { schemaVersion, flags } = given("snapshot", snapshot);
  if (schemaVersion !== SCHEMA_VERSION) {
    throw new EventError("unsupported", "schema_version", `must be ${SCHEMA_VERSION}`);
  }
  const percents = new Map<string, number>();
  for (const flag of flags) {
    checkFlag(flag, percents);
    percents.set(flag.key, flag.enabled ? flag.rolloutPercent : 0);
  }
  return {
    keys: [...percents.keys()].sort(byCodePoint),
    isEnabled(key, subject, options = {}) {
      const percent = percents.get(key);
      return percent === undefined ? (options.default ?? false) : isWithin(key, subject, percent);
    },
  };
}

/**
 * Reads a snapshot of feature flags from ProtoJSON. Fields that are not known are ignored: the version
 * of the schema says whether a reader understands it.
 *
 * @throws EventError as `loadFeatureFlags` does, and `too_large`.
 */
export function parseFeatureFlags(
  text: string | Uint8Array,
  options: BoundedOptions = {},
): FeatureFlags {
  const json = parseBoundedJson("snapshot", text, options);
  return loadFeatureFlags(
    decodeJson("snapshot", FeatureFlagSnapshotSchema, json, { ignoreUnknownFields: true }),
  );
}

// As Go and Python sort; JavaScript takes the halves of surrogates for less than U+FFFF.
function byCodePoint(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) {
    i++;
  }
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}

function checkFlag({ key, rolloutPercent }: FeatureFlag, others: ReadonlyMap<string, number>) {
  if (key === "") {
    throw new EventError("missing", "flags.key", "must not be empty");
  }
  if (others.has(key)) {
    throw new EventError("invalid", "flags.key", "is that of two flags");
  }
  if (!Number.isInteger(rolloutPercent) || rolloutPercent < 0 || rolloutPercent > 100) {
    throw new EventError("invalid", "flags.rollout_percent", "must be 0 to 100");
  }
}
