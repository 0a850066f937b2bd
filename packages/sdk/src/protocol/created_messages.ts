import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";

/** Turns what a caller streams into messages. */
export function createdMessages<I extends DescMessage>(
  desc: I,
  input: AsyncIterable<MessageInitShape<I>>,
): AsyncIterable<MessageShape<I>> {
  return {
    [Symbol.asyncIterator]() {
      const below = input[Symbol.asyncIterator]();
      const created = (
        result: IteratorResult<MessageInitShape<I>>,
      ): IteratorResult<MessageShape<I>> =>
        result.done === true ? result : { done: false, value: create(desc, result.value) };
      return {
        next: () => below.next().then(created),
        ...(below.throw !== undefined && {
          throw: (reason: unknown) => Promise.resolve(below.throw?.(reason)).then(created as never),
        }),
      };
    },
  };
}
