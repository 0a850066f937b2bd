import { describe, expect, it } from "vitest";
import { createClient } from "@connectrpc/connect";
import { roster } from "@ameideio/core-proto/roster";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { TokenService } from "@ameideio/core-proto/ameide/identity/v1";
import { type AmeideClient, createAmeideClient } from "../src/client.js";
import { type Answer, connectError, nodeError, scriptedClient } from "./harness/scripted_client.js";
import { t1, thread, thrownBy, unauthenticated, unavailable } from "./harness/scripted_threads.js";
import { type AmeideOptions, call, type CallEvent } from "../src/index.js";
import { type AmeideTransport, createAmeideTransport } from "../src/node.js";
import { createRosterClient } from "../src/roster.js";
import { createVirtualClock, seededRandom, withTestRuntime } from "../src/testing.js";

interface Door {
  readonly threads: ReturnType<typeof createClient<typeof ThreadsService>>;
  readonly token: ReturnType<typeof createClient<typeof TokenService>>;
  readonly with: (derive: "tenant" | "auth" | "options") => Door;
  readonly close: () => void;
  readonly explain: AmeideTransport["explain"];
}

function generic(transport: AmeideTransport): Door {
  return {
    threads: createClient(ThreadsService, transport),
    token: createClient(TokenService, transport),
    with: (derive) =>
      generic(
        derive === "tenant"
          ? transport.withTenant("derived")
          : derive === "auth"
            ? transport.withAuth({ token: "derived" })
            : transport.with({ timeoutMs: 777 }),
      ),
    close: () => transport.close(),
    explain: transport.explain,
  };
}

function rostered(client: AmeideClient): Door {
  return {
    threads: client.threads,
    token: client.token,
    with: (derive) =>
      rostered(
        derive === "tenant"
          ? client.withTenant("derived")
          : derive === "auth"
            ? client.withAuth({ token: "derived" })
            : client.with({ timeoutMs: 777 }),
      ),
    close: () => client.close(),
    explain: client.explain,
  };
}

type Scenario = (door: Door) => Promise<unknown>;

async function traceOf(
  make: (options: AmeideOptions) => Door,
  answers: readonly [Answer, ...Answer[]],
  scenario: Scenario,
  options: AmeideOptions,
) {
  const clock = createVirtualClock();
  const http = scriptedClient(...answers);
  const events: CallEvent[] = [];
  const door = make(
    withTestRuntime(
      {
        baseUrl: "https://api.test",
        tenant: "acme",
        telemetry: false,
        transport: http.client,
        observer: (event) => events.push(event),
        ...options,
      },
      { clock, random: seededRandom(1) },
    ),
  );
  const outcome = await scenario(door).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: JSON.parse(JSON.stringify(error)) as unknown }),
  );
  const requests = http.requests.map((request) => ({
    ...request,
    headers: Object.fromEntries(request.headers),
  }));
  return { outcome, requests, events, sleeps: clock.sleeps, timers: clock.timers };
}

const auth = { provider: () => ({ token: "t" }) };
const throttle: Answer = { status: 429, headers: { "retry-after": "1" } };
const empty: Answer = { headers: { "content-type": "application/proto" } };

describe("both doors behave the same", () => {
  it.each<[string, readonly [Answer, ...Answer[]], Scenario, AmeideOptions?]>([
    ["a good call", [thread], (door) => door.threads.getThread(t1)],
    ["retries", [unavailable, throttle, thread], (door) => door.threads.getThread(t1)],
    ["a key", [unavailable, thread], (door) => door.threads.createThread({ title: "x" })],
    [
      "a transparent retry",
      [{ error: nodeError("ECONNREFUSED"), askBody: false }, thread],
      (door) => door.threads.getThread(t1),
    ],
    ["a new token", [unauthenticated, thread], (door) => door.threads.getThread(t1), { auth }],
    ["a fatal error", [connectError("not_found", 404)], (door) => door.threads.getThread(t1)],
    [
      "settings of a call",
      [thread],
      (door) => door.threads.getThread(t1, call({ tenant: "other", timeoutMs: 9 })),
    ],
    ["a wrong setting", [thread], (door) => door.threads.getThread(t1, call({ timeoutMs: 0 }))],
    ["no tenant allowed", [empty], (door) => door.token.introspect({})],
    ["a derived tenant", [thread], (door) => door.with("tenant").threads.getThread(t1)],
    ["a derived credential", [thread], (door) => door.with("auth").threads.getThread(t1)],
    ["derived options", [thread], (door) => door.with("options").threads.getThread(t1)],
    ["observing", [unavailable], (door) => door.threads.getThread(t1), { mode: "observe" }],
    ["JSON", [unavailable], (door) => door.threads.getThread(t1), { format: "json" }],
    [
      "a stream",
      [thread],
      async (door) => {
        for await (const event of door.threads.watchThread(t1)) {
          throw new Error(`no stream yet, but ${event.$typeName}`);
        }
      },
    ],
    [
      "closed",
      [thread],
      (door) => {
        door.close();
        return door.threads.getThread(t1);
      },
    ],
  ])("%s", async (_name, answers, scenario, options = {}) => {
    const one = await traceOf((o) => generic(createAmeideTransport(o)), answers, scenario, options);
    const other = await traceOf((o) => rostered(createAmeideClient(o)), answers, scenario, options);
    expect(other).toEqual(one);
  });

  it("refuse the same options", () => {
    const options = { baseUrl: "http://api.test" };
    const one = thrownBy(() => createAmeideTransport(options));
    const other = thrownBy(() => createAmeideClient(options));
    expect(other.message).toBe(one.message);
  });

  it("explain the same", () => {
    const options = { baseUrl: "https://api.test", timeoutMs: 5 };
    const { getThread } = ThreadsService.method;
    expect(String(createAmeideClient(options).explain(getThread))).toBe(
      String(createAmeideTransport(options).explain(getThread)),
    );
  });

  it("explain a whole client: every method of its services", () => {
    const client = createRosterClient({ threads: ThreadsService }, { baseUrl: "https://api.test" });
    expect(client.explain().map(({ method }) => method)).toEqual(
      ThreadsService.methods.map(({ name }) => `${ThreadsService.typeName}/${name}`),
    );
  });
});

describe("the roster's client", () => {
  const client = createAmeideClient({ baseUrl: "https://api.test" });

  it("has every service of the roster", () => {
    const services = Object.entries(roster);
    expect(services.length).toBeGreaterThan(3);
    for (const [name, { methods }] of services) {
      const service = client[name as keyof typeof roster];
      expect(Object.keys(service)).toEqual(Object.keys(methods));
    }
    // @ts-expect-error Methods have the types of the stub.
    client.threads.getThread satisfies (request: { threadId: number }) => unknown;
  });

  it("makes a service's client once", () => {
    expect(client.threads).toBe(client.threads);
    expect(client.withTenant("other").threads).not.toBe(client.threads);
  });
});
