import { roster } from "@ameideio/core-proto/roster";
import type { AmeideOptions } from "./options/options.js";
import { createRosterClient, type RosterClient } from "./roster.js";

/** A client for every service of the roster: `ameide.threads.createThread(…)`. */
export type AmeideClient = RosterClient<typeof roster>;

/**
 * Creates a client for every service of the roster. A service's stub is loaded by its first call.
 * The call's timeout starts once the stub is there; its signal applies from the beginning. If the
 * stub cannot be loaded within 30 seconds, the call fails with `unavailable`, reason
 * `SERVICE_NOT_LOADED`, and a later call tries again. `load()` loads ahead.
 *
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function createAmeideClient(options?: AmeideOptions): AmeideClient {
  return createRosterClient(roster, options);
}
