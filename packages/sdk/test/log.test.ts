import { afterEach, expect, it, vi } from "vitest";
import { connectError } from "./harness/scripted_client.js";
import { errorOf, scriptedThreads, t1 } from "./harness/scripted_threads.js";

afterEach(() => void vi.restoreAllMocks());

it("nothing is written without a logger", async () => {
  const written = (["error", "warn", "info", "log", "debug"] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => {}),
  );
  const made = scriptedThreads([connectError("internal", 500)]);
  await errorOf(made.threads.getThread(t1));
  expect(written.flatMap(({ mock }) => mock.calls)).toEqual([]);
});

it("a policy document may turn the log off", async () => {
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const logger = { error: note, warn: note, info: note, debug: note };
  for (const policy of [{}, { logLevel: "LOG_LEVEL_OFF" }]) {
    const made = scriptedThreads([connectError("internal", 500)], { logger, policy });
    await errorOf(made.threads.getThread(t1));
  }
  expect(lines).toEqual(["ameide attempt failed", "ameide done"]);
});
