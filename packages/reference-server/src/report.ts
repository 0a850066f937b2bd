import { randomUUID } from "node:crypto";
import type { Interceptor } from "@connectrpc/connect";
import { toConnectError } from "./errors.js";
import type { Store } from "./store.js";
import { isTenant, TENANT_HEADER } from "./tenant.js";

/** The header that names a call. */
export const REQUEST_ID_HEADER = "x-request-id";

/** The id of a call: the client's if it is 1 to 128 visible ASCII, otherwise a new one. */
export function requestIdOf(header: string | null | undefined): string {
  return header && /^[!-~]{1,128}$/.test(header) ? header : randomUUID();
}

/**
 * The outermost interceptor: counts the call, echoes its request id and tenant
 * in the response headers, and gives every error its details.
 */
export function reportInterceptor(store: Store): Interceptor {
  return (next) => async (req) => {
    store.countCall(req.method);
    const requestId = requestIdOf(req.header.get(REQUEST_ID_HEADER));
    const tenant = req.header.get(TENANT_HEADER);
    const echo = (headers: Headers) => {
      headers.set(REQUEST_ID_HEADER, requestId);
      if (tenant !== null && isTenant(tenant)) headers.set(TENANT_HEADER, tenant);
    };
    try {
      const res = await next(req);
      echo(res.header);
      return res;
    } catch (reason) {
      const error = toConnectError(reason, req.service.typeName, requestId);
      echo(error.metadata);
      throw error;
    }
  };
}
