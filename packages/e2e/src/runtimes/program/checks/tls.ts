import { Code } from "@connectrpc/connect";
import { ConformanceService } from "@ameideio/conformance-proto";
import { call, isAmeideError } from "@ameideio/ameide-sdk-ts";
import { type Check, equal, failureOf, holds } from "../check.js";
import { seenCall } from "../seen.js";

/** Encrypted connections. */
export const TLS: readonly Check[] = [
  {
    id: "https",
    title: "https, and unknown authorities refused",
    async run(here) {
      const { tls, privateTls } = here.place.witness;
      await here.connect(ConformanceService, tls).idempotent({});
      const unknown = here.connect(ConformanceService, privateTls);
      const error = await failureOf(unknown.idempotent({}, call({ retry: false })));
      holds(isAmeideError(error), "it is an AmeideError");
      equal(error.code, Code.Unavailable, "code");
      equal(error.origin, "transport", "origin");
    },
  },
  {
    id: "ca",
    title: "authority of your own by `tls.ca`",
    refusedBy: "web",
    async run(here) {
      const tls = { ca: here.place.ca };
      const { privateTls } = here.place.witness;
      await here.connect(ConformanceService, privateTls, { tls }).idempotent({});
    },
  },
  {
    id: "certificate",
    title: "client certificate",
    refusedBy: "web",
    async run(here) {
      const { ca, client, witness } = here.place;
      const known = here.connect(ConformanceService, witness.privateTls, {
        tls: { ca, ...client },
      });
      holds(seenCall(await known.idempotent({})).certificate !== undefined, "it was shown");
      const unknown = here.connect(ConformanceService, witness.privateTls, { tls: { ca } });
      equal(seenCall(await unknown.idempotent({})).certificate, undefined, "certificate");
    },
  },
];
