import { afterEach, describe, expect, it, vi } from "vitest";
import { connectError } from "./harness/scripted_client.js";
import { errorOf, scriptedThreads, t1, thread, unavailable } from "./harness/scripted_threads.js";
import { type AmeideOptions, call, type Logger, type LogLevel } from "../src/index.js";

afterEach(() => void vi.restoreAllMocks());

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

function recorder(): { readonly logger: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields: Record<string, unknown>) =>
    void lines.push({ level, message, fields });
  return {
    lines,
    logger: { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") },
  };
}

async function logged(answers: Parameters<typeof scriptedThreads>[0], options: AmeideOptions) {
  const { logger, lines } = recorder();
  const made = scriptedThreads(answers, { logger, ...options });
  const settings = call({ headers: { "x-mine": "s3cret-1", cookie: "s3cret-2" } });
  await made.threads.getThread({ threadId: "s3cret-3" }, settings).catch(() => {});
  await made.threads.createThread({ title: "s3cret-4" }).catch(() => {});
  return { ...made, lines };
}

it("l01 unknown-header-redacted", async () => {
  const { lines, http } = await logged([thread], {
    logLevel: "debug",
    auth: { token: "s3cret-5" },
    headers: { "x-more": "s3cret-6" },
  });
  const [started] = lines;
  expect(started).toMatchObject({ level: "debug", message: "ameide attempt started" });
  expect(started?.fields["headers"]).toEqual({
    authorization: "REDACTED",
    "connect-protocol-version": "1",
    "connect-timeout-ms": "10000",
    "content-type": "application/proto",
    cookie: "REDACTED",
    "user-agent": http.requests[0]?.headers.get("user-agent"),
    "x-mine": "REDACTED",
    "x-more": "REDACTED",
    "x-request-id": http.requests[0]?.headers.get("x-request-id"),
    "x-tenant-id": "REDACTED",
  });
  expect(JSON.stringify(lines)).not.toContain("s3cret");
  const key = http.requests[1]?.headers.get("idempotency-key");
  expect(key).toMatch(/-/);
  expect(JSON.stringify(lines)).not.toContain(key);
});

it("l02 get-query-dropped", async () => {
  const { lines, http } = await logged([unavailable, thread], {
    logLevel: "debug",
    httpGet: true,
    format: "json",
  });
  expect(http.requests[0]?.method).toBe("GET");
  expect(decodeURIComponent(http.requests[0]?.url ?? "")).toContain("s3cret-3");
  expect(lines.length).toBeGreaterThan(3);
  expect(JSON.stringify(lines)).not.toContain("s3cret");
  expect(JSON.stringify(lines)).not.toContain("message=");
});

describe("l03 off-by-default", () => {
  it("nothing is written without a logger", async () => {
    const written = (["error", "warn", "info", "log", "debug"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    );
    const made = scriptedThreads([connectError("internal", 500)]);
    await errorOf(made.threads.getThread(t1));
    expect(written.flatMap(({ mock }) => mock.calls)).toEqual([]);
  });

  it.each<[LogLevel | undefined, string[]]>([
    ["off", []],
    ["error", ["error done"]],
    ["warn", ["warn attempt failed", "warn waiting", "warn attempt failed", "error done"]],
    [undefined, ["warn attempt failed", "warn waiting", "warn attempt failed", "error done"]],
  ])("level %s", async (logLevel, expected) => {
    const { logger, lines } = recorder();
    const made = scriptedThreads(
      [unavailable, connectError("not_found", 404)],
      logLevel === undefined ? { logger } : { logger, logLevel },
    );
    await errorOf(made.threads.getThread(t1));
    const seen = lines.map(({ level, message }) => `${level} ${message.replace("ameide ", "")}`);
    expect(seen).toEqual(expected);
  });

  it("control: calls that end well are logged at info", async () => {
    const { logger, lines } = recorder();
    const made = scriptedThreads([thread], { logger, logLevel: "info" });
    await made.threads.getThread(t1);
    expect(lines.map(({ level, message }) => [level, message])).toEqual([["info", "ameide done"]]);
  });

  it("a policy document may turn it off", async () => {
    const { logger, lines } = recorder();
    const policy = { logLevel: "LOG_LEVEL_OFF" };
    const made = scriptedThreads([connectError("internal", 500)], { logger, policy });
    await errorOf(made.threads.getThread(t1));
    expect(lines).toEqual([]);
  });
});

it("l04 retry-line-has-delay-and-class", async () => {
  const { logger, lines } = recorder();
  const random = { backoff: () => 0.5 };
  const made = scriptedThreads([unavailable, thread], { logger }, { random });
  await made.threads.getThread(t1);
  expect(lines.map(({ message }) => message)).toEqual(["ameide attempt failed", "ameide waiting"]);
  for (const { fields } of lines) {
    expect(fields).toMatchObject({
      delayMs: 25,
      class: "TRANSIENT",
      method: "ameide.threads.v1.ThreadsService/GetThread",
      requestId: made.http.requests[0]?.headers.get("x-request-id"),
    });
  }
});

it("a logger that throws breaks nothing", async () => {
  const fail = () => {
    throw new Error("disk full");
  };
  const logger = { error: fail, warn: fail, info: fail, debug: fail };
  const made = scriptedThreads([unavailable, thread], { logger, logLevel: "debug" });
  expect((await made.threads.getThread(t1)).thread?.id).toBe("t1");
});
