import {
  type Action,
  type FaultServer,
  type Script,
  startFaultServer,
} from "@ameideio/fault-server";
import { onTestFinished } from "vitest";
import { type AmeideClient, createAmeideClient } from "../../src/client.js";
import type { AmeideOptions, CallEvent } from "../../src/index.js";
import {
  createVirtualClock,
  sequence,
  type VirtualClock,
  withTestRuntime,
} from "../../src/testing.js";

/** The HTTP versions that cases of the network run over. */
export const HTTP_VERSIONS = ["1.1", "2"] as const;

/** A good answer to any unary call: the empty message. */
export const GOOD_ANSWER: Action = {
  respond: { status: 200, headers: [["content-type", "application/proto"]] },
};

/** Certificate of a server, and the authority its client trusts, in PEM. */
export interface Tls {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
}

/** A fault server that is closed when the test ends. */
export async function faultServer(
  script: Script,
  more: { readonly tls?: Tls | undefined; readonly upstream?: string | undefined } = {},
): Promise<FaultServer> {
  const { tls, upstream } = more;
  const server = await startFaultServer({
    script,
    ...(tls && { tls }),
    ...(upstream !== undefined && { upstream }),
  });
  onTestFinished(() => server.close());
  return server;
}

/** A client of a fault server, on a virtual clock whose waits pass by themselves. */
export interface Wired {
  readonly server: FaultServer;
  readonly client: AmeideClient;
  readonly clock: VirtualClock;
  readonly events: readonly CallEvent[];
}

/** Starts a fault server with a client; both are closed when the test ends. */
export async function wired(setup: {
  readonly script: Script;
  readonly httpVersion: (typeof HTTP_VERSIONS)[number];
  readonly tls?: Tls;
  /** Base URL of a real server behind. */
  readonly upstream?: string;
  readonly options?: AmeideOptions;
}): Promise<Wired> {
  const { script, httpVersion, tls, upstream } = setup;
  const server = await faultServer(script, { tls, upstream });
  const clock = createVirtualClock();
  const events: CallEvent[] = [];
  const options: AmeideOptions = {
    baseUrl: server.url,
    allowInsecureLoopback: true,
    httpVersion,
    tenant: "acme",
    telemetry: false,
    ...(tls?.ca !== undefined && { tls: { ca: tls.ca } }),
    observer: (event) => void events.push(event),
    ...setup.options,
  };
  const random = { backoff: sequence(0.5) };
  const client = createAmeideClient(withTestRuntime(options, { clock, random }));
  onTestFinished(() => client.close());
  return { server, client, clock, events };
}

/** A request header of each attempt the server saw, `null` where it is absent. */
export function received(server: FaultServer, name: string): (string | null)[] {
  return server.requests.map(
    ({ headers }) => headers.find(([other]) => other.toLowerCase() === name)?.[1] ?? null,
  );
}
