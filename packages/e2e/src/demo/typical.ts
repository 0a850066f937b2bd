import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

// Codes that look temporary; connect-node reports a connection that was reset as `aborted`.
const { Unavailable, Aborted, DeadlineExceeded, Unauthenticated } = Code;
const RETRYABLE = new Set([Unavailable, Aborted, DeadlineExceeded, Unauthenticated]);

/**
 * The client that teams write by hand: Connect's own, with one interceptor that retries errors that
 * look temporary and renews the token. It works on the day it is written, and the demo compares the
 * SDK with it.
 */
export function createTypicalTransport({
  baseUrl,
  tenant,
  getToken,
}: {
  baseUrl: string;
  tenant: string;
  getToken?: () => Promise<string>;
}): Transport {
  let token: string | undefined;
  const retry: Interceptor = (next) => async (req) => {
    req.header.set("x-tenant-id", tenant);
    for (let attempt = 1; ; attempt++) {
      try {
        if (getToken) {
          req.header.set("authorization", `Bearer ${(token ??= await getToken())}`);
        }
        return await next(req);
      } catch (error) {
        const { code } = ConnectError.from(error);
        if (attempt === 3 || !RETRYABLE.has(code)) {
          throw error;
        }
        if (code === Unauthenticated) {
          token = await getToken?.();
        }
        await sleep(100 * 2 ** (attempt - 1));
      }
    }
  };
  const defaultTimeoutMs = 30_000;
  return createConnectTransport({
    baseUrl,
    httpVersion: "1.1",
    defaultTimeoutMs,
    interceptors: [retry],
  });
}
