import { setTimeout as sleep } from "node:timers/promises";
import {
  type AmeideError,
  type AmeideOptions,
  call,
  type CallEvent,
  createClient,
  isAmeideError,
} from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { openTelemetry } from "@ameideio/ameide-sdk-ts/otel";
import { integrationMode } from "@ameideio/ameide-sdk-ts/testing";
import { ThreadsService } from "@ameideio/ameide-sdk-ts/threads/v1";
import { Code } from "@connectrpc/connect";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { reportConcerns } from "../harness/integration/report.js";
import { openTarget, type Target } from "../harness/integration/target.js";

const mode = integrationMode();
let target: Target;
beforeAll(async () => {
  target = await openTarget(mode);
});
afterAll(() => target.close());
reportConcerns(mode);

test("headers: every attempt names tenant, credential and client", async () => {
  const { threads, events } = connect();
  await threads.listThreads({ pageSize: 1 });
  const headers = headersOf(events);
  expect(headers).toHaveLength(1);
  expect(headers[0]).toMatchObject({
    authorization: "REDACTED",
    "x-tenant-id": expect.any(String),
  });
  expect(headers[0]?.["user-agent"]).toMatch(/^ameide-sdk-ts\//);
});

test("request id: the server answers with the one of the call", async () => {
  const { threads } = connect();
  const requestId = `suite-${crypto.randomUUID()}`;
  let answered: string | null = null;
  await threads.listThreads(
    { pageSize: 1 },
    call({ requestId }, { onHeader: (headers) => (answered = headers.get("x-request-id")) }),
  );
  expect(answered).toBe(requestId);
  const error = await failure(
    threads.getThread({ threadId: "no-such-thread" }, call({ requestId })),
  );
  expect(error).toMatchObject({ code: Code.NotFound, origin: "server", requestId });
});

test("auth: a token that the server does not know is refused, and not tried again", async () => {
  const { threads } = connect({ auth: { token: "a-token-of-nobody" } });
  const error = await failure(threads.listThreads({ pageSize: 1 }));
  expect(error).toMatchObject({ code: Code.Unauthenticated, origin: "server" });
  expect(error.attempts).toHaveLength(1);
});

test("retry: a lost answer is asked for again, and creates nothing twice", async () => {
  const title = `suite-${crypto.randomUUID()}`;
  const { threads, events } = connect({ transport: losingFirstAnswer(target.client) });
  const { thread } = await threads.createThread({ title });
  onTestFinished(async () => void (await threads.deleteThread({ threadId: thread?.id ?? "" })));
  const keys = events.flatMap((event) =>
    event.type === "attempt_started" && event.method.endsWith("/CreateThread")
      ? [event.idempotencyKey]
      : [],
  );
  expect(keys).toEqual([expect.any(String), keys[0]]);
  expect((await titles(threads)).filter((each) => each === title)).toEqual([title]);
});

test("timeout: a stream ends at its deadline", async () => {
  const { threads } = connect();
  const { thread } = await threads.createThread({ title: "watched" });
  const threadId = thread?.id ?? "";
  onTestFinished(async () => void (await threads.deleteThread({ threadId })));
  const watch = async () => {
    for await (const _ of threads.watchThread({ threadId }, { timeoutMs: 500 })) {
      // Nothing happens to it.
    }
  };
  const error = await failure(Promise.race([watch(), sleep(10_000)]));
  expect(error).toMatchObject({ code: Code.DeadlineExceeded, stopReason: "deadline" });
});

test("tracing: what is sent belongs to the span of the call", async () => {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const { threads, events } = connect({ telemetry: openTelemetry({ tracerProvider }) });
  await threads.listThreads({ pageSize: 1 });
  const [span, ...others] = exporter.getFinishedSpans();
  expect(others).toEqual([]);
  expect(span?.name).toBe("ameide.threads.v1.ThreadsService/ListThreads");
  const { traceId, spanId } = span?.spanContext() ?? {};
  expect(headersOf(events)[0]?.["traceparent"]).toBe(`00-${traceId}-${spanId}-01`);
});

function connect(options: AmeideOptions = {}) {
  const events: CallEvent[] = [];
  const transport = createAmeideTransport({
    ...target.options,
    observer: (event) => events.push(event),
    ...options,
  });
  onTestFinished(() => transport.close());
  return { threads: createClient(ThreadsService, transport), events };
}

type Threads = ReturnType<typeof connect>["threads"];

async function titles(threads: Threads): Promise<string[]> {
  const found: string[] = [];
  let pageToken = "";
  do {
    const page = await threads.listThreads({ pageSize: 1000, pageToken });
    found.push(...page.threads.map(({ title }) => title));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return found;
}

function headersOf(events: readonly CallEvent[]) {
  return events.flatMap((event) => (event.type === "attempt_started" ? [event.headers] : []));
}

// The server has acted, and the network loses what it answers.
function losingFirstAnswer(client: UniversalClientFn): UniversalClientFn {
  let first = true;
  return async (request) => {
    const response = await client(request);
    if (first) {
      first = false;
      throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    }
    return response;
  };
}

async function failure(made: PromiseLike<unknown>): Promise<AmeideError> {
  const reason = await Promise.resolve(made).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isAmeideError(reason)) {
    throw new Error(`expected an AmeideError, got ${String(reason)}`);
  }
  return reason;
}
