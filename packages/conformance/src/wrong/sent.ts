import { create } from "@bufbuild/protobuf";
import { Break, Cut, type RunRequest, SeenRequestSchema } from "@ameideio/conformance-proto";
import { addHeader, header, requests, setHeader, type Fault } from "./fault.js";

/** Faults in what is sent, and when. */
export const SENT: readonly Fault[] = [
  {
    name: "a credential where there has to be none",
    cases: ["k04"],
    shows: /^request \d, header authorization/,
    response: requests((request) => setHeader(request, "authorization", "Bearer t1")),
  },
  {
    name: "the environment's token to an address of code",
    cases: ["o07"],
    shows: /^request \d, header authorization/,
    response: requests((request) => setHeader(request, "authorization", "Bearer tok-77ab")),
  },
  {
    name: "a cookie to another origin",
    cases: ["o06"],
    shows: /^request \d, header cookie/,
    response: requests((request) => setHeader(request, "cookie", "c1")),
  },
  {
    name: "a tenant where it is forbidden",
    cases: ["t09"],
    shows: /^request 1, header x-tenant-id/,
    response: requests((request) => setHeader(request, "x-tenant-id", "acme")),
  },
  {
    name: "the tenant is missing",
    cases: ["t01"],
    shows: /^request 1, header x-tenant-id/,
    response: requests((request) => setHeader(request, "x-tenant-id", undefined)),
  },
  {
    name: "a header twice after a retry",
    cases: ["i01"],
    shows: /^request 2, header idempotency-key/,
    response: requests(
      (request) =>
        addHeader(request, "idempotency-key", header(request, "idempotency-key") ?? "key"),
      { from: 1 },
    ),
  },
  {
    name: "another request id on a retry",
    cases: ["x02"],
    shows: /^request 2, header x-request-id/,
    response: requests(
      (request) => setHeader(request, "x-request-id", "01980000-0000-7000-8000-000000000001"),
      { from: 1 },
    ),
  },
  {
    name: "another idempotency key on a retry",
    cases: ["i01"],
    shows: /^request 2, header idempotency-key/,
    response: requests(
      (request) => setHeader(request, "idempotency-key", "00000000-0000-4000-8000-000000000001"),
      { from: 1 },
    ),
  },
  {
    name: "the same idempotency key for two calls",
    cases: ["i02"],
    shows: /^request 2, header idempotency-key/,
    response: requests((request, first) =>
      setHeader(request, "idempotency-key", header(first, "idempotency-key")),
    ),
  },
  {
    name: "the timeout of the first attempt on every attempt",
    cases: ["d01"],
    shows: /^request \d, timeout/,
    response: requests((request, first) =>
      setHeader(request, "connect-timeout-ms", header(first, "connect-timeout-ms")),
    ),
  },
  {
    name: "a timeout that is off by one",
    cases: ["d01"],
    shows: /^request 1, timeout/,
    response: requests((request) =>
      setHeader(
        request,
        "connect-timeout-ms",
        String(Number(header(request, "connect-timeout-ms")) + 1),
      ),
    ),
  },
  {
    name: "a timeout with a fraction",
    cases: ["d15"],
    shows: /^request 1, timeout/,
    response: requests((request) =>
      setHeader(request, "connect-timeout-ms", `${header(request, "connect-timeout-ms")}.7`),
    ),
  },
  {
    name: "the number of the attempt is missing",
    cases: ["x05"],
    shows: /^request 2, header grpc-previous-rpc-attempts/,
    response: requests((request) => setHeader(request, "grpc-previous-rpc-attempts", undefined)),
  },
  {
    name: "no User-Agent",
    cases: ["x07"],
    shows: /^request 1, header user-agent/,
    response: requests((request) => setHeader(request, "user-agent", undefined)),
  },
  {
    name: "baggage that nobody allowed",
    cases: ["m04"],
    shows: /^request 1, header baggage/,
    response: requests((request) => setHeader(request, "baggage", "user=7")),
  },
  {
    name: "the same traceparent on every attempt",
    cases: ["m03"],
    shows: /^request \d, (traceparent|header traceparent)/,
    response: requests((request, first) =>
      setHeader(request, "traceparent", header(first, "traceparent")),
    ),
  },
  {
    name: "another body on a retry",
    cases: ["i06"],
    shows: /^request 2, body/,
    response: requests((request) => void (request.bodySha256 = "0".repeat(64)), { from: 1 }),
  },
  {
    name: "a method without side effects by POST",
    cases: ["r02"],
    shows: /^request 1, HTTP method/,
    response: requests((request) => void (request.method = "POST")),
  },
  {
    name: "a request too many",
    cases: ["r03"],
    shows: /^requests, number/,
    response: ({ requests: all }) => void all.push(create(SeenRequestSchema, all.at(-1))),
  },
  {
    name: "a request too many, on real sockets",
    cases: ["r08"],
    shows: /^requests, number/,
    async response(_run, { baseUrl }) {
      if (baseUrl !== "") {
        await fetch(baseUrl, { method: "POST" }).catch(() => {});
      }
    },
  },
  {
    name: "the other format than was asked for",
    cases: ["r01"],
    shows: /^request 1, header content-type/,
    request: (run) => void (run.format = run.format === "json" ? "binary" : "json"),
  },
  {
    name: "the other HTTP version than was asked for",
    cases: ["r08"],
    shows: /^request 1, HTTP version/,
    request: (run) => void (run.http = run.http === "2" ? "1.1" : "2"),
  },
  {
    name: "a wait that is off by one",
    cases: ["b02"],
    shows: /^waits/,
    response: (run) => void (run.sleeps = run.sleeps.map((ms) => ms + 1)),
  },
  {
    name: "a wait too many",
    cases: ["r01"],
    shows: /^waits/,
    response: ({ sleeps }) => void sleeps.push(1),
  },
  {
    name: "waits are drawn with another number than the given one",
    cases: ["b02"],
    shows: /^waits/,
    request: ({ given }) => void given?.random.splice(0, Infinity, 0.9),
  },
  {
    name: "a cancellation is swallowed",
    cases: ["d11"],
    shows: /^outcome 1, /,
    request: ({ given }) => {
      for (const { action } of given?.steps ?? []) {
        if (action.case === "call") {
          delete action.value.cancel;
        }
      }
    },
  },
  {
    name: "what a server has read is taken for not sent",
    cases: ["r08"],
    shows: /^requests, number/,
    request: (run) => breakInstead(run, Break.UNREACHABLE),
  },
  {
    name: "an answer that has begun is taken for none",
    cases: ["r24"],
    shows: /^requests, number/,
    request: (run) => breakInstead(run, Break.REFUSED_STREAM),
  },
  {
    name: "one attempt more than is allowed",
    cases: ["r01"],
    shows: /^requests, number/,
    request: ({ constants }) => void (constants["defaults.maxAttempts"] = 4),
  },
  {
    name: "settings of a call are ignored",
    cases: ["k01"],
    shows: /^request \d, timeout/,
    request: ({ given }) => {
      for (const { action } of given?.steps ?? []) {
        if (action.case === "call") {
          delete action.value.settings;
        }
      }
    },
  },
  {
    name: "the environment is ignored",
    cases: ["k12"],
    shows: /^requests, number/,
    request: ({ given }) => {
      if (given !== undefined) {
        given.env = {};
      }
    },
  },
  {
    name: "a provider that is asked twice",
    cases: ["a04"],
    shows: /^provider, calls/,
    response: (run) => void (run.providerCalls *= 2),
  },
  {
    name: "a budget that is off by one",
    cases: ["q01"],
    shows: /^budget, tokens/,
    response: (run) => {
      if (run.budget !== undefined) {
        run.budget += 1;
      }
    },
  },
  {
    name: "a budget that is not told",
    cases: ["q01"],
    shows: /^budget, tokens/,
    response: (run) => void delete run.budget,
  },
];

// Turns answers that leave open whether they were acted on into ones that do not.
function breakInstead({ script }: RunRequest, value: Break): void {
  for (const answer of script?.answers ?? []) {
    const { action, cut } = answer;
    const read = action.case === "break" && action.value === Break.UNREACHABLE_AFTER_READ;
    if (read || cut === Cut.REFUSED_STREAM_HALF) {
      answer.action = { case: "break", value };
      answer.cut = Cut.UNSPECIFIED;
    }
  }
}
