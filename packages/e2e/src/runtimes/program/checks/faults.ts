import { Code } from "@connectrpc/connect";
import { ConformanceService } from "@ameideio/conformance-proto";
import { call, isAmeideError } from "@ameideio/ameide-sdk-ts";
import { type Check, equal, failureOf, holds, Limit } from "../check.js";
import { headerOf, seenElsewhere, seenRequests } from "../seen.js";

/** Faults on real sockets; the server's scripts are in `../../fault_scripts.ts`. */
export const FAULTS: readonly Check[] = [
  {
    id: "unavailable",
    title: "retry after 503",
    async run(here) {
      const witness = here.connect(ConformanceService, here.fault, { tenant: "acme" });
      await witness.idempotent({});
      const requests = await seenRequests(here);
      equal(requests.length, 2, "requests");
      const ids = new Set(requests.flatMap((each) => headerOf(each, "x-request-id")));
      equal(ids.size, 1, "request ids");
      equal(
        requests.map((each) => headerOf(each, "grpc-previous-rpc-attempts")),
        [[], ["1"]],
        "grpc-previous-rpc-attempts",
      );
    },
  },
  {
    id: "reset",
    title: "retry after a reset connection",
    async run(here) {
      const witness = here.connect(ConformanceService, here.fault);
      await witness.idempotent({});
      const attempts = (await seenRequests(here)).map((each) =>
        headerOf(each, "grpc-previous-rpc-attempts"),
      );
      limitOfBrowsers(attempts);
      equal(attempts, [[], ["1"]], "grpc-previous-rpc-attempts");
    },
  },
  {
    id: "once",
    title: "no retry of what may have been done",
    async run(here) {
      const witness = here.connect(ConformanceService, here.fault);
      const outcome = await failureOf(witness.unknown({})).catch(() => "ok");
      const requests = await seenRequests(here);
      limitOfBrowsers(requests.map((each) => headerOf(each, "grpc-previous-rpc-attempts")));
      equal(requests.length, 1, "requests");
      holds(isAmeideError(outcome), "it failed");
      equal(outcome.stopReason, "not_idempotent", "stopReason");
    },
  },
  {
    id: "deadline",
    title: "deadline",
    async run(here) {
      const witness = here.connect(ConformanceService, here.fault);
      const started = performance.now();
      const error = await failureOf(witness.idempotent({}, call({ timeoutMs: 250 })));
      holds(isAmeideError(error), "it is an AmeideError");
      equal(error.code, Code.DeadlineExceeded, "code");
      holds(performance.now() - started < 5_000, "it ended in time");
      await seenRequests(here, "hung up");
    },
  },
  {
    id: "cancel",
    title: "cancel",
    async run(here) {
      const witness = here.connect(ConformanceService, here.fault);
      const controller = new AbortController();
      const failed = failureOf(witness.idempotent({}, { signal: controller.signal }));
      await seenRequests(here, { count: 1 });
      controller.abort();
      const error = await failed;
      holds(isAmeideError(error), "it is an AmeideError");
      equal(error.code, Code.Canceled, "code");
      await seenRequests(here, "hung up");
    },
  },
  {
    id: "redirect",
    title: "redirect refused",
    async run(here) {
      const witness = here.connect(ConformanceService, here.fault, { auth: { token: "secret" } });
      const error = await failureOf(witness.idempotent({}));
      holds(isAmeideError(error), "it is an AmeideError");
      equal(error.reason, "REDIRECT_REFUSED", "reason");
      equal((await seenRequests(here)).length, 1, "requests");
      equal(await seenElsewhere(here), 0, "requests to the address it names");
    },
  },
];

// A browser resends a request of a kept connection that breaks before an answer. No setting of
// fetch forbids it.
function limitOfBrowsers(attempts: readonly (readonly string[])[]): void {
  const again = attempts.length === 2 && attempts.every((values) => values.length === 0);
  if ("document" in globalThis && again) {
    throw new Limit("the browser sends it again by itself over a kept connection");
  }
}
