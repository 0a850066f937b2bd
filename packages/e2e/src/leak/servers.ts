import { createAuthority, startFaultServer, type FaultServer } from "@ameideio/fault-server";
import { answersOf, respond } from "./answers.js";
import { planOf, type Plan } from "./faults.js";
import { KINDS, METHODS, pathOf, type Protocol } from "./methods.js";
import { WIRES, type Wire } from "./wires.js";

// The servers' own process, so that nothing of them is in the one that is measured.

/** First message of the servers. */
export interface Started {
  /** Base URLs, in the order of `WIRES`. */
  readonly urls: readonly string[];
  /** The authority that the trusted ones are of, PEM. */
  readonly ca: string;
}

/** Last message of the servers. */
export interface Served {
  /** How often each fault there is was done, by its name. */
  readonly faults: Readonly<Record<string, number>>;
  /** Requests and broken connections seen. */
  readonly requests: number;
}

const ROUNDS = 50;
const authority = createAuthority();

const upstreams = new Map<Protocol, FaultServer>();
const servers: { server: FaultServer; plan: Plan }[] = [];
for (const wire of WIRES) {
  const upstream = upstreams.get(wire.protocol) ?? (await startUpstream(wire.protocol));
  upstreams.set(wire.protocol, upstream);
  servers.push(await startFaulty(wire, upstream.url));
}

process.on("message", () => {
  const faults: Record<string, number> = {};
  let requests = 0;
  for (const { server, plan } of servers) {
    for (const name of Object.values(plan.names).flat()) {
      faults[name] ??= 0;
    }
    for (const { route, index } of server.requests) {
      const name = plan.names[route ?? ""]?.[index] ?? "good";
      faults[name] = (faults[name] ?? 0) + 1;
      requests += 1;
    }
  }
  send({ faults, requests });
});
process.once("disconnect", () => process.exit(0));
send({ urls: servers.map(({ server }) => server.url), ca: authority.cert });

function send(message: Started | Served): void {
  process.send?.(message);
}

/** Starts the upstream of a server that forwards: one that answers well. */
async function startUpstream(protocol: Protocol): Promise<FaultServer> {
  const routes = KINDS.flatMap((kind) =>
    METHODS[kind].map((method) => {
      const good = respond(answersOf(protocol, kind).good);
      return [pathOf(method), { otherwise: good }] as const;
    }),
  );
  return startFaultServer({ script: { routes: Object.fromEntries(routes) } });
}

async function startFaulty(wire: Wire, upstream: string) {
  const plan = planOf(wire, ROUNDS);
  const trusted = wire.tls === "trusted" ? authority : createAuthority("nobody knows it");
  const tls = wire.tls && { tls: trusted.issue({ hosts: ["127.0.0.1"] }) };
  const server = await startFaultServer({ script: plan.script, upstream, ...tls });
  return { server, plan };
}
