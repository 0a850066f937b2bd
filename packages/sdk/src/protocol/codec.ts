import {
  type DescMethod,
  fromBinary,
  fromJsonString,
  type JsonReadOptions,
  type JsonWriteOptions,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { MessageCodec } from "./form.js";

/** Codec of a method's messages, and the address that they are sent to. */
export interface MethodCodec extends MessageCodec {
  readonly url: string;
}

/** Settings of all messages of a transport. */
export interface CodecOptions {
  readonly baseUrl: string;
  readonly useBinaryFormat: boolean;
  readonly jsonOptions?: Partial<JsonReadOptions & JsonWriteOptions> | undefined;
}

/** Codecs of the methods that a transport has called. They live as long as the descriptors. */
export class Codecs {
  private readonly known = new WeakMap<DescMethod, MethodCodec>();

  constructor(private readonly options: CodecOptions) {}

  of(method: DescMethod): MethodCodec {
    let codec = this.known.get(method);
    if (codec === undefined) {
      const { baseUrl, useBinaryFormat, jsonOptions } = this.options;
      const url = `${baseUrl}/${method.parent.typeName}/${method.name}`;
      codec = { url, ...(useBinaryFormat ? binary(method) : json(method, jsonOptions)) };
      this.known.set(method, codec);
    }
    return codec;
  }
}

function binary({ input, output }: DescMethod): MessageCodec {
  return {
    write(message) {
      try {
        return toBinary(input, message);
      } catch (reason) {
        throw new ConnectError(`serialize binary: ${textOf(reason)}`, Code.Internal);
      }
    },
    read(bytes) {
      try {
        return fromBinary(output, bytes);
      } catch (reason) {
        throw new ConnectError(`parse binary: ${textOf(reason)}`, Code.Internal);
      }
    },
  };
}

// Unknown fields are ignored: an older client reads a newer server's answers.
function json({ input, output }: DescMethod, options: CodecOptions["jsonOptions"]): MessageCodec {
  const all = { ignoreUnknownFields: true, ...options };
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return {
    write(message) {
      try {
        return encoder.encode(toJsonString(input, message, all));
      } catch (reason) {
        throw ConnectError.from(reason, Code.Internal);
      }
    },
    read(bytes) {
      try {
        return fromJsonString(output, decoder.decode(bytes), all);
      } catch (reason) {
        throw ConnectError.from(reason, Code.InvalidArgument);
      }
    },
  };
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
