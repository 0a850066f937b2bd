import { describe, expect, it } from "vitest";
import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { errorOf, scriptedThreads, settled, t1, thread } from "./harness/scripted_threads.js";
import type { AmeideOptions } from "../src/index.js";
import { createAmeideTransport, withDeadlineFrom } from "../src/node.js";
import { createVirtualClock, withTestRuntime } from "../src/testing.js";

const HANG = { hang: true } as const;
const hangs: Interceptor = () => () => new Promise(() => {});
const holdsUp =
  (ms: number, clock: ReturnType<typeof createVirtualClock>): Interceptor =>
  (next) =>
  async (request) => {
    await new Promise<void>((resolve) => clock.setTimer(resolve, ms, "deadline"));
    return next(request);
  };

async function messageOf(options: AmeideOptions, clock = createVirtualClock()): Promise<string> {
  const { threads } = scriptedThreads([HANG], options, { on: clock });
  const failed = errorOf(threads.getThread(t1));
  await settled();
  await clock.advance(400);
  return (await failed).rawMessage;
}

describe("the error of a deadline says that the time went", () => {
  it("to an interceptor that sends nothing", async () => {
    expect(await messageOf({ timeoutMs: 400, interceptors: [hangs] })).toBe(
      "the deadline of 400 ms expired (code: client): attempt 1 had waited 400 ms to be sent",
    );
  });

  it("in part to an interceptor", async () => {
    const clock = createVirtualClock();
    const options = { timeoutMs: 400, interceptors: [holdsUp(150, clock)] };
    expect(await messageOf(options, clock)).toBe(
      "the deadline of 400 ms expired (code: client): attempt 1 had waited 250 ms for response headers, after 150 ms to be sent",
    );
  });

  it("to a transport of the user's", async () => {
    const never: Transport = {
      unary: () => new Promise(() => {}),
      stream: () => new Promise(() => {}),
    };
    const clock = createVirtualClock();
    const own = { baseUrl: "https://api.test", tenant: "acme", timeoutMs: 400, transport: never };
    const transport = createAmeideTransport(withTestRuntime(own, { clock }));
    const failed = errorOf(createClient(ThreadsService, transport).getThread(t1));
    await settled();
    await clock.advance(400);
    expect((await failed).rawMessage).toBe(
      "the deadline of 400 ms expired (code: client): attempt 1 had waited 400 ms for an answer",
    );
  });
});

describe("it names the request that is served", () => {
  const served = { timeoutMs: () => 105 };

  it("where that is around the call", async () => {
    const { threads, clock } = scriptedThreads([HANG]);
    const failed = withDeadlineFrom(served, () => errorOf(threads.getThread(t1)));
    await settled();
    await clock.advance(100);
    expect((await failed).rawMessage).toBe(
      "the deadline of 100 ms expired (withDeadlineFrom): attempt 1 had waited 100 ms for response headers",
    );
  });

  it("and not where another is nearer", async () => {
    const { threads, clock } = scriptedThreads([HANG], { timeoutMs: 100 });
    const failed = withDeadlineFrom(served, () => errorOf(threads.getThread(t1)));
    await settled();
    await clock.advance(100);
    expect((await failed).rawMessage).toContain("the deadline of 100 ms expired (code: client): ");
  });
});

it("control: nothing is late", async () => {
  const { threads } = scriptedThreads([thread], { timeoutMs: 400 });
  await expect(threads.getThread(t1)).resolves.toMatchObject({ thread: { id: "t1" } });
});
