import type { CallOptions, StreamResponse } from "@connectrpc/connect";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";

/**
 * Reads a stream for the application, from the moment it was asked for. No generator:
 * one goes through all that was asked of it whenever it is asked for more.
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
      this.options?.onHeader?.(response.header);
      this.trailer = response.trailer;
      this.messages = iteratorOf(response);
      return this.messages;
    }));
  }

  private readonly received = (
    result: IteratorResult<MessageShape<O>, void>,
  ): IteratorResult<MessageShape<O>, void> => {
    if (result.done === true && !this.over) {
      this.over = true;
      this.options?.onTrailer?.(this.trailer as Headers);
    }
    return result;
  };

  // Only the first who asked is told.
  private readonly failed = (reason: unknown): IteratorResult<MessageShape<O>, void> => {
    if (this.over) {
      return DONE;
    }
    this.over = true;
    throw reason;
  };
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined };
const ended = () => DONE;

function iteratorOf<O extends DescMessage>({ message }: StreamResponse<DescMessage, O>) {
  return message[Symbol.asyncIterator]();
}
