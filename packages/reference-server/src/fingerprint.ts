import { createHash } from "node:crypto";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { isReflectMessage, reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";

/**
 * Returns the SHA-256 of a message's content, in hexadecimal. The order of map entries does not
 * count, because not every language serializes a map the same way twice. Unknown fields do not
 * count.
 *
 * @param except - Names of top-level fields that do not count.
 */
export function fingerprint<Desc extends DescMessage>(
  desc: Desc,
  message: MessageShape<Desc>,
  except: readonly string[] = [],
): string {
  const canonical = JSON.stringify(canonicalMessage(reflect(desc, message), except));
  return createHash("sha256").update(canonical).digest("hex");
}

function canonicalMessage(message: ReflectMessage, except: readonly string[] = []): unknown[] {
  const set = message.fields.filter(
    (field) => message.isSet(field) && !except.includes(field.name),
  );
  return set.map((field) => {
    switch (field.fieldKind) {
      case "list":
        return [field.number, Array.from(message.get(field), canonicalValue)];
      case "map": {
        const entries = Array.from(message.get(field), ([key, value]): [string, unknown] => [
          String(key),
          canonicalValue(value),
        ]);
        return [field.number, entries.sort(([a], [b]) => (a < b ? -1 : 1))];
      }
      default:
        return [field.number, canonicalValue(message.get(field))];
    }
  });
}

function canonicalValue(value: unknown): unknown {
  if (isReflectMessage(value)) {
    return canonicalMessage(value);
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString("hex");
  }
  return Object.is(value, -0) ? "-0" : String(value);
}
