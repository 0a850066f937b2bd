import { durationMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { TokenType, type TokenService } from "@ameideio/core-proto/ameide/identity/v1";
import { personOf, type Call } from "./call.js";
import { Problem } from "./errors.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/** TokenService. */
export function token(store: Store): Methods<typeof TokenService> {
  return {
    introspect(request) {
      return store.tokens.accept(request.token)?.claims ?? { active: false };
    },

    issueServiceToken(request) {
      const apiKey = store.apiKeys.use(request.apiKey);
      if (apiKey === undefined) {
        throw new Problem(
          Code.Unauthenticated,
          "API_KEY_INVALID",
          "the API key is unknown, expired or revoked",
        );
      }
      const scopes = narrow(apiKey.scopes, request.scopes);
      const issued = store.tokens.issue(
        {
          tokenType: TokenType.SERVICE,
          subject: request.service,
          service: request.service,
          organizationId: apiKey.organizationId,
          scopes,
        },
        {
          apiKeyId: apiKey.id,
          ...(request.lifetime && { lifetimeMs: durationMs(request.lifetime) }),
          ...(apiKey.expiresAt && { notAfter: timestampMs(apiKey.expiresAt) }),
        },
      );
      return { token: issued.token, scopes, expiresAt: timestampFromMs(issued.expiresAt) };
    },

    issueAgentToken(request, call) {
      // Only with `auth: "off"` may there be no caller, and then nothing to be narrower than.
      const { claims, apiKeyId } = call.caller ?? {};
      const scopes = claims ? narrow(claims.scopes, request.scopes) : request.scopes;
      const { agentType, runId, capabilities, surface } = request;
      const issued = store.tokens.issue(
        {
          tokenType: TokenType.AGENT,
          subject: `${agentType}/${runId}`,
          organizationId: claims?.organizationId ?? "",
          scopes,
          agentType,
          runId,
          capabilities,
          surface,
          userSubject: actedFor(call, request.userSubject),
        },
        {
          apiKeyId,
          ...(request.lifetime && { lifetimeMs: durationMs(request.lifetime) }),
          ...(claims?.expiresAt && { notAfter: timestampMs(claims.expiresAt) }),
        },
      );
      return { token: issued.token, scopes, expiresAt: timestampFromMs(issued.expiresAt) };
    },
  };
}

/** Returns the person whom an agent acts for: its caller's, where that has one. */
function actedFor(call: Call, asked: string): string {
  const person = personOf(call);
  if (person !== undefined && asked !== "" && asked !== person) {
    throw new Problem(
      Code.PermissionDenied,
      "USER_SUBJECT_MISMATCH",
      "a person lets agents act for themselves only",
    );
  }
  return person ?? asked;
}

/** Returns the requested part, or everything. */
function narrow(granted: readonly string[], asked: readonly string[]): string[] {
  const excess = asked.filter((scope) => !granted.includes(scope));
  if (excess.length > 0) {
    throw new Problem(
      Code.PermissionDenied,
      "SCOPE_NOT_GRANTED",
      `not there to be passed on: ${excess.join(" ")}`,
      { metadata: { scopes: excess.join(" ") } },
    );
  }
  return [...(asked.length > 0 ? asked : granted)];
}
