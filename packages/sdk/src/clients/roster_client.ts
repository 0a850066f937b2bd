import type { Client } from "@connectrpc/connect";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { LazyService } from "@ameideio/core-proto/roster";
import type { Auth } from "../auth/auth.js";
import { createClient } from "./create_client.js";
import { configError } from "../errors/errors.js";
import { checkIsObject } from "../options/check_options.js";
import { createLazyClient, loadedService, loadService } from "./lazy_client.js";
import type { DrainResult } from "../call/lifetime.js";
import type { AmeideOptions, DrainOptions } from "../options/options.js";
import { readOptions } from "../errors/read_options.js";
import type { AmeideTransport } from "../transport/transport.js";

/** Services by the names they have in a client; the stub of a lazy one is loaded on demand. */
export type Roster = Readonly<Record<string, RosterService>>;

/** Stub of a service, or what loads it. */
type RosterService = DescService | LazyService<DescService>;
/** Stub of a service, lazy or not. */
type ServiceOf<T> = T extends LazyService<infer S> ? S : T extends DescService ? T : never;

/** A client for several services: `client.billing.charge(…)`. */
export type RosterClient<S extends Roster> = {
  readonly [K in keyof S]: Client<ServiceOf<S[K]>>;
} & {
  /** Transport below, for services beyond the roster. */
  readonly transport: AmeideTransport;
  /**
   * Explains the effective policy of a method; without an argument, of every method of the
   * services, lazy ones only if loaded.
   */
  readonly explain: AmeideTransport["explain"];
  /**
   * Loads lazy services ahead of their first call; without names, all of them.
   *
   * @throws AmeideError `unavailable`, reason `SERVICE_NOT_LOADED`; it may be tried again.
   */
  load(...names: readonly (keyof S & string)[]): Promise<void>;
  /** Returns the same client for another tenant. Connections and retry budget are shared. */
  withTenant(tenant: string | null): RosterClient<S>;
  /** Returns the same client with another credential. Connections and retry budget are shared. */
  withAuth(auth: Auth | null): RosterClient<S>;
  /**
   * Returns the same client with other options, as `with` of a transport does. Connections and
   * retry budget of an origin are shared.
   */
  with(options: AmeideOptions): RosterClient<S>;
  /** Ends all calls and connections, as `close` of a transport does. */
  close(): void;
  /** Accepts no more calls, waits for the open ones, and closes, as `drain` of a transport does. */
  drain(options?: DrainOptions): Promise<DrainResult>;
};

/**
 * Creates a client for several services.
 *
 * @param createTransport - Called if the services are right.
 */
export function createClientOver<S extends Roster>(
  services: S,
  createTransport: () => AmeideTransport,
): RosterClient<S> {
  readOptions("services", () => checkServices(services));
  const transport = createTransport();
  return readOptions("services", () => clientOver(services, transport));
}

function checkServices(services: Roster): void {
  checkIsObject(services, "services", "an object of services by name");
  for (const [name, service] of Object.entries<unknown>(services)) {
    if (!isService(service)) {
      throw configError(
        `services.${name}`,
        "must be a service, a stub or a lazy one; options are the second argument",
        service,
      );
    }
  }
}

function isService(value: unknown): value is RosterService {
  const service = Object(value) as object;
  return isLazy(service) || ("kind" in service && service.kind === "service");
}

function clientOver<S extends Roster>(services: S, transport: AmeideTransport): RosterClient<S> {
  const entries = Object.entries<RosterService>(services);
  const client = {
    transport,
    explain: ((method?: DescMethod) =>
      method === undefined
        ? entries
            .flatMap(([, each]) => (isLazy(each) ? loadedService(each) : each)?.methods ?? [])
            .map((each) => transport.explain(each))
        : transport.explain(method)) as AmeideTransport["explain"],
    load: async (...names: readonly string[]) => {
      const wanted = entries.filter(([name]) => names.length === 0 || names.includes(name));
      await Promise.all(
        wanted.flatMap(([name, each]) => (isLazy(each) ? [loadService(name, each)] : [])),
      );
    },
    withTenant: (tenant: string | null) => clientOver(services, transport.withTenant(tenant)),
    withAuth: (auth: Auth | null) => clientOver(services, transport.withAuth(auth)),
    with: (options: AmeideOptions) => clientOver(services, transport.with(options)),
    close: () => transport.close(),
    drain: (options?: DrainOptions) => transport.drain(options),
  };
  for (const [name, service] of entries) {
    if (Object.hasOwn(client, name)) {
      throw configError(`services.${name}`, "is reserved: the client has a member of this name");
    }
    let made: Client<DescService> | undefined;
    Object.defineProperty(client, name, {
      enumerable: true,
      get: () =>
        (made ??= isLazy(service)
          ? createLazyClient(name, service, transport)
          : createClient(service, transport)),
    });
  }
  return client as unknown as RosterClient<S>;
}

function isLazy(service: object): service is LazyService<DescService> {
  return "load" in service;
}
