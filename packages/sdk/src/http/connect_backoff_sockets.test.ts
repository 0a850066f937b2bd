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
    const { client, server } = await wired({
      ...closed,
      options: { waitForReady: true, observer: ({ type }) => void (type === "waiting" && waits++) },
    });
    let waits = 0;
    const answer = LEVELS.unknown(client);
    while (waits < 3) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(server.requests).toEqual([]);
    await server.open();
    await answer;
    expect(server.requests).toHaveLength(1);
  });
});
