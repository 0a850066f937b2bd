import type { UniversalClientFn, UniversalClientRequest } from "@connectrpc/connect/protocol";
import { toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";

/** What the scripted HTTP client does with one request. */
export type Answer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Sent as JSON if an object, as it is if bytes or text. */
      readonly body?: object | Uint8Array | string;
      readonly trailers?: Readonly<Record<string, string>>;
      /** The body ends in this error. */
      readonly cut?: Error;
    }
  /** The client fails before a response head. */
  | { readonly error: Error; readonly askBody?: boolean }
  /** Never answers. */
  | { readonly hang: true };

/** A request the scripted client was given. */
export interface SeenRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly timeoutMs: number | undefined;
  readonly body: Uint8Array;
}

/** A good answer to a unary call over Connect. */
export function ok<T extends DescMessage>(
  schema: T,
  message: MessageShape<T>,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status: 200,
    headers: { "content-type": "application/proto", ...headers },
    body: toBinary(schema, message),
  };
}

/** An error of the Connect protocol. */
export function connectError(
  code: string,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  more: object = {},
): Answer {
  const body = { code, message: `scripted ${code}`, ...more };
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

/** An error as Node makes it, for example `ECONNRESET`. */
export function nodeError(code: string, message = code): Error {
  return Object.assign(new Error(message), { code });
}

/** An HTTP client that answers from a script; the last answer repeats. */
export function scriptedClient(...answers: readonly [Answer, ...Answer[]]): {
  readonly client: UniversalClientFn;
  readonly requests: readonly SeenRequest[];
  /** Requests that are waiting for an answer that never comes. */
  readonly hanging: number;
  /** Resolves once so many requests were read, however they are answered. */
  until(count: number): Promise<void>;
} {
  const requests: SeenRequest[] = [];
  const waiting = new Map<number, () => void>();
  let read = 0;
  let hanging = 0;
  const wasRead = () => waiting.get(++read)?.();
  const client: UniversalClientFn = async (request) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)] as Answer;
    const seen = {
      url: request.url,
      method: request.method,
      headers: new Headers(request.header),
      timeoutMs: Number(request.header.get("connect-timeout-ms") ?? Number.NaN),
      body: new Uint8Array() as Uint8Array,
    };
    requests.push(seen);
    if ("error" in answer) {
      if (answer.askBody !== false) {
        seen.body = await readBody(request);
      }
      wasRead();
      throw answer.error;
    }
    seen.body = await readBody(request);
    wasRead();
    if ("hang" in answer) {
      hanging++;
      return new Promise((_, reject) => {
        request.signal?.addEventListener("abort", () => {
          hanging--;
          reject(request.signal?.reason as Error);
        });
      });
    }
    return {
      status: answer.status ?? 200,
      header: new Headers(answer.headers),
      trailer: new Headers(answer.trailers),
      body: bodyOf(answer),
    };
  };
  return {
    client,
    requests,
    until: (count) =>
      new Promise((resolve) => {
        waiting.set(count, resolve);
        if (read >= count) {
          resolve();
        }
      }),
    get hanging() {
      return hanging;
    },
  };
}

async function readBody(request: UniversalClientRequest): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request.body ?? []) {
    chunks.push(chunk);
  }
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

async function* bodyOf(answer: {
  body?: object | Uint8Array | string;
  cut?: Error;
}): AsyncGenerator<Uint8Array> {
  const { body, cut } = answer;
  if (body instanceof Uint8Array) {
    yield body;
  } else if (body !== undefined) {
    yield new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  }
  if (cut !== undefined) {
    throw cut;
  }
}
