import type { UniversalClientRequest, UniversalClientResponse } from "@connectrpc/connect/protocol";
import type { Pool } from "../wire/connection_pools.js";
import type { ConnectionSettings } from "./connection_settings.js";
import { inFlight, type Recording } from "../wire/recorder.js";
import { unstreamable } from "../wire/unstreamable.js";
import type { AlpnProtocol, Dialed, Dialer, DialOptions } from "./dial.js";
import { http1Connections, type Http1Options } from "./http1_connections.js";
import { http2Connections } from "./http2_connections.js";

// Time for which a spare connection waits for the call whose dial made it.
const SPARE_MS = 1_000;
// Servers behind one address may differ. A call that meets this more often begins a new attempt.
const MOST_TURNS = 2;
const NEEDS_HTTP2 =
  "the method streams both ways, which takes HTTP/2, and the server does not speak it";
const OFFERED: readonly AlpnProtocol[] = ["h2", "http/1.1"];

/**
 * Creates a pool of connections of the version that the server picks: HTTP/2, or else HTTP/1.1. The
 * choice is remembered until a later connection says otherwise.
 */
export function negotiatedConnections(
  origin: string,
  dialer: Dialer,
  options: Http1Options & ConnectionSettings & Pick<DialOptions, "advice" | "connectTimeoutMs">,
): Pool {
  const choice = new Choice(dialer);
  const pools = {
    h2: http2Connections(origin, choice.dialerOf("h2"), options),
    "http/1.1": http1Connections(origin, choice.dialerOf("http/1.1"), options),
  };
  const send = (request: UniversalClientRequest, turns: number, recording?: Recording) => {
    // The server may speak HTTP/2 by now, and no other part of the call would find out.
    const protocol = recording?.bothWays === true ? "h2" : choice.protocol;
    const answer = pools[protocol].client(request);
    return choice.dials === 0
      ? answer
      : answer.catch((reason: unknown) => again(reason, request, turns, recording));
  };
  const again = (
    reason: unknown,
    request: UniversalClientRequest,
    turns: number,
    recording: Recording | undefined,
  ): Promise<UniversalClientResponse> => {
    if (turns === MOST_TURNS || !isOtherVersion(reason) || request.signal?.aborted === true) {
      throw reason;
    }
    if (recording?.bothWays === true) {
      throw unstreamable(NEEDS_HTTP2);
    }
    inFlight.recording = recording;
    try {
      return send(request, turns + 1, recording);
    } finally {
      inFlight.recording = undefined;
    }
  };
  return {
    client: (request) => send(request, 0, inFlight.recording),
    letGo: () => pools.h2.letGo?.(),
    close() {
      pools.h2.close();
      pools["http/1.1"].close();
      choice.close();
    },
  };
}

class Choice {
  protocol: AlpnProtocol = "h2";
  /** Number of connections being made. */
  dials = 0;
  private readonly spares = new Map<AlpnProtocol, Dialed>();
  private readonly timers = new Map<AlpnProtocol, NodeJS.Timeout>();
  private closed = false;

  constructor(private readonly dialer: Dialer) {}

  /**
   * Returns a dialer for connections of one version; it fails with an error that `isOtherVersion`
   * knows if the server picks another.
   */
  dialerOf(protocol: AlpnProtocol): Dialer {
    return {
      ...this.dialer,
      dial: async () => {
        const spare = this.spares.get(protocol);
        this.spares.delete(protocol);
        if (spare !== undefined && !spare.socket.destroyed) {
          spare.socket.ref();
          return spare;
        }
        this.dials++;
        try {
          const dialed = await this.dialer.dial(OFFERED);
          this.protocol = dialed.protocol;
          if (dialed.protocol !== protocol) {
            this.keep(dialed);
            throw new OtherVersion();
          }
          return dialed;
        } finally {
          this.dials--;
        }
      },
    };
  }

  close(): void {
    this.closed = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    this.spares.forEach(({ socket }) => socket.destroy());
    this.spares.clear();
  }

  private keep(dialed: Dialed): void {
    const { protocol, socket } = dialed;
    socket.on("error", () => {});
    if (this.closed || this.spares.has(protocol)) {
      socket.destroy();
      return;
    }
    socket.unref();
    this.spares.set(protocol, dialed);
    clearTimeout(this.timers.get(protocol));
    const timer = setTimeout(() => {
      if (this.spares.get(protocol) === dialed) {
        this.spares.delete(protocol);
        socket.destroy();
      }
    }, SPARE_MS).unref();
    this.timers.set(protocol, timer);
  }
}

class OtherVersion extends Error {
  constructor() {
    super("the server picked another HTTP version");
  }
}

// Connect's client wraps it in an error of its own.
function isOtherVersion(reason: unknown): boolean {
  const { cause } = reason as { cause?: unknown };
  return reason instanceof OtherVersion || cause instanceof OtherVersion;
}
