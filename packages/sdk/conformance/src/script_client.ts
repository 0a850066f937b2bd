import { createHash } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { UniversalClientFn, UniversalClientRequest } from "@connectrpc/connect/protocol";
import type { Clock } from "@ameideio/ameide-sdk-ts/testing";
import {
  type Answer,
  AnswerSchema,
  Break,
  Certificate,
  Cut,
  Moment,
  type Script,
  type SeenRequestSchema,
} from "@ameideio/conformance-proto";
import { toHttp } from "./http_answer.js";

/** A request the client in memory was given. */
export type Seen = MessageInitShape<typeof SeenRequestSchema>;

/** A client in memory, and what it was given. */
export interface ScriptClient {
  readonly client: UniversalClientFn;
  /** Its requests so far. Reads the bodies that the script left unread. */
  requests(): Promise<readonly Seen[]>;
}

/** An HTTP client that plays a script, as Node's own would show it. */
export function scriptClient(script: Script, clock: Clock): ScriptClient {
  const requests: Seen[] = [];
  const unread: (() => Promise<void>)[] = [];
  const client: UniversalClientFn = async (request) => {
    const seen: Seen = {
      method: request.method,
      headers: [...request.header].map(([name, value]) => ({ name, value })),
      atMs: clock.now(),
    };
    const answer = script.answers[requests.length] ?? script.otherwise ?? SCRIPT_RAN_OUT;
    requests.push(seen);
    const read = async () => void (seen.bodySha256 = await hashOf(request));
    const { action, delayMs, cut } = answer;
    const handshake = CERTIFICATES[script.certificate];
    const broken = handshake ?? (action.case === "break" ? BREAKS[action.value] : undefined);
    if (broken?.unread === true || answer.stallAt !== Moment.UNSPECIFIED) {
      unread.push(read);
    } else {
      await read();
    }
    await pause(clock, action.case === "stall" ? undefined : Number(delayMs), request.signal);
    if (broken !== undefined) {
      throw nodeError(broken);
    }
    const { body, ...response } = toHttp(answer, request);
    return { ...response, body: cutOff(body, cut, clock, request.signal) };
  };
  return {
    client,
    async requests() {
      await Promise.all(unread.map((read) => read()));
      return requests;
    },
  };
}

const SCRIPT_RAN_OUT: Answer = create(AnswerSchema, {
  action: {
    case: "http",
    value: { status: 500, contentType: "text/plain", body: "the script has no answer left" },
  },
});

interface Broken {
  readonly code: string;
  readonly message: string;
  /** No byte of the request's body was asked for. */
  readonly unread?: true;
}

const RESET: Broken = { code: "ECONNRESET", message: "read ECONNRESET" };

// As Node's HTTP/2 client says it; its reset code is not for an HTTP client to say.
const REFUSED_STREAM: Broken = {
  code: "ERR_HTTP2_STREAM_ERROR",
  message: "Stream closed with error code NGHTTP2_REFUSED_STREAM",
};

const BREAKS: Readonly<Record<Break, Broken | undefined>> = {
  [Break.UNSPECIFIED]: undefined,
  [Break.REFUSED]: { code: "ECONNREFUSED", message: "connect ECONNREFUSED", unread: true },
  [Break.RESET_BEFORE_READ]: RESET,
  [Break.RESET_AFTER_READ]: RESET,
  [Break.CLOSED_AFTER_READ]: { code: "ECONNRESET", message: "socket hang up" },
  [Break.REFUSED_STREAM]: REFUSED_STREAM,
  [Break.GOAWAY]: REFUSED_STREAM,
  [Break.HANDSHAKE]: {
    code: "ECONNRESET",
    message: "Client network socket disconnected before secure TLS connection was established",
    unread: true,
  },
};

const CERTIFICATES: Readonly<Record<Certificate, Broken | undefined>> = {
  [Certificate.UNSPECIFIED]: undefined,
  [Certificate.GOOD]: undefined,
  [Certificate.WRONG_HOST]: {
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
    message: "Hostname/IP does not match certificate's altnames",
    unread: true,
  },
  [Certificate.EXPIRED]: {
    code: "CERT_HAS_EXPIRED",
    message: "certificate has expired",
    unread: true,
  },
  [Certificate.UNKNOWN_AUTHORITY]: {
    code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    message: "unable to verify the first certificate",
    unread: true,
  },
};

function nodeError({ code, message }: Broken): Error {
  return Object.assign(new Error(message), { code });
}

async function* cutOff(
  body: Uint8Array,
  cut: Cut,
  clock: Clock,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const sent = cut === Cut.UNSPECIFIED ? body : body.subarray(0, Math.floor(body.length / 2));
  if (sent.length > 0) {
    yield sent;
  }
  if (cut === Cut.STALL_HALF) {
    await pause(clock, undefined, signal);
  }
  if (cut !== Cut.UNSPECIFIED) {
    // The length was announced, so Node tells a close from an end.
    throw nodeError(cut === Cut.RESET_HALF ? RESET : { code: "ECONNRESET", message: "aborted" });
  }
}

/** Waits on the clock; without a time for ever, until the signal fires. */
function pause(clock: Clock, ms: number | undefined, signal: AbortSignal | undefined) {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    if (ms === 0) {
      resolve();
      return;
    }
    const timer = ms === undefined ? undefined : clock.setTimer(resolve, ms, "deadline");
    signal?.addEventListener("abort", () => {
      clock.clearTimer(timer);
      reject(signal.reason);
    });
  });
}

async function hashOf({ body, url }: UniversalClientRequest): Promise<string> {
  const hash = createHash("sha256");
  if (body === undefined) {
    hash.update(new URL(url).search.slice(1));
  } else {
    for await (const chunk of body) {
      hash.update(chunk);
    }
  }
  return hash.digest("hex");
}
