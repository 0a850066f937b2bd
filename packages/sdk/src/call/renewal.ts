import type { CallPlan } from "./call_plan.js";
import type { Credential } from "../auth/credential.js";
import { mayReplayWithNewToken } from "../policy/retry.js";
import type { TokenWait } from "../auth/token_wait.js";

/** Gets a credential newer than the one that was refused. */
export type Renewal = () => Credential | TokenWait;

/**
 * Returns how to renew a refused credential; undefined if the call may not be replayed with
 * another, in which case the next call gets a newer one.
 *
 * @param refused - Credential that the attempt was sent with.
 */
export function renewal(
  plan: CallPlan,
  refused: Credential | undefined,
  situation: Omit<Parameters<typeof mayReplayWithNewToken>[0], "keySent">,
): Renewal | undefined {
  const source = plan.credentials;
  if (source === undefined || refused === undefined) {
    return undefined;
  }
  const { failure, policy, replayed } = situation;
  const keySent = plan.keySent || (policy === plan.observed && plan.keyWithheld);
  if (mayReplayWithNewToken({ ...situation, keySent })) {
    return source.canRenew(plan, refused) ? () => source.renew(plan, refused) : undefined;
  }
  if (failure.code === "unauthenticated" && failure.origin === "server" && !replayed) {
    source.refuse(plan, refused);
  }
  return undefined;
}
