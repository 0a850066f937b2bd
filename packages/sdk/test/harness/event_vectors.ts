import type { JsonValue } from "@bufbuild/protobuf";
import { EventError } from "../../src/events.js";
import { readVectors } from "./vectors.js";

interface Vector {
  readonly name: string;
  readonly error?: { readonly code: string; readonly field?: string };
}

/** Vectors of `/events`. */
export interface EventVectors {
  readonly now: string;
  readonly id: string;
  readonly create_cloud_event: readonly (Vector & {
    readonly data: JsonValue;
    readonly attributes: Readonly<Record<string, string>>;
    readonly event?: JsonValue;
  })[];
  readonly create_change: readonly (Vector & {
    readonly fields: Readonly<Record<string, JsonValue>>;
    readonly payload?: JsonValue;
    readonly change?: JsonValue;
  })[];
  readonly read_cloud_event: readonly (Vector & {
    readonly json?: JsonValue;
    readonly text?: string;
    readonly repeat?: readonly [string, string, number, string];
    readonly length?: number;
    readonly event?: JsonValue;
  })[];
  readonly unpack: readonly (Vector & {
    readonly of: "change" | "tap_data";
    readonly event?: JsonValue;
    readonly text?: string;
    readonly type_url?: string;
    readonly value?: string;
    readonly message?: JsonValue;
  })[];
  readonly from_proto_json: readonly (Vector & {
    readonly of: string;
    readonly text: string;
    readonly message?: JsonValue;
  })[];
  readonly feature_flags: {
    readonly snapshots: readonly (Vector & {
      readonly json?: JsonValue;
      readonly text?: string;
      readonly keys?: readonly string[];
    })[];
    readonly states: readonly {
      readonly enabled: boolean;
      readonly rollout_percent: number;
      readonly on: boolean;
    }[];
    readonly buckets: readonly {
      readonly key: string;
      readonly subject: string;
      readonly bucket: number;
    }[];
    readonly spread: {
      readonly key: string;
      readonly on: readonly { readonly percent: number; readonly on: number }[];
    };
  };
}

/** Reads the vectors of `/events`. */
export function readEventVectors(): EventVectors {
  return readVectors("events") as EventVectors;
}

// Longer ones would repeat what anybody may have sent.
const MOST_CHARACTERS = 600;

/** Returns what a function returns, or the code and field of the error that it throws. */
export function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    const isOurs = error instanceof EventError && error.name === "EventError";
    if (!isOurs || error.message.length > MOST_CHARACTERS) {
      throw error;
    }
    return { code: error.code, field: error.field };
  }
}
