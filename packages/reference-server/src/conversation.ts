import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type {
  ConverseRequest,
  ConverseResponseSchema,
  SendMessageRequest,
} from "@ameideio/core-proto/ameide/chat/v1";
import type { StreamCall } from "./call.js";
import { Changes } from "./changes.js";
import { Problem, toConnectError, toStatus } from "./errors.js";

type Response = MessageInitShape<typeof ConverseResponseSchema>;
type Answer = (request: SendMessageRequest, call: StreamCall) => AsyncIterable<AnswerEvent>;

/** One event of an answer, of either method. */
export type AnswerEvent = NonNullable<Response["event"]>;

/** A message that is not answered yet. */
interface Pending {
  readonly request: SendMessageRequest;
  /** Aborted when the answer is called off. */
  readonly cancelled: AbortController;
}

/** What was read of a conversation. */
class Inbox {
  private readonly pending: Pending[] = [];
  private readonly changes = new Changes();
  private end: { error?: unknown } | undefined;

  /** Reads until the caller has sent its last. */
  async read(requests: AsyncIterable<ConverseRequest>): Promise<void> {
    try {
      for await (const { action } of requests) {
        if (action.case === "send") {
          this.pending.push({ request: action.value, cancelled: new AbortController() });
        } else if (action.case === "cancel") {
          this.pending[0]?.cancelled.abort();
        }
        this.changes.announce();
      }
      this.end = {};
    } catch (error) {
      this.end = { error };
    }
    this.changes.announce();
  }

  /**
   * Returns the message to answer next, or undefined after the last. It counts as pending until
   * {@link done}.
   *
   * @throws what reading ended with.
   */
  async next(signal: AbortSignal): Promise<Pending | undefined> {
    for (;;) {
      const [first] = this.pending;
      if (first !== undefined) {
        return first;
      }
      if (this.end !== undefined) {
        if ("error" in this.end) {
          throw this.end.error;
        }
        return undefined;
      }
      await this.changes.next(signal);
    }
  }

  /** Says that the first message was answered. */
  done(): void {
    this.pending.shift();
  }
}

/** Answers the messages of a conversation one after another. A failure ends one answer only. */
export async function* converse(
  requests: AsyncIterable<ConverseRequest>,
  call: StreamCall,
  answer: Answer,
): AsyncGenerator<Response> {
  const inbox = new Inbox();
  void inbox.read(requests);
  let threadId = "";
  for (let next; (next = await inbox.next(call.signal)) !== undefined; inbox.done()) {
    const { request, cancelled } = next;
    request.threadId ||= threadId;
    const signal = AbortSignal.any([call.signal, cancelled.signal]);
    try {
      cancelled.signal.throwIfAborted();
      for await (const event of answer(request, { ...call, signal })) {
        if (event.case === "started") {
          threadId = event.value.threadId ?? "";
        }
        yield { event };
      }
    } catch (reason) {
      if (call.signal.aborted) {
        throw reason;
      }
      const problem = cancelled.signal.aborted ? calledOff() : reason;
      const error = toConnectError(problem, call.method.parent.typeName, call.requestId);
      yield { event: { case: "error", value: toStatus(error) } };
    }
  }
}

function calledOff(): Problem {
  return new Problem(Code.Canceled, "ANSWER_CANCELLED", "the answer was called off");
}
