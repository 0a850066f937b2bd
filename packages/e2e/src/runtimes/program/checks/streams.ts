import type { Client } from "@connectrpc/connect";
import { ConformanceService } from "@ameideio/conformance-proto";
import type { AmeideOptions } from "@ameideio/ameide-sdk-ts";
import { type Check, equal } from "../check.js";
import type { Here } from "../place.js";
import { seenCall, seenRequests, streamLeft } from "../seen.js";

type Witness = Client<typeof ConformanceService>;

/** Streams over Connect. */
export const STREAMS: readonly Check[] = [
  {
    id: "server-stream",
    title: "server stream",
    run: (here) => serverStream(over(here)),
  },
  {
    id: "stream-retry",
    title: "server stream retried before its first message",
    async run(here) {
      await serverStream(here.connect(ConformanceService, here.fault));
      equal((await seenRequests(here)).length, 2, "requests");
    },
  },
  {
    id: "early-break",
    title: "`break` ends a stream at once",
    async run(here) {
      const id = `${here.place.name}.early-break`;
      for await (const message of over(here).serverStreamIdempotent({ text: `open ${id}` })) {
        equal(seenCall(message).protocol, "connect", "protocol");
        break;
      }
      await streamLeft(here, id);
    },
  },
  {
    id: "client-stream",
    title: "client stream",
    refusedBy: "web",
    run: (here) => clientStream(over(here)),
  },
  {
    id: "bidi-half",
    title: "bidi stream, half duplex, HTTP/2",
    refusedBy: "web",
    run: (here) => halfDuplex(over(here, "2")),
  },
  {
    id: "bidi-full",
    title: "bidi stream, full duplex, HTTP/2",
    refusedBy: "web",
    run: (here) => fullDuplex(over(here, "2")),
  },
];

/** The other protocols. */
export const PROTOCOLS: readonly Check[] = [
  {
    id: "grpc",
    title: "gRPC: unary and every stream",
    refusedBy: "web",
    async run(here) {
      const witness = over(here, "2", { protocol: "grpc" });
      equal(seenCall(await witness.idempotent({})).protocol, "grpc", "protocol");
      await serverStream(witness);
      await clientStream(witness);
      await halfDuplex(witness);
      await fullDuplex(witness);
    },
  },
  {
    id: "grpc-web",
    title: "gRPC-Web: unary and server stream",
    async run(here) {
      const witness = over(here, "1.1", { protocol: "grpc-web" });
      equal(seenCall(await witness.idempotent({})).protocol, "grpc-web", "protocol");
      await serverStream(witness);
    },
  },
  {
    id: "grpc-web-streams",
    title: "gRPC-Web: client and bidi stream, HTTP/2",
    refusedBy: "web",
    async run(here) {
      const witness = over(here, "2", { protocol: "grpc-web" });
      await clientStream(witness);
      await halfDuplex(witness);
      await fullDuplex(witness);
    },
  },
];

/**
 * The witness; `/web` cannot choose the version, and gets HTTP/2 only if the connection is
 * encrypted.
 */
function over(here: Here, version: "1.1" | "2" = "1.1", options: AmeideOptions = {}): Witness {
  const { http1, http2, tls } = here.place.witness;
  if (here.entry === "web") {
    return here.connect(ConformanceService, version === "2" ? tls : http1, options);
  }
  const baseUrl = version === "2" ? http2 : http1;
  return here.connect(ConformanceService, baseUrl, { httpVersion: version, ...options });
}

async function serverStream(witness: Witness): Promise<void> {
  const texts: string[] = [];
  for await (const { text } of witness.serverStreamIdempotent({ text: "3" })) {
    texts.push(text);
  }
  equal(texts.slice(1), ["2", "3"], "messages after the first");
}

async function clientStream(witness: Witness): Promise<void> {
  const { text } = await witness.clientStreamIdempotent(messages("a", "b", "c"));
  equal(text, "a b c", "what the server got");
}

async function halfDuplex(witness: Witness): Promise<void> {
  const answers: string[] = [];
  for await (const { text } of witness.bidiStreamIdempotent(messages("a", "b"))) {
    answers.push(text);
  }
  equal(answers, ["echo a", "echo b"], "answers");
}

/** Every message is sent only when the answer to the one before is there. */
async function fullDuplex(witness: Witness): Promise<void> {
  const answers: string[] = [];
  let answered = () => {};
  async function* asking() {
    for (const text of ["a", "b", "c"]) {
      const answer = new Promise<void>((resolve) => (answered = resolve));
      yield { text };
      await answer;
    }
  }
  for await (const { text } of witness.bidiStreamIdempotent(asking())) {
    answers.push(text);
    answered();
  }
  equal(answers, ["echo a", "echo b", "echo c"], "answers");
}

async function* messages(...texts: string[]) {
  for (const text of texts) {
    yield { text };
  }
}
