import type { Action, Http2Code, Moment, Script, Sequence } from "@ameideio/fault-server";
import { answersOf, respond, type Answers } from "./answers.js";
import { KINDS, METHODS, pathOf, type Kind } from "./methods.js";
import type { Wire } from "./wires.js";

/** A fault by its name in the report. */
type Faults = Readonly<Record<string, Action>>;

const HTTP2_CODES: readonly Http2Code[] = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];
const BREAKS = ["reset", "fin", "stall"] as const;

/** Longer than any timeout of a call here, in ms. */
const TOO_LONG_MS = 400;

/** All faults that a fault server can give one request, once the path is known. */
function requestFaults({ protocol, httpVersion, tls }: Wire, kind: Kind): Faults {
  const answers = answersOf(protocol, kind);
  const faults: Record<string, Action> = { ...answered(answers), ...broken(answers) };
  faults["forward, cut half, reset"] = { forward: { cut: { after: "half", how: "reset" } } };
  faults["forward, late"] = { forward: { delayMs: 5, closeAfter: true } };
  if (httpVersion === "1.1") {
    return faults;
  }
  const all = Object.entries({ ...faults, ...onHttp2(answers) });
  // Node.js 20 loses a TCP reset that meets a write over HTTP/2 with TLS: its session then takes
  // requests forever, sends none and closes none. Node.js 22 does not.
  return Object.fromEntries(all.filter(([name]) => !tls || !/^reset|, reset$/.test(name)));
}

function answered({ good, slow, begun, error, headers }: Answers): Faults {
  const html = { text: "<html>no</html>" };
  return {
    good: respond(good),
    slow: respond(slow),
    "too late": respond({ ...good, delayMs: TOO_LONG_MS }),
    "begun, then silence": respond(begun),
    "reads late": respond({ ...good, readDelayMs: 5 }),
    "reads nothing": respond({ ...good, early: true }),
    "closes after": respond({ ...good, closeAfter: true }),
    unavailable: respond(error("unavailable")),
    internal: respond(error("internal")),
    unauthenticated: respond(error("unauthenticated")),
    pushback: respond(error("unavailable", [["grpc-retry-pushback-ms", "2"]])),
    "pushback stop": respond(error("unavailable", [["grpc-retry-pushback-ms", "-1"]])),
    throttled: respond(error("resource_exhausted", [["retry-after-ms", "2"]])),
    "too long a hint": respond(error("unavailable", [["retry-after", "60"]])),
    "503 html": respond({ status: 503, headers: [["content-type", "text/html"]], body: html }),
    "429": respond({ status: 429, headers: [["retry-after-ms", "1"]] }),
    redirect: respond({ status: 307, headers: [["location", "http://127.0.0.1:9/"]] }),
    "wrong type": respond({ status: 200, headers: [["content-type", "text/html"]], body: html }),
    garbage: respond({ status: 200, headers, body: { base64: "//////////8=" } }),
    "too large": respond({ status: 200, headers, body: { zeros: 200_000 } }),
    "no end": respond({ status: 200, headers, chunks: [] }),
  };
}

function broken({ good }: Answers): Faults {
  const faults: Record<string, Action> = {};
  for (const how of BREAKS) {
    for (const at of ["after_head", "after_read"] as const) {
      faults[`${how} ${at}`] = breakAt(how, at);
    }
    for (const after of ["nothing", "head", "half"] as const) {
      faults[`cut ${after}, ${how}`] = respond({ ...good, cut: { after, how } });
    }
  }
  return faults;
}

function onHttp2({ good }: Answers): Faults {
  const faults: Record<string, Action> = {};
  for (const code of HTTP2_CODES) {
    faults[`RST_STREAM ${code}`] = { rstStream: { code } };
  }
  const how = { rstStream: "INTERNAL_ERROR" } as const;
  faults["cut half, RST_STREAM"] = respond({ ...good, cut: { after: "half", how } });
  faults["RST_STREAM after_read"] = { rstStream: { code: "CANCEL", at: "after_read" } };
  for (const lastStream of ["before", "this"] as const) {
    for (const then of BREAKS) {
      faults[`GOAWAY ${lastStream}, ${then}`] = { goaway: { lastStream, how: then } };
    }
  }
  return faults;
}

/** Faults before the path is known, which need a port of their own. */
function connectionFaults(): Faults {
  const faults: Record<string, Action> = { refuse: { refuse: { forMs: 5 } } };
  for (const how of BREAKS) {
    for (const at of ["on_connect", "before_read"] as const) {
      faults[`${how} ${at}`] = breakAt(how, at);
    }
  }
  return faults;
}

function breakAt(how: (typeof BREAKS)[number], at: Moment): Action {
  if (how === "reset") {
    return { reset: at };
  }
  return how === "fin" ? { fin: at } : { stall: at };
}

/** Behavior of a server, request by request, and its name. */
export interface Plan {
  readonly script: Script;
  /** Names of the faults in the order of the requests, by path; under `""` without one. */
  readonly names: Readonly<Record<string, readonly string[]>>;
}

/**
 * Returns the behavior of a wire's server: every fault in turn, round after round, with a good
 * answer after each.
 */
export function planOf(wire: Wire, rounds: number): Plan {
  return wire.breaks === "requests" ? requestPlan(wire, rounds) : connectionPlan(wire, rounds);
}

function requestPlan(wire: Wire, rounds: number): Plan {
  const routes: Record<string, Sequence> = {};
  const names: Record<string, readonly string[]> = {};
  for (const kind of KINDS) {
    const good = respond(answersOf(wire.protocol, kind).good);
    const faults = requestFaults(wire, kind);
    METHODS[kind].forEach((method, index) => {
      const { attempts, called } = repeat(faults, good, {
        rounds,
        shift: index + KINDS.indexOf(kind),
      });
      routes[pathOf(method)] = { attempts, otherwise: good };
      names[pathOf(method)] = called;
    });
  }
  return { script: { routes }, names };
}

function connectionPlan({ protocol }: Wire, rounds: number): Plan {
  const good = respond(answersOf(protocol, "server").good);
  const { attempts, called } = repeat(connectionFaults(), good, { rounds, shift: 0 });
  // The kernel answers refused connects: they cannot be counted.
  const seen = called.map((name) => (name === "refuse" ? "good" : name));
  return { script: { attempts, otherwise: good }, names: { "": seen } };
}

/** Each method begins its round elsewhere, so that every block of calls meets every fault. */
function repeat(
  faults: Faults,
  good: Action,
  { rounds, shift }: { rounds: number; shift: number },
) {
  const all = Object.entries(faults);
  const from = (shift * Math.ceil(all.length / 6)) % all.length;
  const round = [...all.slice(from), ...all.slice(0, from)];
  return {
    attempts: Array.from({ length: rounds }, () =>
      round.flatMap(([, fault]) => [fault, good]),
    ).flat(),
    called: Array.from({ length: rounds }, () => round.flatMap(([name]) => [name, "good"])).flat(),
  };
}
