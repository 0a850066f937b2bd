import type { CallEvent, StopReason } from "@ameideio/ameide-sdk-ts";
import type { Sdk } from "./sdks.js";
import type { WireAttempt } from "./wire.js";
import type { ServerCounts } from "./world.js";

/** Event of the SDK's observer, with the servers' counts at its time. */
export interface Seen {
  readonly event: CallEvent;
  readonly server: ServerCounts;
}

/** Result of one fault with one SDK. */
export interface Trial {
  readonly sdk: Sdk["name"];
  /** `ok`, a code in Connect's spelling, or `pending`: no answer when the demo gave up waiting. */
  readonly outcome: string;
  /** Why the SDK did not try again, if it says so. */
  readonly stopReason: StopReason | undefined;
  readonly durationMs: number;
  /** Sum of the waits between attempts; undefined from an SDK that does not tell. */
  readonly waitedMs: number | undefined;
  /** Requests that the fault server saw, without those for tokens. */
  readonly attempts: readonly WireAttempt[];
  readonly server: ServerCounts;
  /** Empty from an SDK that does not tell. */
  readonly events: readonly Seen[];
}
