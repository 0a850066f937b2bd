import { randomUUID } from "node:crypto";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { callContext } from "./call.js";
import { toConnectError } from "./errors.js";
import type { Store } from "./store.js";
import { isTenant, TENANT_HEADER } from "./tenant.js";

/** Header that carries a call's request id. */
export const REQUEST_ID_HEADER = "x-request-id";

/** Returns the id of a call: the client's if it is 1 to 128 visible ASCII, otherwise a new one. */
export function requestIdOf(header: string | null | undefined): string {
  return header && /^[!-~]{1,128}$/.test(header) ? header : randomUUID();
}

/**
 * Outermost interceptor: counts the call, echoes its request id and tenant in the response headers,
 * and gives every error its details, including one that ends a stream.
 */
export function reportInterceptor(store: Store): Interceptor {
  return (next) => async (req) => {
    store.countCall(req.method);
    const requestId = requestIdOf(req.header.get(REQUEST_ID_HEADER));
    const tenant = req.header.get(TENANT_HEADER);
    const echo = (headers: Headers) => {
      headers.set(REQUEST_ID_HEADER, requestId);
      if (tenant !== null && isTenant(tenant)) {
        headers.set(TENANT_HEADER, tenant);
      }
    };
    const explain = (reason: unknown) => toConnectError(reason, req.service.typeName, requestId);
    req.contextValues.set(callContext.requestId, requestId);
    try {
      const res = await next(req);
      echo(res.header);
      if (!res.stream) {
        return res;
      }
      return { ...res, message: explained(res.message, req.signal, explain) };
    } catch (reason) {
      const error = explain(reason);
      echo(error.metadata);
      throw error;
    }
  };
}

async function* explained<T>(
  messages: AsyncIterable<T>,
  signal: AbortSignal,
  explain: (reason: unknown) => ConnectError,
): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (reason) {
    // If the caller left, nobody reads why the stream ended.
    throw signal.aborted && !isDeadline(signal.reason) ? reason : explain(reason);
  }
}

function isDeadline(reason: unknown): boolean {
  return reason instanceof ConnectError && reason.code === Code.DeadlineExceeded;
}
