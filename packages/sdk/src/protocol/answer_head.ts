import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { codeOfHttpStatus } from "../policy/failure.js";

/** Creates the error of an answer by its HTTP status. */
export function statusError(status: number, header: Headers): ConnectError {
  const code = codeFromString(codeOfHttpStatus(status)) ?? Code.Unknown;
  return new ConnectError(`HTTP ${status}`, code, header);
}

/**
 * Creates the error of a good answer with a media type that was not asked for.
 *
 * @param ofProtocol - True if the type is one of the protocol's, so that a server of it answered.
 */
export function unreadable(header: Headers, ofProtocol: boolean): ConnectError {
  const text = `unsupported content type ${header.get("content-type")}`;
  return new ConnectError(text, ofProtocol ? Code.Internal : Code.Unknown, header);
}
