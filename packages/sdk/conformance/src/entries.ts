import type { Client } from "@connectrpc/connect";
import {
  type Auth,
  type AmeideOptions,
  createClient,
  type DrainResult,
} from "@ameideio/ameide-sdk-ts";
import { createRosterClient, type LazyService } from "@ameideio/ameide-sdk-ts/roster";
import { type AmeideTransport, createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import type { Clock } from "@ameideio/ameide-sdk-ts/testing";
import { createAmeideTransport as createFetchTransport } from "@ameideio/ameide-sdk-ts/web";
import { ConformanceService } from "@ameideio/conformance-proto";

/** Name of the HTTP client that `/web` has. */
export const FETCH = "fetch";

/** Client or transport that can be derived and closed, whichever entry it came through. */
interface Family<T> {
  readonly explain: AmeideTransport["explain"];
  withTenant(tenant: string | null): T;
  withAuth(auth: Auth | null): T;
  with(options: AmeideOptions): T;
  close(): void;
  drain(): Promise<DrainResult>;
}

/** Client, whichever entry it came through. */
export interface CaseClient {
  readonly conformance: Client<typeof ConformanceService>;
  readonly explain: AmeideTransport["explain"];
  /** Derives a client that differs in these options, by the shortest way. */
  derive(changes: AmeideOptions): CaseClient;
  close(): void;
  drain(): Promise<DrainResult>;
}

/**
 * Returns how to create a client through an entry of the SDK, over the runtime's own HTTP client or
 * another.
 */
export function entryNamed(
  { entry: name, httpClient }: { readonly entry: string; readonly httpClient: string },
  loadMs: readonly bigint[],
  clock: Clock,
): (options: AmeideOptions) => CaseClient {
  const create = httpClient === FETCH ? createFetchTransport : createAmeideTransport;
  switch (name) {
    case "generic":
      return (options) =>
        clientOf(create(options), (transport) => createClient(ConformanceService, transport));
    case "roster":
      return (options) =>
        clientOf(
          createRosterClient({ conformance: lazyConformance(loadMs, clock) }, options),
          (client) => client.conformance,
        );
    default:
      throw new Error(`there is no entry ${name}`);
  }
}

// Creates a lazy service like those of the SDK's roster. A new one each time, so that the first
// call of every case waits for it.
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

function clientOf<T extends Family<T>>(
  family: T,
  client: (from: T) => CaseClient["conformance"],
): CaseClient {
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
      return clientOf(derived, client);
    },
    close: () => family.close(),
    drain: () => family.drain(),
  };
}

let loaded: Promise<unknown> | undefined;

/** Loads what `/web` and `fetch` itself load on demand: no clock in memory can wait for a file. */
export async function loadFetch(): Promise<void> {
  loaded ??= Promise.all([fetch("data:,"), failingCall()]);
  await loaded;
}

function failingCall(): Promise<unknown> {
  return createClient(
    ConformanceService,
    createFetchTransport({
      baseUrl: "https://memory.test",
      protocol: "grpc-web",
      retry: false,
      fetch: () => Promise.reject(new Error("there is no network")),
    }),
  )
    .unknown({})
    .catch(() => {});
}
