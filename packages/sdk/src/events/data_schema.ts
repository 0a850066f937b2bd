import type { DescMessage } from "@bufbuild/protobuf";

/** The Buf module of the Ameide APIs. */
const MODULE = "buf.build/ameideio/ameide";

const OURS = /^(?:ameide|beamline)\./;

/**
 * Names the schema of a message: its module, then its full name, as a type URL
 * (google/protobuf/any.proto), which the protobuf format of CloudEvents asks for.
 *
 * @param module - Buf module of the message. Default: that of the Ameide APIs for their messages; for
 *   others none, and the type URL says no more than the message's name.
 */
export function dataSchemaOf({ typeName }: DescMessage, module: string): string {
  const named = module === "" && OURS.test(typeName) ? MODULE : module;
  return named === "" ? `type.googleapis.com/${typeName}` : `https://${named}/${typeName}`;
}

/** Returns the full name of the message that a type URL or a schema of ours names. */
export function messageNamed(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
