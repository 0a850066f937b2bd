import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { SessionState, SessionsService } from "@ameideio/core-proto/ameide/identity/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const at = timestampFromMs;

async function startWithSessions() {
  const clock = { now: 1_000 };
  const sessions = [
    { id: "s1", subject: "ada", lastSeenAt: at(100), expiresAt: at(5_000) },
    { id: "s2", subject: "bob", lastSeenAt: at(300), expiresAt: at(5_000) },
    { id: "s3", subject: "ada", lastSeenAt: at(200), expiresAt: at(500) },
  ];
  const { client } = await start({ now: () => clock.now, seed: { acme: { sessions } } });
  return {
    clock,
    sessions: client(SessionsService),
    others: client(SessionsService, { tenant: "other" }),
  };
}

test("sessions are listed the most recently seen first, of one person or of all", async () => {
  const { sessions, others } = await startWithSessions();
  const ids = async (subject: string) =>
    (await sessions.listSessions({ subject })).sessions.map(({ id }) => id);
  expect(await ids("")).toEqual(["s2", "s3", "s1"]);
  expect(await ids("ada")).toEqual(["s3", "s1"]);
  expect((await others.listSessions({})).sessions).toEqual([]);
});

test("a session ends by itself", async () => {
  const { clock, sessions } = await startWithSessions();
  const state = async () => (await sessions.getSession({ sessionId: "s1" })).session?.state;
  expect(await state()).toBe(SessionState.ACTIVE);
  clock.now = 5_000;
  expect(await state()).toBe(SessionState.EXPIRED);
});

test("revoking ends an active session and changes no other", async () => {
  const { clock, sessions } = await startWithSessions();
  const revoke = async (sessionId: string) =>
    (await sessions.revokeSession({ sessionId })).session?.state;
  expect(await revoke("s1")).toBe(SessionState.REVOKED);
  clock.now = 5_000;
  expect(await revoke("s1")).toBe(SessionState.REVOKED);
  expect(await revoke("s3")).toBe(SessionState.EXPIRED);
  expect(await failure(sessions.revokeSession({ sessionId: "none" }))).toMatchObject({
    reason: "SESSION_NOT_FOUND",
    metadata: { session_id: "none" },
  });
});
