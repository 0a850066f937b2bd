import type { UniversalClientFn, UniversalClientRequest } from "@connectrpc/connect/protocol";
import type { Ending } from "../runtime/signals.js";

/** Request that a wire gives to a recording. */
export interface RecordedRequest extends UniversalClientRequest {
  /** What ends it. Default: its signal, which is made when it is read. */
  readonly ending?: Ending | undefined;
}

/** What a request is made of: its headers, and what ends it. */
type Source = Pick<RecordedRequest, "header" | "signal" | "ending">;

/** What may differ from it. */
interface Changes {
  readonly url: string;
  readonly method: string;
  /** Default: those of the source. */
  readonly header?: Headers;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
}

// A getter of a class costs less than one of an object, but is not there in a copy of it.
class SentRequest {
  readonly url: string;
  readonly method: string;
  readonly header: Headers;
  readonly body: AsyncIterable<Uint8Array> | undefined;

  constructor(
    private readonly from: Source,
    { url, method, header = from.header, body }: Changes,
  ) {
    this.url = url;
    this.method = method;
    this.header = header;
    this.body = body;
  }

  get signal(): AbortSignal | undefined {
    return this.from.signal;
  }

  get ending(): Ending | undefined {
    return this.from.ending;
  }
}

/**
 * Makes a request of another, for a recording or for an HTTP client of the SDK. Its signal is read when
 * somebody asks for it.
 */
export function sentRequest(from: Source, changes: Changes): RecordedRequest {
  return new SentRequest(from, changes) as RecordedRequest;
}

/** Wraps an HTTP client of the user, which may copy its requests. */
export function withCopyable(client: UniversalClientFn): UniversalClientFn {
  return (request) => {
    const { url, method, header, body } = request;
    return client({
      url,
      method,
      header,
      get signal() {
        return request.signal;
      },
      body,
    } as UniversalClientRequest);
  };
}
