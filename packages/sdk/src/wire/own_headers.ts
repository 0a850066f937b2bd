import type { UnaryResponse } from "@connectrpc/connect";

/** Headers in a form of the SDK's, for requests and answers whose headers nobody else sees. */
export interface OwnHeaders extends Headers {
  /** Creates headers without any, in this form. */
  empty(): Headers;
  /** Creates the answer of a unary call, with the runtime's headers once somebody asks for them. */
  answer(parts: AnswerParts): UnaryResponse;
}

/** What the answer of a unary call is made of. */
export type AnswerParts = Omit<UnaryResponse, "stream">;

/** An answer with headers in a form of the SDK's. */
export interface OwnAnswer extends UnaryResponse {
  readonly own: Headers;
}

/** Creates headers without any, in the form of others. */
export function noHeaders(like: Partial<OwnHeaders>): Headers {
  return like.empty?.() ?? new Headers();
}

/** Copies headers, in their form. */
export function copyOf(headers: Headers): Headers {
  const copy = noHeaders(headers);
  headers.forEach((value, name) => copy.append(name, value));
  return copy;
}

/** Creates the answer of a unary call. */
export function unaryAnswer(parts: AnswerParts): UnaryResponse {
  return (parts.header as Partial<OwnHeaders>).answer?.(parts) ?? { stream: false, ...parts };
}

/** Returns the headers of an answer, in whichever form they are. */
export function headerOf(response: UnaryResponse): Headers {
  return (response as Partial<OwnAnswer>).own ?? response.header;
}
