import { type Answer, send, toAnswer } from "./answer.js";
import { type Exchange, Gone, pause, RESET_GAP_MS, Unsupported } from "./exchange.js";
import { forward } from "./forward.js";
import { Malformed } from "./http1_message.js";
import type { RecordedRequest, Recorder, RequestHead } from "./recorder.js";
import type { Action, BreakOff, Respond } from "./script.js";

/** Facts an action may need besides the exchange. */
export interface Stage {
  readonly recorder: Recorder;
  readonly record: RecordedRequest;
  /** The request's head as the script sees it: without the script's prefix in the path. */
  readonly head: RequestHead;
  /** Base URL of the real server. */
  readonly upstream: string | undefined;
  /** Aborted when the fault server closes. */
  readonly closing: AbortSignal;
}

/** Carries out one action and completes its record. Never throws because of a client. */
export async function perform(action: Action, exchange: Exchange, stage: Stage): Promise<void> {
  const { recorder, record, closing } = stage;
  try {
    await act(action, exchange, stage);
  } catch (reason) {
    if (reason instanceof Gone) {
      if (exchange.resetCode !== undefined) {
        record.resetCode = exchange.resetCode;
      }
      recorder.finish(record, { closedEarly: !closing.aborted });
      return;
    }
    // The script asks for something impossible here: the answer tells its author.
    await answer(explain(reason), exchange, stage).catch(() => exchange.connection.reset());
  }
  if (record.finishedAtMs === undefined) {
    recorder.finish(record, { closedEarly: false });
  }
}

async function act(action: Action, exchange: Exchange, stage: Stage): Promise<void> {
  if ("respond" in action) {
    return answer(action.respond, exchange, stage);
  }
  if ("reset" in action) {
    return breakOff("reset", action.reset, exchange, stage);
  }
  if ("fin" in action) {
    return breakOff("fin", action.fin, exchange, stage);
  }
  if ("stall" in action) {
    return breakOff("stall", action.stall, exchange, stage);
  }
  if ("silence" in action) {
    return breakOff("silence", action.silence, exchange, stage);
  }
  if ("rstStream" in action) {
    const { code, at } = action.rstStream;
    return breakOff({ rstStream: code }, at ?? "after_head", exchange, stage);
  }
  if ("goaway" in action) {
    const { code, lastStream, at, how } = action.goaway;
    if (at === "after_read") {
      await read(exchange, stage);
    }
    await exchange.goaway(lastStream, code ?? "NO_ERROR");
    return broken(how ?? "fin", exchange, stage);
  }
  if ("raw" in action) {
    await read(exchange, stage);
    await exchange.sendRaw(Buffer.from(action.raw.text, "latin1"));
    return broken(action.raw.how ?? "fin", exchange, stage);
  }
  if ("forward" in action) {
    const { delayMs, readDelayMs, closeAfter, cut } = action.forward;
    await pause(readDelayMs, exchange.gone);
    const body = await read(exchange, stage);
    const real = await forward(stage.upstream ?? "", stage.head, body, stage.closing);
    await pause(delayMs, exchange.gone);
    if (closeAfter) {
      exchange.connection.retire();
    }
    return deliver({ ...real, cut }, exchange, stage);
  }
  throw new Error("refuse is not for a request");
}

async function answer(respond: Respond, exchange: Exchange, stage: Stage): Promise<void> {
  if (respond.duplex) {
    if (exchange.head.httpVersion === "1.1") {
      throw new Unsupported("duplex needs HTTP/2, this request came over HTTP/1.1");
    }
    // A client that hangs up meanwhile is noticed when the answer is sent.
    read(exchange, stage).catch(() => {});
  } else if (!respond.early) {
    await pause(respond.readDelayMs, exchange.gone);
    await read(exchange, stage);
  }
  await pause(respond.delayMs, exchange.gone);
  if (respond.closeAfter) {
    exchange.connection.retire();
  }
  await deliver(toAnswer(respond), exchange, stage);
}

async function deliver(what: Answer, exchange: Exchange, stage: Stage): Promise<void> {
  const { cut } = what;
  if (typeof cut?.how === "object" && exchange.head.httpVersion === "1.1") {
    throw new Unsupported("RST_STREAM needs HTTP/2, this request came over HTTP/1.1");
  }
  if (cut?.after !== "nothing") {
    stage.record.status = what.status;
    stage.recorder.changed();
  }
  if (await send(what, exchange)) {
    return;
  }
  await broken(cut?.how ?? "fin", exchange, stage, cut?.delayMs);
}

async function read(exchange: Exchange, { recorder, record }: Stage): Promise<Buffer> {
  const body = await exchange.readBody();
  recorder.body(record, body);
  return body;
}

async function breakOff(
  how: BreakOff,
  at: string,
  exchange: Exchange,
  stage: Stage,
): Promise<void> {
  if (at === "after_read") {
    await read(exchange, stage);
  }
  await broken(how, exchange, stage);
}

/** Breaks off. The record is complete before the client can notice. */
async function broken(
  how: BreakOff,
  exchange: Exchange,
  { recorder, record }: Stage,
  delayMs?: number,
): Promise<void> {
  // An HTTP/2 server has always sent something: its SETTINGS.
  const spoke = record.status !== undefined || exchange.head.httpVersion === "2";
  const gap = how === "reset" && spoke ? RESET_GAP_MS : 0;
  await pause(delayMs ?? gap, exchange.gone);
  if (how === "silence") {
    exchange.connection.silence();
  }
  if (how === "stall" || how === "silence") {
    await exchange.stall();
    throw new Gone();
  }
  if (typeof how === "object") {
    await exchange.rstStream(how.rstStream);
    return;
  }
  recorder.finish(record, { closedEarly: false });
  if (how === "reset") {
    exchange.connection.reset();
  } else {
    exchange.connection.fin();
  }
}

function explain(reason: unknown): Respond {
  const what = reason instanceof Error ? reason.message : String(reason);
  const [status, kind] =
    reason instanceof Malformed
      ? [400, "malformed request"]
      : reason instanceof Unsupported
        ? [500, "unsupported"]
        : [502, "failed"];
  return {
    status,
    headers: [
      ["content-type", "text/plain; charset=utf-8"],
      ["x-fault-server", kind],
    ],
    body: { text: `fault server: ${what}\n` },
    early: true,
  };
}
