import { Code } from "@connectrpc/connect";
import { ConformanceService } from "@ameideio/conformance-proto";
import { call, isAmeideError } from "@ameideio/ameide-sdk-ts";
import { ThreadsService } from "@ameideio/ameide-sdk-ts/threads/v1";
import { type Check, equal, failureOf, holds } from "../check.js";
import { headerOf, seenCall, seenRequests } from "../seen.js";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Checks of the caller's identity, and of error messages. */
export const IDENTITY: readonly Check[] = [
  {
    id: "wire",
    title: "tenant, request id, key, timeout on the wire",
    async run(here) {
      const witness = here.connect(ConformanceService, here.place.witness.http1, {
        tenant: "acme",
      });
      const { headers } = seenCall(await witness.unknownWithKey({}, call({ timeoutMs: 5_000 })));
      equal(headers["x-tenant-id"], "acme", "x-tenant-id");
      holds(UUID_V7.test(headers["x-request-id"] ?? ""), "x-request-id is a UUIDv7");
      holds((headers["idempotency-key"] ?? "").length === 36, "idempotency-key is a UUID");
      const timeout = Number(headers["connect-timeout-ms"]);
      holds(timeout > 4_000 && timeout <= 5_000, `connect-timeout-ms ${timeout} is what is left`);
    },
  },
  {
    id: "token",
    title: "refused token renewed",
    async run(here) {
      let issued = 0;
      const witness = here.connect(ConformanceService, here.fault, {
        auth: { provider: async () => ({ token: `token-${++issued}` }) },
      });
      await witness.unknown({});
      equal(issued, 2, "tokens asked for");
      const sent = (await seenRequests(here)).map((each) => headerOf(each, "authorization"));
      equal(sent, [["Bearer token-1"], ["Bearer token-2"]], "authorization");
    },
  },
  {
    id: "details",
    title: "error details",
    async run(here) {
      const threads = here.connect(ThreadsService, here.place.reference, { tenant: "acme" });
      const error = await failureOf(threads.getThread({ threadId: "" }));
      holds(isAmeideError(error), "it is an AmeideError");
      equal(error.code, Code.InvalidArgument, "code");
      equal(error.origin, "server", "origin");
      equal(
        error.fieldViolations.map(({ field }) => field),
        ["thread_id"],
        "violated fields",
      );
      holds(error.details.length >= 3, "details are kept");
      equal(error.requestId === undefined, false, "there is a request id");
    },
  },
];
