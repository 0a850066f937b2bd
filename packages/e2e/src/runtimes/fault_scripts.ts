import type { Action, Script } from "@ameideio/fault-server";

const ANSWER: Action = { forward: {} };

/**
 * Returns the fault server's script for each check, by its id.
 *
 * @param elsewhere - Address that redirects name.
 */
export function faultScripts(elsewhere: string): Readonly<Record<string, Script>> {
  return {
    unavailable: {
      attempts: [
        {
          respond: {
            status: 503,
            headers: [["content-type", "text/html"]],
            body: { text: "<html>" },
          },
        },
      ],
      otherwise: ANSWER,
    },
    "stream-retry": { attempts: [{ reset: "after_read" }], otherwise: ANSWER },
    reset: { attempts: [{ reset: "after_read" }], otherwise: ANSWER },
    once: { attempts: [{ reset: "after_read" }], otherwise: ANSWER },
    deadline: { otherwise: { stall: "after_read" } },
    cancel: { otherwise: { stall: "after_read" } },
    redirect: { otherwise: { respond: { status: 307, headers: [["location", elsewhere]] } } },
    elsewhere: { otherwise: ANSWER },
    token: {
      attempts: [
        {
          respond: {
            status: 401,
            headers: [["content-type", "application/json"]],
            body: { json: { code: "unauthenticated", message: "the token has expired" } },
          },
        },
      ],
      otherwise: ANSWER,
    },
  };
}
