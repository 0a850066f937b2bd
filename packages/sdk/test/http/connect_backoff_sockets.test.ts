import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it, onTestFinished } from "vitest";
import { failureOf, LEVELS } from "../harness/scripted_call.js";
import { GOOD_ANSWER, HTTP_VERSIONS, wired } from "../harness/socket_call.js";

const CALLS = 60;

// Sockets that were made to connect, whatever became of them.
function countConnects(): () => number {
  let connects = 0;
  const made = () => void connects++;
  subscribe("net.client.socket", made);
  onTestFinished(() => void unsubscribe("net.client.socket", made));
  return () => connects;
}

describe.each(HTTP_VERSIONS)("over HTTP/%s", (httpVersion) => {
  const closed = { script: { attempts: [{ refuse: {} }], otherwise: GOOD_ANSWER }, httpVersion };

  it("calls to a server that is down make a handful of connects", { timeout: 20_000 }, async () => {
    // Enough for every attempt there may be.
    const options = { budget: { capacity: 10_000 } };
    const { client } = await wired({ ...closed, options });
    const connects = countConnects();
    const together = Array.from({ length: CALLS }, () => failureOf(LEVELS.unknown(client)));
    for (const error of await Promise.all(together)) {
      expect(error.attempts.at(-1)).toMatchObject({ class: "NOT_SENT" });
      expect(error.message).toContain("ECONNREFUSED");
    }
    expect(connects()).toBeLessThan(CALLS / 4);
    for (let i = 0; i < 10; i++) {
      await failureOf(LEVELS.unknown(client));
    }
    expect(connects()).toBeLessThan(CALLS / 2);
  });

  it("a call that waits for a server gets to one that comes back", async () => {
    let hasWaited = () => {};
    const waited = new Promise<void>((resolve) => (hasWaited = resolve));
    const { client, server } = await wired({
      ...closed,
      // The clock is virtual, and the pauses between connects are not.
      options: {
        waitForReady: true,
        noDeadline: true,
        observer: (event) => event.type === "waiting" && event.delayMs > 0 && hasWaited(),
      },
    });
    const answer = LEVELS.unknown(client);
    await waited;
    expect(server.requests).toEqual([]);
    await server.open();
    await answer;
    expect(server.requests).toHaveLength(1);
  });
});
