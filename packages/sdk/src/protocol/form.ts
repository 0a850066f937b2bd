import type { Message } from "@bufbuild/protobuf";
import type { Compression } from "@connectrpc/connect/protocol";

/** Headers, as names in lower case and values. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Form of all messages of a transport. */
export interface MessageForm {
  /** True for JSON, false for binary. */
  readonly json: boolean;
  /** Compression that answers may use; undefined for none. */
  readonly accept: Compression | undefined;
  /** Compression of requests; undefined for none. */
  readonly send: Compression | undefined;
  /** Size from which a message is compressed, in bytes. */
  readonly compressFromBytes: number;
  /** Largest message that is read, in bytes, decompressed. */
  readonly readMaxBytes: number;
}

/** Head of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly header: Headers;
}

/** Codec of a method's messages. */
export interface MessageCodec {
  /** @throws ConnectError `internal` if the message cannot be encoded. */
  write(message: Message): Uint8Array;
  /** @throws ConnectError if the bytes are no such message. */
  read(bytes: Uint8Array): Message;
}
