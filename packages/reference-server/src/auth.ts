import { Code, type Interceptor } from "@connectrpc/connect";
import { callContext, type Caller } from "./call.js";
import { Problem } from "./errors.js";
import { methodFacts, type MethodFacts } from "./method_facts.js";
import type { Store } from "./store.js";

/**
 * Identifies the caller. With `auth: "required"`, a method whose proto does not say
 * `AUTH_MODE_NONE` needs a bearer token (RFC 6750) that is known, not expired, and grants every
 * scope the proto asks for.
 */
export function authInterceptor(store: Store): Interceptor {
  return (next) => (req) => {
    const facts = methodFacts(req.method);
    const token = bearerToken(req.header.get("authorization"));
    const caller = token === undefined ? undefined : store.tokens.accept(token);
    if (store.authRequired && facts.bearer) {
      if (token === undefined) {
        throw unauthenticated("TOKEN_MISSING", "no bearer token", "Bearer");
      }
      if (caller === undefined) {
        throw unauthenticated(
          "TOKEN_INVALID",
          "the token is unknown, expired or revoked",
          'Bearer error="invalid_token"',
        );
      }
      demandScopes(facts, caller);
    }
    req.contextValues.set(callContext.caller, caller);
    return next(req);
  };
}

/**
 * Restricts a call to the organization its token is for: with `auth: "required"`, the tenant must
 * be one that has it. Tokens without an organization may name any tenant.
 */
export function organizationInterceptor(store: Store): Interceptor {
  return (next) => (req) => {
    const tenant = req.contextValues.get(callContext.tenant);
    const organization = req.contextValues.get(callContext.caller)?.claims.organizationId;
    if (store.authRequired && tenant !== "" && organization) {
      if (!store.tenant(tenant).organizations.has(organization)) {
        throw new Problem(
          Code.PermissionDenied,
          "TENANT_MISMATCH",
          "the token is for an organization of another tenant",
        );
      }
    }
    return next(req);
  };
}

function bearerToken(header: string | null): string | undefined {
  return /^bearer +([^ ]+) *$/i.exec(header ?? "")?.[1];
}

function unauthenticated(reason: string, message: string, challenge: string): Problem {
  return new Problem(Code.Unauthenticated, reason, message, {
    headers: { "www-authenticate": challenge },
  });
}

function demandScopes(facts: MethodFacts, caller: Caller): void {
  const missing = facts.scopes.filter((scope) => !caller.claims.scopes.includes(scope));
  if (missing.length === 0) {
    return;
  }
  throw new Problem(
    Code.PermissionDenied,
    "SCOPE_MISSING",
    `the token does not grant ${missing.join(" ")}`,
    {
      metadata: { required_scopes: facts.scopes.join(" "), missing_scopes: missing.join(" ") },
      headers: {
        "www-authenticate": `Bearer error="insufficient_scope", scope="${facts.scopes.join(" ")}"`,
      },
    },
  );
}
