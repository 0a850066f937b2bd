import type { Transport } from "@connectrpc/connect";
import type { CallEvent, Token } from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { createTypicalTransport } from "./typical.js";

/** The tenant of every call of the demo. */
export const TENANT = "demo";

/** Connection data of a client. */
export interface Connection {
  readonly baseUrl: string;
  /** Gets a token; without it none is sent. */
  readonly getToken?: () => Promise<Token>;
  /** Longest time of one attempt in milliseconds; a typical client has no such thing. */
  readonly attemptTimeoutMs?: number;
}

/** One of those that are compared. */
export interface Sdk {
  /** `typical`, `ameide`, or the language of another SDK of ours: `Go`. */
  readonly name: string;
  /** @param observer - Gets what happens in each call, from an SDK that tells. */
  connect(
    connection: Connection,
    observer: (event: CallEvent) => void,
  ): {
    readonly transport: Transport;
    /** Awaited before the first call, so that no time is counted in which a program starts. */
    readonly ready?: Promise<void>;
    close(): void;
  };
}

/** Connect and a loop around it. */
export const typical: Sdk = {
  name: "typical",
  connect({ baseUrl, getToken }) {
    const transport = createTypicalTransport({
      baseUrl,
      tenant: TENANT,
      ...(getToken && { getToken: async () => (await getToken()).token }),
    });
    // Its sockets are Node's global ones; they end with the server.
    return { transport, close: () => {} };
  },
};

/** Client of this SDK, as every user gets it. */
export const ameide: Sdk = {
  name: "ameide",
  connect({ baseUrl, getToken, attemptTimeoutMs }, observer) {
    const transport = createAmeideTransport({
      baseUrl,
      allowInsecureLoopback: true,
      tenant: TENANT,
      observer,
      ...(getToken && { auth: { provider: getToken } }),
      ...(attemptTimeoutMs !== undefined && { attemptTimeoutMs }),
    });
    return { transport, close: () => transport.close() };
  },
};
