import type { CallOptions, StreamResponse } from "@connectrpc/connect";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { tell, unheard } from "../runtime/callbacks.js";
import { recapture } from "../runtime/callers_stack.js";
import { isAmeideError } from "../errors/errors.js";

/**
 * Reads a stream for the application, from the moment it was asked for. It is not a generator,
 * which would finish earlier requests before it serves a later one.
 */
export class StreamReader<O extends DescMessage> implements AsyncIterator<
  MessageShape<O>,
  void,
  undefined
> {
  private opening: Promise<AsyncIterator<MessageShape<O>>> | undefined;
  private trailer: Headers | undefined;
  private messages: AsyncIterator<MessageShape<O>> | undefined;
  private over = false;

  constructor(
    private readonly response: Promise<StreamResponse<DescMessage, O>>,
    private readonly options: CallOptions | undefined,
  ) {}

  next(): Promise<IteratorResult<MessageShape<O>, void>> {
    if (this.over) {
      return Promise.resolve(DONE);
    }
    const result = this.messages?.next() ?? this.open().then((messages) => messages.next());
    return result.then(this.received, this.failed);
  }

  return(): Promise<IteratorResult<MessageShape<O>, void>> {
    this.over = true;
    const messages = this.opening ?? this.response.then(iteratorOf);
    return messages.then((each) => each.return?.()).then(ended, ended);
  }

  private open(): Promise<AsyncIterator<MessageShape<O>>> {
    return (this.opening ??= this.response.then((response) => {
      const messages = iteratorOf(response);
      try {
        unheard(this.options?.onHeader?.(response.header));
      } catch (reason) {
        void tell(() => messages.return?.());
        throw reason;
      }
      this.trailer = response.trailer;
      this.messages = messages;
      return messages;
    }));
  }

  private readonly received = (
    result: IteratorResult<MessageShape<O>, void>,
  ): IteratorResult<MessageShape<O>, void> => {
    if (result.done === true && !this.over) {
      this.over = true;
      unheard(this.options?.onTrailer?.(this.trailer as Headers));
    }
    return result;
  };

  // Only the first reader is told. The stream may have failed before it was read, so the stack is
  // the reader's.
  private readonly failed = (reason: unknown): IteratorResult<MessageShape<O>, void> => {
    if (this.over) {
      return DONE;
    }
    this.over = true;
    if (isAmeideError(reason)) {
      recapture(reason);
    }
    throw reason;
  };
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined };
const ended = () => DONE;

function iteratorOf<O extends DescMessage>({ message }: StreamResponse<DescMessage, O>) {
  return message[Symbol.asyncIterator]();
}
