import { createClientOver, type Roster, type RosterClient } from "./clients/roster_client.js";
import type { AmeideOptions } from "./options/options.js";
import { createAmeideTransport } from "./node.js";

export type { LazyService } from "@ameideio/core-proto/roster";
export type { Roster, RosterClient } from "./clients/roster_client.js";

/**
 * Creates a client for services of your own, all over one transport:
 *
 * ```ts
 * const acme = createRosterClient({ billing: BillingService, users: UserService }, { baseUrl });
 * await acme.billing.charge({ amount: 5 });
 * ```
 *
 * @param services - Services by the names they get: stubs, or lazy services as in
 *   `createAmeideClient`. The names `transport`, `explain`, `load`, `withTenant`, `withAuth`,
 *   `with`, `close` and `drain` are reserved.
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function createRosterClient<S extends Roster>(
  services: S,
  options?: AmeideOptions,
): RosterClient<S> {
  return createClientOver(services, () => createAmeideTransport(options));
}
