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
import type { HttpResponse } from "./http_response.js";

/** Request that the client in memory was given. */
export type Seen = MessageInitShape<typeof SeenRequestSchema>;

/** Client in memory, with the requests it was given. */
export interface ScriptClient {
  readonly client: UniversalClientFn;
  /** Returns its requests so far. Reads the bodies that the script left unread. */
  requests(): Promise<readonly Seen[]>;
}

/** Creates an HTTP client that plays a script, in the way of Node's own. */
export function scriptClient(script: Script, clock: Clock): ScriptClient {
  const requests: Seen[] = [];
  const unread: (() => Promise<void>)[] = [];
  const client: UniversalClientFn = async (request) => {
    const { signal } = request;
    const seen = seenOf(request, clock.now());
    const answer = script.answers[requests.length] ?? script.otherwise ?? SCRIPT_RAN_OUT;
    requests.push(seen);
    const read = async () => readBody(request, seen);
    const { action, delayMs, cut } = answer;
    const handshake = CERTIFICATES[script.certificate];
    const broken = handshake ?? (action.case === "break" ? BREAKS[action.value] : undefined);
    let over = false;
    signal?.addEventListener("abort", () => (seen.canceled ||= !over));
    try {
      if (broken?.unread === true || answer.stallAt !== Moment.UNSPECIFIED) {
        unread.push(read);
      } else if (action.case === "stream" && action.value.early) {
        read().catch(() => {});
      } else {
        await read();
      }
      await pause(clock, action.case === "stall" ? undefined : Number(delayMs), signal);
      if (broken !== undefined) {
        throw nodeError(broken);
      }
    } catch (reason) {
      over = true;
      throw reason;
    }
    const response = toHttp(answer, request);
    const trailer = new Headers();
    const body = bodyOf(cutOff(response, cut), { trailer, clock, signal }, (left) => {
      seen.canceled ||= left && !over;
      over = true;
    });
    return { status: response.status, header: response.header, body, trailer };
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
  /** Operation of Node. */
  readonly syscall?: string;
  /** True if no byte of the request's body was asked for. */
  readonly unread?: true;
  /** Errors that it stands for. */
  readonly errors?: readonly Broken[];
}

const RESET: Broken = systemError("read", "ECONNRESET");

// The words of Node's HTTP/2 client; its reset code is not an HTTP client's to report.
const REFUSED_STREAM: Broken = {
  code: "ERR_HTTP2_STREAM_ERROR",
  message: "Stream closed with error code NGHTTP2_REFUSED_STREAM",
};

const BREAKS: Readonly<Record<Break, Broken | undefined>> = {
  [Break.UNSPECIFIED]: undefined,
  [Break.REFUSED]: { ...systemError("connect", "ECONNREFUSED"), unread: true },
  [Break.RESET_BEFORE_READ]: RESET,
  [Break.RESET_AFTER_READ]: RESET,
  [Break.CLOSED_AFTER_READ]: { code: "ECONNRESET", message: "socket hang up" },
  [Break.REFUSED_STREAM]: REFUSED_STREAM,
  [Break.GOAWAY]: REFUSED_STREAM,
  [Break.UNREACHABLE]: { ...systemError("connect", "EHOSTUNREACH"), unread: true },
  [Break.UNREACHABLE_AFTER_READ]: systemError("read", "EHOSTUNREACH"),
  [Break.GOAWAY_INCLUDED]: {
    code: "ERR_HTTP2_STREAM_CANCEL",
    message: "The pending stream has been canceled",
  },
  [Break.NO_HTTP]: { code: "HPE_INVALID_CONSTANT", message: "Parse Error: Expected HTTP/" },
  [Break.SWITCHED]: { code: "ECONNRESET", message: "socket hang up" },
  [Break.HANDSHAKE]: {
    code: "ECONNRESET",
    message: "Client network socket disconnected before secure TLS connection was established",
    unread: true,
  },
  // Node's error for a name with two addresses.
  [Break.BOTH_REFUSED]: {
    code: "ECONNREFUSED",
    message: "",
    unread: true,
    errors: ["::1:4999", "127.0.0.1:4999"].map((address) => ({
      ...systemError("connect", "ECONNREFUSED"),
      message: `connect ECONNREFUSED ${address}`,
    })),
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

function systemError(syscall: string, code: string): Broken {
  return { code, message: `${syscall} ${code}`, syscall };
}

function nodeError({ code, message, syscall, errors }: Broken): Error {
  const error =
    errors === undefined ? new Error(message) : new AggregateError(errors.map(nodeError));
  return Object.assign(error, { code, ...(syscall !== undefined && { syscall }) });
}

/** Sent part of a response, and what follows it. */
type Outgoing = Pick<HttpResponse, "body" | "trailer"> & {
  readonly instead: "stall" | Broken | undefined;
};

function cutOff({ body, trailer, instead }: HttpResponse, cut: Cut): Outgoing {
  if (cut === Cut.UNSPECIFIED) {
    return { body, trailer, instead: instead && INSTEAD[instead] };
  }
  const length = body.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let left = Math.floor(length / 2);
  const half = body.map(({ bytes, ...part }) => {
    const sent = bytes.subarray(0, left);
    left -= sent.length;
    return { ...part, bytes: sent };
  });
  return { body: half, trailer, instead: CUTS[cut] };
}

const INSTEAD: Readonly<Record<NonNullable<HttpResponse["instead"]>, "stall" | Broken>> = {
  stall: "stall",
  reset: RESET,
  refused_stream: REFUSED_STREAM,
};

const CUTS: Readonly<Record<Exclude<Cut, Cut.UNSPECIFIED>, "stall" | Broken>> = {
  [Cut.RESET_HALF]: RESET,
  // More was announced, so Node distinguishes a close from an end.
  [Cut.CLOSE_HALF]: { code: "ECONNRESET", message: "aborted" },
  [Cut.STALL_HALF]: "stall",
  [Cut.REFUSED_STREAM_HALF]: REFUSED_STREAM,
};

/** Target of a body, and what may end it. */
interface Sink {
  /** Receives the trailers, once the body is over. */
  readonly trailer: Headers;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

async function* bodyOf(
  { body, instead, trailer }: Outgoing,
  sink: Sink,
  onOver: (left: boolean) => void,
): AsyncGenerator<Uint8Array> {
  let left = true;
  try {
    for (const [i, { bytes, delayMs = 0 }] of body.entries()) {
      await pause(sink.clock, delayMs, sink.signal);
      // A client that has the last bytes may leave.
      left = i < body.length - 1 || instead !== undefined;
      if (bytes.length > 0) {
        yield bytes;
      }
    }
    if (instead === "stall") {
      await pause(sink.clock, undefined, sink.signal);
    } else if (instead !== undefined) {
      left = false;
      throw nodeError(instead);
    }
    left = false;
    trailer.forEach((value, name) => sink.trailer.append(name, value));
  } finally {
    onOver(left);
  }
}

/** Waits on the clock; without a time, until the signal fires. */
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

function seenOf({ method, header }: UniversalClientRequest, atMs: number): Seen {
  const headers = [...header].map(([name, value]) => ({ name, value }));
  return { method, headers, atMs };
}

async function readBody({ body, url, header }: UniversalClientRequest, seen: Seen): Promise<void> {
  if (body === undefined) {
    seen.bodySha256 = sha256([Buffer.from(new URL(url).search.slice(1))]);
    return;
  }
  const streams = STREAMS.test(header.get("content-type") ?? "");
  const chunks: Uint8Array[] = [];
  let kept = Buffer.alloc(0);
  for await (const chunk of body) {
    chunks.push(chunk);
    if (streams && kept.length < KEPT_BYTES) {
      kept = Buffer.concat([kept, chunk]).subarray(0, KEPT_BYTES);
      seen.body = kept;
    }
  }
  seen.bodySha256 = sha256(chunks);
}

const KEPT_BYTES = 64 * 1024;

/** Media types of messages in envelopes. */
const STREAMS = /^application\/(connect\+|grpc)/;

function sha256(chunks: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}
