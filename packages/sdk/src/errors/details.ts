import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ConnectError } from "@connectrpc/connect";
import { redact, truncate } from "./bounded_text.js";
import type { ErrorBounds } from "../policy/policy.js";

// The standard error details (google.rpc, AIP-193) are parsed by hand. Their stubs would cost every
// program 3 % of the import time, and every page 0.7 kB, for a failed call only.

/** Settings for reading details. */
export interface DetailReading extends ErrorBounds {
  /** Credentials that were sent, to be removed from texts. */
  readonly secrets: readonly string[];
}

/** First entries of a list, and the number of all. */
export interface Entries<T> {
  readonly first: readonly T[];
  readonly count: number;
}

/** List without entries. */
export const NO_ENTRIES: Entries<never> = { first: [], count: 0 };

/** Reads `google.rpc.ErrorInfo`. */
export const errorInfo = (error: ConnectError, reading: DetailReading) =>
  first(error, "google.rpc.ErrorInfo", reading, (detail) => ({
    reason: detail.text(1),
    domain: detail.text(2),
    metadata: detail.entries(3, (pair): [string, string] => [pair.text(1), pair.text(2)]),
  }));

/** Reads `google.rpc.RequestInfo.request_id`. */
export const serversRequestId = (error: ConnectError, reading: DetailReading) =>
  first(error, "google.rpc.RequestInfo", reading, (detail) => detail.text(1));

/** Reads `google.rpc.RetryInfo.retry_delay`, in milliseconds. */
export const retryInfoMs = (error: ConnectError, reading: DetailReading) =>
  first(error, "google.rpc.RetryInfo", reading, (detail) => {
    const delay = detail.message(1);
    return delay && delay.integer(1) * 1_000 + delay.integer(2) / 1e6;
  });

/** Reads `google.rpc.BadRequest.field_violations`. */
export const fieldViolations = (error: ConnectError, reading: DetailReading) =>
  violations(error, "google.rpc.BadRequest", reading, (each) => ({
    field: each.text(1),
    description: each.text(2),
  }));

/** Reads `google.rpc.QuotaFailure.violations`. */
export const quotaViolations = (error: ConnectError, reading: DetailReading) =>
  violations(error, "google.rpc.QuotaFailure", reading, (each) => ({
    subject: each.text(1),
    description: each.text(2),
  }));

/** Reads `google.rpc.PreconditionFailure.violations`. */
export const preconditionViolations = (error: ConnectError, reading: DetailReading) =>
  violations(error, "google.rpc.PreconditionFailure", reading, (each) => ({
    type: each.text(1),
    subject: each.text(2),
    description: each.text(3),
  }));

/** Creates a `google.rpc.BadRequest` detail, which says which fields are wrong, and why. */
export function badRequest(
  fields: readonly { readonly option: string; readonly rule: string }[],
): ConnectError["details"][number] {
  const writer = new BinaryWriter();
  for (const { option, rule } of fields) {
    const violation = new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .string(option)
      .tag(2, WireType.LengthDelimited)
      .string(rule)
      .finish();
    writer.tag(1, WireType.LengthDelimited).bytes(violation);
  }
  return { type: "google.rpc.BadRequest", value: writer.finish() };
}

function violations<T>(
  error: ConnectError,
  type: string,
  reading: DetailReading,
  read: (each: Fields) => T,
): Entries<T> {
  return first(error, type, reading, (detail) => detail.entries(1, read)) ?? NO_ENTRIES;
}

// Returns the first detail of a type that can be read; the others are ignored, as by Connect's
// findDetails. Tries are bounded, since a server may send any number and each unreadable one takes
// time.
function first<T>(
  { details }: ConnectError,
  type: string,
  reading: DetailReading,
  read: (detail: Fields) => T,
): T | undefined {
  let leftBytes = reading.maxDetailBytes;
  for (const detail of details.slice(0, reading.maxDetails)) {
    if (("desc" in detail ? detail.desc.typeName : detail.type) === type) {
      try {
        const bytes =
          "desc" in detail
            ? toBinary(detail.desc, create(detail.desc, detail.value))
            : detail.value;
        if (bytes.length <= leftBytes) {
          leftBytes -= bytes.length;
          return read(new Fields(bytes, reading));
        }
      } catch {
        continue;
      }
    }
  }
  return undefined;
}

// One field of a message, with all its occurrences.
class Field {
  last: Uint8Array | number | undefined;
  /** First occurrences that are bytes. */
  readonly first: Uint8Array[] = [];
  count = 0;
}

/** Fields of a message by number. A missing field is empty. */
class Fields {
  private readonly fields = new Map<number, Field>();

  /** @throws Error if the bytes are not a message. */
  constructor(
    bytes: Uint8Array,
    private readonly reading: DetailReading,
  ) {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (wireType === WireType.LengthDelimited) {
        this.add(number, reader.bytes());
      } else if (wireType === WireType.Varint) {
        this.add(number, Number(reader.int64()));
      } else {
        reader.skip(wireType, number);
      }
    }
  }

  /** @throws TypeError if the bytes are not UTF-8. */
  text(number: number): string {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      this.bytes(number) ?? new Uint8Array(),
    );
    return truncate(redact(text, this.reading.secrets), this.reading.maxMessageBytes);
  }

  /** Returns the last message of a number. */
  message(number: number): Fields | undefined {
    const bytes = this.bytes(number);
    return bytes && new Fields(bytes, this.reading);
  }

  /** Returns the messages of a number, and reads a bounded number of them. */
  entries<T>(number: number, read: (entry: Fields) => T): Entries<T> {
    const field = this.fields.get(number);
    const entries = field?.first.map((bytes) => read(new Fields(bytes, this.reading)));
    return { first: entries ?? [], count: field?.count ?? 0 };
  }

  integer(number: number): number {
    const last = this.fields.get(number)?.last;
    return typeof last === "number" ? last : 0;
  }

  private bytes(number: number): Uint8Array | undefined {
    const last = this.fields.get(number)?.last;
    return typeof last === "number" ? undefined : last;
  }

  private add(number: number, value: Uint8Array | number): void {
    let field = this.fields.get(number);
    if (field === undefined) {
      field = new Field();
      this.fields.set(number, field);
    }
    field.last = value;
    if (typeof value !== "number") {
      field.count++;
      if (field.first.length < this.reading.maxEntries) {
        field.first.push(value);
      }
    }
  }
}
