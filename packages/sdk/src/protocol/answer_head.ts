import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { codeOfHttpStatus } from "../policy/failure.js";
import type { MessageForm } from "./form.js";

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

/**
 * Returns the compression that a header of an answer names, if it names one.
 *
 * @throws ConnectError `internal` if it was not asked for.
 */
export function compressionOf(
  header: Headers,
  name: string,
  { accept }: MessageForm,
): Compression | undefined {
  const coding = header.get(name);
  if (coding === null || coding.toLowerCase() === "identity") {
    return undefined;
  }
  if (coding !== accept?.name) {
    throw new ConnectError(`unsupported response encoding "${coding}"`, Code.Internal, header);
  }
  return accept;
}
