import type { Client } from "@connectrpc/connect";
import { type Auth, type AmeideOptions, createClient } from "@ameideio/ameide-sdk-ts";
import { createRosterClient, type LazyService } from "@ameideio/ameide-sdk-ts/roster";
import { type AmeideTransport, createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import type { Clock } from "@ameideio/ameide-sdk-ts/testing";
import { ConformanceService } from "@ameideio/conformance-proto";

/** What can be derived and closed, whichever door it came through. */
interface Family<T> {
  readonly explain: AmeideTransport["explain"];
  withTenant(tenant: string | null): T;
  withAuth(auth: Auth | null): T;
  with(options: AmeideOptions): T;
  close(): void;
}

/** A client, whichever door it came through. */
export interface Door {
  readonly conformance: Client<typeof ConformanceService>;
  readonly explain: AmeideTransport["explain"];
  /** A client that differs in these options, by the shortest way there is. */
  derive(changes: AmeideOptions): Door;
  close(): void;
}

/** How a client is made through a door of the SDK. */
export function doorNamed(
  name: string,
  loadMs: readonly bigint[],
  clock: Clock,
): (options: AmeideOptions) => Door {
  switch (name) {
    case "generic":
      return (options) =>
        doorOf(createAmeideTransport(options), (transport) =>
          createClient(ConformanceService, transport),
        );
    case "roster":
      return (options) =>
        doorOf(
          createRosterClient({ conformance: lazyConformance(loadMs, clock) }, options),
          (client) => client.conformance,
        );
    default:
      throw new Error(`there is no door ${name}`);
  }
}

// As the roster of the SDK has its services. A new one each time, so that the
// first call of every case waits for it.
function lazyConformance(
  loadMs: readonly bigint[],
  clock: Clock,
): LazyService<typeof ConformanceService> {
  let loads = 0;
  const methods = ConformanceService.methods.map((each) => [each.localName, each.methodKind]);
  return {
    methods: Object.fromEntries(methods) as LazyService<typeof ConformanceService>["methods"],
    async load() {
      const ms = Number(loadMs[Math.min(loads++, loadMs.length - 1)] ?? 0n);
      if (ms > 0) {
        await new Promise<void>((go) => void clock.setTimer(go, ms, "deadline"));
      }
      return { service: ConformanceService };
    },
  };
}

function doorOf<T extends Family<T>>(family: T, client: (from: T) => Door["conformance"]): Door {
  return {
    conformance: client(family),
    explain: family.explain,
    derive(changes) {
      const [only, ...others] = Object.keys(changes);
      const single = others.length === 0 ? only : undefined;
      const derived =
        single === "tenant"
          ? family.withTenant(changes.tenant ?? null)
          : single === "auth"
            ? family.withAuth(changes.auth ?? null)
            : family.with(changes);
      return doorOf(derived, client);
    },
    close: () => family.close(),
  };
}
