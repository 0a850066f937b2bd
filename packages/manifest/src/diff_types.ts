import type { Enum, Manifest, Message } from "@ameideio/conformance-proto/ameide/manifest/v1";
import type { Change } from "./change.js";
import { paired } from "./paired.js";
import { partsOf } from "./type_parts.js";

/**
 * Lists what is different in the messages and enums of a newer manifest. One of a manifest that was made
 * before there were any says nothing.
 */
export function typeChanges(older: Manifest, newer: Manifest): Change[] {
  return older.messages.length === 0
    ? []
    : [...changesIn(older.messages, newer.messages), ...changesIn(older.enums, newer.enums)];
}

function changesIn(
  older: readonly (Message | Enum)[],
  newer: readonly (Message | Enum)[],
): Change[] {
  return paired(older, newer).flatMap(({ wanted: before, found: after }): Change[] => {
    // What comes and goes is told of the methods and fields that have it.
    if (before === undefined || after === undefined) {
      return [];
    }
    const service = before.name;
    return paired(partsOf(before), partsOf(after)).flatMap(({ wanted: was, found: is }) =>
      partChange(was, is).map((change) => ({ ...change, service })),
    );
  });
}

type Part = ReturnType<typeof partsOf>[number];

function partChange(
  was: Part | undefined,
  is: Part | undefined,
): Pick<Change, "kind" | "message">[] {
  if (was === undefined) {
    return is === undefined
      ? []
      : [{ kind: "added", message: `new ${is.kind} ${is.name}: ${is.text}` }];
  }
  const { kind, name, text } = was;
  if (is === undefined) {
    return [{ kind: "breaking", message: `its ${kind} ${name} was removed` }];
  }
  const message = `its ${kind} ${name} changed from ${text} to ${is.text}`;
  return text === is.text ? [] : [{ kind: "breaking", message }];
}
