import { Code } from "@connectrpc/connect";
import { ConformanceService } from "@ameideio/conformance-proto";
import { isAmeideError } from "@ameideio/ameide-sdk-ts";
import { createAmeideClient } from "@ameideio/ameide-sdk-ts/client";
import { Role, ThreadsService } from "@ameideio/ameide-sdk-ts/threads/v1";
import { type Check, equal, failureOf, holds, Limit } from "../check.js";
import { seenCall } from "../seen.js";

/** Unary calls, and how they are put on the wire. */
export const CALLS: readonly Check[] = [
  {
    id: "unary",
    title: "unary call",
    async run(here) {
      const threads = here.connect(ThreadsService, here.place.reference, { tenant: "acme" });
      const { thread } = await threads.createThread({ title: "Grüße, 世界" });
      const read = await threads.getThread({ threadId: thread?.id ?? "" });
      equal(read.thread?.title, "Grüße, 世界", "title");
    },
  },
  {
    id: "client",
    title: "`/client`, every service",
    async run({ place }) {
      const ameide = createAmeideClient({ baseUrl: place.reference, allowInsecureLoopback: true });
      try {
        const acme = ameide.withTenant("acme");
        const { record } = await acme.meter.recordUsage({ teamId: "a", eventType: "completion" });
        holds((record?.id ?? "") !== "", "the record has an id");
        const { thread } = await acme.threads.createThread({ title: "Hello" });
        const role = Role.USER;
        const messages = [
          { role, parts: [{ content: { case: "text" as const, value: "Hello" } }] },
        ];
        let events = 0;
        for await (const _ of acme.inference.generate({ agentId: "writer", messages })) {
          events++;
        }
        holds((thread?.id ?? "") !== "" && events > 1, "other services, and a stream");
        equal(
          ameide.explain(ThreadsService.method.getThread).method.includes("GetThread"),
          true,
          "explain",
        );
      } finally {
        ameide.close();
      }
    },
  },
  {
    id: "json",
    title: "JSON",
    async run(here) {
      const witness = here.connect(ConformanceService, here.place.witness.http1, {
        format: "json",
      });
      const seen = seenCall(await witness.idempotent({}));
      equal(seen.headers["content-type"], "application/json", "content-type");
    },
  },
  {
    id: "get",
    title: "GET for reads",
    async run(here) {
      const witness = here.connect(ConformanceService, here.place.witness.http1, { httpGet: true });
      equal(seenCall(await witness.noSideEffects({})).method, "GET", "HTTP method of a read");
      equal(seenCall(await witness.idempotent({})).method, "POST", "HTTP method of a write");
    },
  },
  {
    id: "gzip",
    title: "gzip, both ways",
    refusedBy: "web",
    async run(here) {
      const witness = here.connect(ConformanceService, here.place.witness.http1, {
        compression: { send: "gzip", accept: "gzip" },
      });
      const text = "z".repeat(4096);
      const seen = seenCall(await witness.idempotent({ text }));
      equal(seen.headers["content-encoding"], "gzip", "content-encoding of the request");
      equal(seen.headers["accept-encoding"], "gzip", "accept-encoding");
    },
  },
  {
    id: "compressed",
    title: "compressed answers, compressed errors",
    async run(here) {
      // A fetch asks for it by itself, and decodes what comes.
      const options = here.entry === "node" ? { compression: { accept: "gzip" } as const } : {};
      const { place } = here;
      for (const format of ["binary", "json"] as const) {
        const each = { ...options, format };
        const witness = here.connect(ConformanceService, place.witness.http1, each);
        const seen = seenCall(await witness.idempotent({ text: "z".repeat(4096) }));
        if (here.entry === "web" && seen.headers["accept-encoding"] === undefined) {
          throw new Limit("its fetch does not ask for them");
        }
        holds(/\bgzip\b/.test(seen.headers["accept-encoding"] ?? ""), "it was asked for");
        const threads = here.connect(ThreadsService, place.reference, { ...each, tenant: "acme" });
        const { thread } = await threads.createThread({ title: "z".repeat(100) });
        const read = await threads.getThread({ threadId: thread?.id ?? "" });
        equal(read.thread?.title, "z".repeat(100), "title");
        const failed = await failureOf(threads.getThread({ threadId: "none" }));
        equal(isAmeideError(failed) && failed.origin, "server", "origin of the error");
        equal(isAmeideError(failed) && failed.code, Code.NotFound, "its code");
      }
    },
  },
  {
    id: "http2",
    title: "HTTP/2",
    async run(here) {
      const { http2, tls } = here.place.witness;
      // The protocol version of fetch is the platform's choice, by ALPN; the SDK cannot influence
      // it.
      const witness =
        here.entry === "node"
          ? here.connect(ConformanceService, http2, { httpVersion: "2" })
          : here.connect(ConformanceService, tls);
      const { http } = seenCall(await witness.idempotent({}));
      if (here.entry === "web" && http === "1.1") {
        throw new Limit("its fetch speaks HTTP/1.1 only");
      }
      equal(http, "2.0", "HTTP version");
    },
  },
];
