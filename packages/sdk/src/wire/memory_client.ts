import {
  type ConnectRouter,
  createConnectRouter,
  type HandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
import { createUniversalHandlerClient, type UniversalClientFn } from "@connectrpc/connect/protocol";
import type { DescService } from "@bufbuild/protobuf";
import { aFunction, checkTestValue, having } from "../runtime/check_test_options.js";
import { TIMEOUT_HEADERS } from "../policy/deadline.js";
import { type Clock, systemClock } from "../runtime/runtime.js";

/**
 * An HTTP client that calls handlers in this process: no socket, no port. Give it to the option
 * `transport`; `baseUrl` may be any https address.
 *
 * @param routes - Registers the handlers, as for a Connect server.
 * @param clock - Clock for the time that handlers are told they have left. Default the system's. A
 *   handler that goes on past it keeps no timer, and no process, alive.
 */
export function createMemoryHttpClient(
  routes: (router: ConnectRouter) => unknown,
  clock: Pick<Clock, "now"> = systemClock,
): UniversalClientFn {
  checkTestValue("routes", routes, aFunction);
  checkTestValue("clock", clock, having("now"));
  const inner = createConnectRouter();
  routes(timedRouter(inner, clock));
  const client = createUniversalHandlerClient(inner.handlers);
  return (request) => client({ ...request, header: withoutTimeout(request.header) });
}

// Connect's handlers would time by real timers, which the client's own limit makes unnecessary, so
// the header reaches a handler under another name.
const KEPT = "ameide-memory-";

function withoutTimeout(header: Headers): Headers {
  const changed = new Headers(header);
  for (const name of TIMEOUT_HEADERS) {
    move(changed, name, KEPT + name);
  }
  return changed;
}

function move(header: Headers, from: string, to: string): string | undefined {
  const value = header.get(from) ?? undefined;
  if (value !== undefined) {
    header.set(to, value);
    header.delete(from);
  }
  return value;
}

function timedRouter(inner: ConnectRouter, clock: Pick<Clock, "now">): ConnectRouter {
  const router: ConnectRouter = {
    handlers: inner.handlers,
    service(service, implementation, options) {
      inner.service(service, timedService(service, implementation, clock), options);
      return router;
    },
    rpc: ((method, implementation, options) => {
      inner.rpc(method, timed(implementation as Implementation, clock) as never, options);
      return router;
    }) as ConnectRouter["rpc"],
  };
  return router;
}

type Implementation = (input: unknown, context: HandlerContext) => unknown;

function timedService<S extends DescService>(
  service: S,
  implementation: Partial<ServiceImpl<S>>,
  clock: Pick<Clock, "now">,
): Partial<ServiceImpl<S>> {
  const given = implementation as Record<string, Implementation | undefined>;
  const entries = service.methods.flatMap(({ localName }) => {
    const each = given[localName];
    return each === undefined ? [] : [[localName, timed(each.bind(implementation), clock)]];
  });
  return Object.fromEntries(entries) as Partial<ServiceImpl<S>>;
}

function timed(implementation: Implementation, clock: Pick<Clock, "now">): Implementation {
  return (input, context) => {
    const header = context.requestHeader;
    const values = TIMEOUT_HEADERS.map((name) => move(header, KEPT + name, name));
    const limits = values.flatMap((value) => (value === undefined ? [] : [milliseconds(value)]));
    const dueMs = clock.now() + Math.min(...limits);
    const timeoutMs = () => (limits.length === 0 ? undefined : dueMs - clock.now());
    return implementation(input, { ...context, timeoutMs });
  };
}

// Units of grpc-timeout ("Requests" of gRPC over HTTP/2) from a millisecond up; without a unit it
// is Connect's, in milliseconds.
const UNITS: Readonly<Record<string, number>> = { "": 1, m: 1, S: 1_000, M: 60_000, H: 3_600_000 };

function milliseconds(timeout: string): number {
  const [, digits, unit] = /^(\d+)(\D?)$/.exec(timeout) ?? [];
  return Number(digits) * (UNITS[unit ?? ""] ?? 0);
}
