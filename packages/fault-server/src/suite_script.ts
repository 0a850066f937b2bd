import { gzipSync } from "node:zlib";
import {
  Break,
  Certificate as SuiteCertificate,
  ConformanceResponseSchema,
  Cut as SuiteCut,
  ListItemsResponseSchema,
  Moment as SuiteMoment,
  StreamEnd,
  type Answer,
  type Header as SuiteHeader,
  type HttpAnswer,
  type Script as SuiteScript,
} from "@ameideio/conformance-proto";
import {
  create,
  type DescMessage,
  type MessageInitShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { toBytes } from "./answer.js";
import { type Authority, type Certificate, createAuthority } from "./certificates.js";
import { HTTP2_CODES } from "./check_script.js";
import { toConnectError } from "./connect_error.js";
import { ScriptError } from "./rules.js";
import type { FaultTls } from "./server.js";
import type { Action, Body, Cut, Header, Http2Code, Moment, Respond, Script } from "./script.js";
import { packed } from "./suite_packing.js";
import type { SuiteRun } from "./suite_run.js";
import { isEnveloped, toEnvelopes } from "./suite_stream.js";

/**
 * Translates the script of a conformance case (`ameide.conformance.v1.Script`).
 *
 * - `ok` is an `ameide.conformance.v1.ConformanceResponse`, `page` a `ListItemsResponse`.
 * - Trailers of `ok`, `page`, `error` and `stream` take the form of the protocol: unary answers of
 *   Connect have headers that begin with `trailer-`, its streams metadata of their end, gRPC-Web
 *   lines in the body. Trailers of `http` are those of HTTP.
 * - An `error` in gRPC and gRPC-Web has trailers only, unless the answer has trailers too.
 * - Consecutive refused connects are one `refuse`: the kernel answers them, and they cannot be
 *   counted. The port opens again after the sum of their `delay_ms` or, if that is 0, by `open()`
 *   of the server; refused connects in `otherwise` last until then too.
 * - Without `otherwise`, a request after the last answer is recorded with the action `exhausted`.
 *
 * @throws ScriptError for an answer that states no action, something impossible on real sockets or
 *   over the protocol, or something its action does not use.
 */
export function toFaultScript(script: SuiteScript, run: SuiteRun): Script {
  const steps = script.answers.map((answer, i) => ({ answer, path: `script.answers[${i}]` }));
  // Refused connects are placed among the attempts: no request of the script ends them.
  if (script.otherwise && isRefused(script.otherwise)) {
    steps.push({ answer: script.otherwise, path: "script.otherwise" });
  }
  const attempts: Action[] = [];
  for (const { answer, path } of steps) {
    const action = toAction(answer, { script, run, path });
    const before = attempts.at(-1);
    if ("refuse" in action && before && "refuse" in before) {
      attempts.splice(-1, 1, refuse((before.refuse.forMs ?? 0) + (action.refuse.forMs ?? 0)));
    } else {
      attempts.push(action);
    }
  }
  if (!script.otherwise || isRefused(script.otherwise)) {
    return { attempts };
  }
  const path = "script.otherwise";
  return { attempts, otherwise: toAction(script.otherwise, { script, run, path }) };
}

/**
 * True if the script cannot be mounted beside others: it acts before a path is known (refused,
 * reset before the request is read, broken handshake), or shows a certificate.
 */
export function needsOwnServer(script: SuiteScript): boolean {
  if (script.certificate !== SuiteCertificate.UNSPECIFIED) {
    return true;
  }
  if (script.maxConcurrentStreams !== 0) {
    return true;
  }
  return [...script.answers, ...(script.otherwise ? [script.otherwise] : [])].some(
    ({ action, stallAt }) =>
      stallAt === SuiteMoment.ON_CONNECT ||
      stallAt === SuiteMoment.CONNECTION ||
      (action.case === "stream" && action.value.end === StreamEnd.SILENCE) ||
      (action.case === "break" && BEFORE_THE_PATH.has(action.value)),
  );
}

// For a server on 127.0.0.1 or localhost.
function issueSuiteCertificate(
  kind: SuiteCertificate,
  authority: Authority,
): Certificate | undefined {
  const hosts = ["localhost", "127.0.0.1"];
  switch (kind) {
    case SuiteCertificate.UNSPECIFIED:
      return undefined;
    case SuiteCertificate.GOOD:
      return authority.issue({ hosts });
    case SuiteCertificate.WRONG_HOST:
      return authority.issue({ hosts: ["wrong.test"] });
    case SuiteCertificate.EXPIRED:
      return authority.issue({ hosts, notBefore: new Date(0), notAfter: new Date(DAY) });
    case SuiteCertificate.UNKNOWN_AUTHORITY:
      return createAuthority("authority nobody trusts").issue({ hosts });
  }
}

/**
 * Returns the server's option `tls` for the TLS terms of a case; undefined for cleartext.
 *
 * @param authority Authority that the client is told to trust.
 * @throws ScriptError for an unknown version of TLS.
 */
export function suiteTls(
  { certificate: kind, tls: terms }: SuiteScript,
  authority: Authority,
): FaultTls | undefined {
  const certificate = issueSuiteCertificate(kind, authority);
  if (certificate === undefined || terms === undefined) {
    return certificate;
  }
  const { alpn, noAlpn, clientCertificate, maxVersion } = terms;
  const newest = TLS_VERSIONS.find((version) => version === `TLSv${maxVersion}`);
  if (maxVersion !== "" && newest === undefined) {
    throw new ScriptError("script.tls.max_version", "must be 1.1 or 1.2");
  }
  return {
    ...certificate,
    ...((noAlpn || alpn.length > 0) && { alpn }),
    ...(clientCertificate && { clientAuthority: authority.cert }),
    ...(newest && { maxVersion: newest }),
  };
}

const TLS_VERSIONS = ["TLSv1.1", "TLSv1.2"] as const;

/** Context of an answer's translation. */
interface Context {
  readonly script: SuiteScript;
  readonly run: SuiteRun;
  readonly path: string;
}

const DAY = 86_400_000;

const SWITCHED =
  "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";

const BEFORE_THE_PATH: ReadonlySet<Break> = new Set([
  Break.REFUSED,
  Break.RESET_BEFORE_READ,
  Break.HANDSHAKE,
]);

const MOMENTS: Readonly<Record<Exclude<SuiteMoment, SuiteMoment.CONNECTION>, Moment>> = {
  [SuiteMoment.UNSPECIFIED]: "after_read",
  [SuiteMoment.ON_CONNECT]: "on_connect",
  [SuiteMoment.AFTER_HEAD]: "after_head",
};

/** Actions that have an answer in the protocol. */
const ANSWERS: ReadonlySet<Answer["action"]["case"]> = new Set(["ok", "page", "error", "stream"]);

/** Breaks that can be preceded by a wait. */
const CAN_WAIT: ReadonlySet<Break> = new Set([
  Break.REFUSED,
  Break.RESET_AFTER_READ,
  Break.CLOSED_AFTER_READ,
]);

function toAction(answer: Answer, context: Context): Action {
  const { action } = answer;
  const { run, path } = context;
  if (isEnveloped(run) && ANSWERS.has(action.case)) {
    const trailers = answer.trailers.map(withPort(run.port, path));
    return respond(toEnvelopes(answer, { run, path, trailers }), answer, context);
  }
  switch (action.case) {
    case "ok":
      return respond(
        encode(ConformanceResponseSchema, { text: action.value }, run),
        answer,
        context,
      );
    case "page": {
      const { items, nextPageToken } = action.value;
      return respond(
        encode(ListItemsResponseSchema, { items, nextPageToken }, run),
        answer,
        context,
      );
    }
    case "error":
      return respond(toConnectError(action.value, path), answer, context);
    case "http":
      return respond(toHttp(action.value, path), answer, context);
    case "break":
      refuseDecoration(answer, path);
      return toBreak(action.value, Number(answer.delayMs), context);
    case "stall":
      refuseDecoration(answer, path);
      if (!action.value) {
        throw new ScriptError(`${path}.stall`, "must be true");
      }
      if (answer.delayMs !== 0n) {
        throw noDelay(path);
      }
      return answer.stallAt === SuiteMoment.CONNECTION
        ? { silence: "after_read" }
        : { stall: MOMENTS[answer.stallAt] };
    case "stream":
      throw new ScriptError(path, "a stream is no answer to a unary call of Connect");
    case undefined:
      throw new ScriptError(path, "says nothing");
  }
}

/** Answer before its headers and trailers are added. */
type Bare = Omit<Respond, "delayMs">;

function respond(answered: Bare, answer: Answer, { run, path }: Context): Action {
  const { action, contentCoding, delayMs, headers, trailers, cut, informational } = answer;
  const { headers: own = [], ...bare } = packed(answered, answer.packing, run, path);
  const put = withPort(run.port, path);
  const isHttp = action.case === "http";
  const prefixed = isHttp || isEnveloped(run) ? [] : trailers.map(put).map(trailerHeader);
  if (bare.cut && cut !== SuiteCut.UNSPECIFIED) {
    throw new ScriptError(`${path}.cut`, "cannot be where the stream does not end well");
  }
  return {
    respond: {
      ...compressed(bare, contentCoding, path),
      headers: [...own, ...headers.map(put), ...prefixed, ...coding(contentCoding)],
      ...(isHttp && trailers.length > 0 && { trailers: trailers.map(put) }),
      ...(delayMs !== 0n && { delayMs: Number(delayMs) }),
      ...(informational.length > 0 && { informational }),
      ...(answer.beforeBody && { early: true }),
      ...(answer.closes && { closeAfter: true }),
      ...(cut !== SuiteCut.UNSPECIFIED && { cut: toCut(cut, answer.resetCode, path) }),
    },
  };
}

function coding(name: string): Header[] {
  return name === "" ? [] : [["content-encoding", name]];
}

// Joins all pieces into one.
function compressed(bare: Bare, name: string, path: string): Bare {
  if (name === "") {
    return bare;
  }
  if (name !== "gzip") {
    throw new ScriptError(`${path}.content_coding`, "must be gzip");
  }
  const { body, chunks = [], ...rest } = bare;
  const bytes = Buffer.concat([...(body === undefined ? [] : [body]), ...chunks].map(toBytes));
  return { ...rest, body: { base64: gzipSync(bytes).toString("base64") } };
}

function encode<D extends DescMessage>(
  desc: D,
  fields: MessageInitShape<D>,
  { format }: SuiteRun,
): Bare {
  const message = create(desc, fields);
  const body: Body =
    format === "json"
      ? { json: toJson(desc, message) }
      : { base64: Buffer.from(toBinary(desc, message)).toString("base64") };
  const type = format === "json" ? "application/json" : "application/proto";
  return { status: 200, headers: [["content-type", type]], body };
}

function toHttp(answer: HttpAnswer, path: string): Bare {
  const { status, contentType, body, bodyBytes, bodyZeros } = answer;
  const bodies: Body[] = [
    ...(body === "" ? [] : [{ text: body }]),
    ...(bodyBytes.length === 0 ? [] : [{ base64: Buffer.from(bodyBytes).toString("base64") }]),
    ...(bodyZeros === 0n ? [] : [{ zeros: Number(bodyZeros) }]),
  ];
  if (bodies.length > 1) {
    throw new ScriptError(`${path}.http`, "has more than one body");
  }
  return {
    status,
    headers: contentType === "" ? [] : [["content-type", contentType]],
    ...(bodies[0] && { body: bodies[0] }),
  };
}

function toBreak(kind: Break, delayMs: number, { script, path }: Context): Action {
  if (delayMs !== 0 && !CAN_WAIT.has(kind)) {
    throw noDelay(path);
  }
  switch (kind) {
    case Break.REFUSED:
      return refuse(delayMs);
    case Break.RESET_BEFORE_READ:
      return { reset: "before_read" };
    case Break.RESET_AFTER_READ:
      return delayMs === 0 ? { reset: "after_read" } : breakLate("reset", delayMs);
    case Break.CLOSED_AFTER_READ:
      return delayMs === 0 ? { fin: "after_read" } : breakLate("fin", delayMs);
    case Break.REFUSED_STREAM:
      return { rstStream: { code: "REFUSED_STREAM" } };
    case Break.GOAWAY:
      return { goaway: { lastStream: "before" } };
    case Break.GOAWAY_INCLUDED:
      return { goaway: { lastStream: "this", at: "after_read" } };
    case Break.NO_HTTP:
      return { raw: { text: "this is no HTTP\r\n\r\n" } };
    case Break.SWITCHED:
      return { raw: { text: SWITCHED, how: "stall" } };
    case Break.HANDSHAKE:
      if (script.certificate !== SuiteCertificate.UNSPECIFIED) {
        return { reset: "on_connect" };
      }
      throw new ScriptError(`${path}.break`, "there is no handshake without a certificate");
    case Break.UNREACHABLE:
    case Break.UNREACHABLE_AFTER_READ:
      throw new ScriptError(`${path}.break`, "is no server's to make, only memory's");
    case Break.BOTH_REFUSED:
      throw new ScriptError(`${path}.break`, "is for the memory layer: the server has one address");
    case Break.UNSPECIFIED:
      throw new ScriptError(`${path}.break`, "does not say how");
  }
}

/** Returns an answer of which nothing is sent. */
function breakLate(how: "reset" | "fin", delayMs: number): Action {
  return { respond: { status: 200, delayMs, cut: { after: "nothing", how } } };
}

function refuse(forMs: number): Extract<Action, { refuse: unknown }> {
  return { refuse: forMs === 0 ? {} : { forMs } };
}

function toCut(cut: SuiteCut, resetCode: string, path: string): Cut {
  if (resetCode !== "" && !(cut === SuiteCut.RESET_HALF && resetCode in HTTP2_CODES)) {
    throw new ScriptError(`${path}.reset_code`, "must be a code of HTTP/2, with cut: reset_half");
  }
  switch (cut) {
    case SuiteCut.RESET_HALF:
      return resetCode === ""
        ? { after: "half", how: "reset" }
        : { after: "half", how: { rstStream: resetCode as Http2Code } };
    case SuiteCut.CLOSE_HALF:
      return { after: "half", how: "fin" };
    case SuiteCut.STALL_HALF:
      return { after: "half", how: "stall" };
    case SuiteCut.REFUSED_STREAM_HALF:
      return { after: "half", how: { rstStream: "REFUSED_STREAM" } };
    case SuiteCut.UNSPECIFIED:
      throw new ScriptError(`${path}.cut`, "does not say how");
  }
}

function isRefused({ action }: Answer): boolean {
  return action.case === "break" && action.value === Break.REFUSED;
}

function refuseDecoration(answer: Answer, path: string): void {
  const { action, closes, contentCoding, headers, trailers, cut } = answer;
  const isBare = headers.length === 0 && trailers.length === 0 && contentCoding === "" && !closes;
  if (isBare && cut === SuiteCut.UNSPECIFIED) {
    return;
  }
  throw new ScriptError(
    path,
    `${action.case} has no use for headers, trailers, a coding, closes or cut`,
  );
}

function noDelay(path: string): ScriptError {
  return new ScriptError(`${path}.delay_ms`, "cannot be kept here");
}

function withPort(port: number | undefined, path: string) {
  return ({ name, value }: SuiteHeader): Header => {
    if (!value.includes("{port}")) {
      return [name, value];
    }
    if (port === undefined) {
      throw new ScriptError(path, "names {port}, which is not known");
    }
    return [name, value.replaceAll("{port}", String(port))];
  };
}

function trailerHeader([name, value]: Header): Header {
  return [`trailer-${name}`, value];
}
