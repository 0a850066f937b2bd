import type { UniversalClientFn, UniversalClientRequest } from "@connectrpc/connect/protocol";

/** What may differ from the request that it is made of. */
interface Changes {
  readonly url: string;
  readonly method: string;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
}

/**
 * Request for an HTTP client of the SDK. Its signal is read when somebody asks for it; a getter of a
 * class costs less than one of an object, but is not there in a copy of it.
 */
export class SentRequest {
  readonly url: string;
  readonly method: string;
  readonly header: Headers;
  readonly body: AsyncIterable<Uint8Array> | undefined;

  constructor(
    private readonly from: UniversalClientRequest,
    { url, method, body }: Changes,
  ) {
    this.url = url;
    this.method = method;
    this.header = from.header;
    this.body = body;
  }

  get signal(): AbortSignal | undefined {
    return this.from.signal;
  }
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
