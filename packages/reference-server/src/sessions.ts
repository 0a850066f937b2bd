import { clone } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  SessionSchema,
  SessionState,
  type Session,
  type SessionsService,
} from "@ameideio/core-proto/ameide/identity/v1";
import { notFound } from "./errors.js";
import { numberKey, paginate } from "./pages.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/** SessionsService. No RPC creates a session: they come from the tenant's seed. */
export function sessions(store: Store): Methods<typeof SessionsService> {
  const find = (tenant: string, id: string): Session => {
    const session = store.tenant(tenant).sessions.get(id);
    if (session === undefined) {
      throw notFound("session", id);
    }
    return session;
  };
  return {
    getSession(request, call) {
      return { session: current(find(call.tenant, request.sessionId), store.now()) };
    },

    listSessions(request, call) {
      const all = [...store.tenant(call.tenant).sessions.values()];
      const chosen = all.filter(
        ({ subject }) => request.subject === "" || subject === request.subject,
      );
      const { items, nextPageToken } = paginate(store.sealer, call, request, chosen, {
        key: ({ id, lastSeenAt }) => numberKey(lastSeenAt ? timestampMs(lastSeenAt) : 0) + id,
        direction: "descending",
      });
      return { sessions: items.map((session) => current(session, store.now())), nextPageToken };
    },

    revokeSession(request, call) {
      const session = find(call.tenant, request.sessionId);
      if (current(session, store.now()).state === SessionState.ACTIVE) {
        session.state = SessionState.REVOKED;
      }
      return { session: current(session, store.now()) };
    },
  };
}

/** Returns a session in its state of now: an active one ends by itself. */
function current(session: Session, now: number): Session {
  const { state, expiresAt } = session;
  const ended = expiresAt !== undefined && timestampMs(expiresAt) <= now;
  const copy = clone(SessionSchema, session);
  if (state !== SessionState.REVOKED) {
    copy.state = ended ? SessionState.EXPIRED : SessionState.ACTIVE;
  }
  return copy;
}
