import type { Client } from "@connectrpc/connect";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import * as roster from "@ameideio/core-proto/roster";
import type { Auth } from "./auth.js";
import { createClient } from "./create_client.js";
import { configError } from "./errors.js";
import type { AmeideOptions } from "./options.js";
import type { AmeideTransport } from "./transport.js";

/** Services, by the names they have in a client. */
export type Roster = Readonly<Record<string, DescService>>;

/** A client for several services: `client.billing.charge(…)`. */
export type RosterClient<S extends Roster> = { readonly [K in keyof S]: Client<S[K]> } & {
  /** The transport below, for services beyond the roster. */
  readonly transport: AmeideTransport;
  /** The effective policy of a method; without one, of every method of the services. */
  readonly explain: AmeideTransport["explain"];
  /** The same for another tenant. Connections and retry budget are shared. */
  withTenant(tenant: string | null): RosterClient<S>;
  /** The same with another credential. Connections and retry budget are shared. */
  withAuth(auth: Auth | null): RosterClient<S>;
  /** The same with other options. Connections and retry budget of an origin are shared. */
  with(options: AmeideOptions): RosterClient<S>;
  /** Ends all connections, also those of derived clients. */
  close(): void;
};

/** A client for every service of the roster: `ameide.threads.createThread(…)`. */
export type AmeideClient = RosterClient<typeof roster>;

/** Makes clients for several services at once. */
export interface ClientMakers {
  /**
   * Makes a client for every service of the roster. A service's own client is
   * made when it is first used.
   *
   * @throws AmeideError CONFIG_INVALID naming the option and the rule.
   */
  createAmeideClient(this: void, options?: AmeideOptions): AmeideClient;
  /**
   * Makes a client for services of your own, all over one transport:
   *
   * ```ts
   * const acme = createRosterClient({ billing: BillingService, users: UserService }, { baseUrl });
   * await acme.billing.charge({ amount: 5 });
   * ```
   *
   * @param services - The services, by the names they get. `transport`,
   *   `explain`, `withTenant`, `withAuth`, `with` and `close` are taken.
   * @throws AmeideError CONFIG_INVALID naming the option and the rule.
   */
  createRosterClient<S extends Roster>(
    this: void,
    services: S,
    options?: AmeideOptions,
  ): RosterClient<S>;
}

/** The makers of clients over the transports of a runtime. */
export function clientMakers(
  createTransport: (options?: AmeideOptions) => AmeideTransport,
): ClientMakers {
  return {
    createAmeideClient: (options) => clientOver(roster, createTransport(options)),
    createRosterClient: (services, options) => clientOver(services, createTransport(options)),
  };
}

function clientOver<S extends Roster>(services: S, transport: AmeideTransport): RosterClient<S> {
  const client = {
    transport,
    explain: ((method?: DescMethod) =>
      method === undefined
        ? Object.values<DescService>(services).flatMap((service) =>
            service.methods.map((each) => transport.explain(each)),
          )
        : transport.explain(method)) as AmeideTransport["explain"],
    withTenant: (tenant: string | null) => clientOver(services, transport.withTenant(tenant)),
    withAuth: (auth: Auth | null) => clientOver(services, transport.withAuth(auth)),
    with: (options: AmeideOptions) => clientOver(services, transport.with(options)),
    close: () => transport.close(),
  };
  for (const [name, service] of Object.entries<DescService>(services)) {
    if (Object.hasOwn(client, name)) {
      throw configError(`services.${name}`, "is what the client itself has under this name");
    }
    let made: Client<DescService> | undefined;
    Object.defineProperty(client, name, {
      enumerable: true,
      get: () => (made ??= createClient(service, transport)),
    });
  }
  return client as unknown as RosterClient<S>;
}
