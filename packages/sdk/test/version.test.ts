import { expect, it } from "vitest";
import { scriptedThreads, t1, thread } from "./harness/scripted_threads.js";
import { version } from "../src/index.js";

it("the user agent names the version that is exported, Connect's and the runtime", async () => {
  const made = scriptedThreads([thread]);
  await made.threads.getThread(t1);
  const agent = made.http.requests[0]?.headers.get("user-agent");
  expect(agent).toMatch(
    /^ameide-sdk-ts\/\d+\.\d+\.\d+\S* connect-ts\/2\.\d+\.\d+ node\/\d+\.\d+\.\d+ \(\w+; \w+\)$/,
  );
  expect(agent).toContain(`ameide-sdk-ts/${version} `);
});
