import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ConnectError } from "@connectrpc/connect";

// The standard details of errors (google.rpc, AIP-193) are read from the wire by
// hand. Their stubs would cost every program a thirtieth of what it takes to be
// imported, and every page 0.7 kB, for what is seen when a call has failed.

/** `google.rpc.ErrorInfo`. */
export const errorInfo = (error: ConnectError) =>
  first(error, "google.rpc.ErrorInfo", (detail) => ({
    reason: detail.text(1),
    domain: detail.text(2),
    metadata: Object.fromEntries(detail.messages(3).map((pair) => [pair.text(1), pair.text(2)])),
  }));

/** `google.rpc.RequestInfo.request_id`. */
export const serversRequestId = (error: ConnectError) =>
  first(error, "google.rpc.RequestInfo", (detail) => detail.text(1));

/** `google.rpc.RetryInfo.retry_delay` in milliseconds. */
export const retryInfoMs = (error: ConnectError) =>
  first(error, "google.rpc.RetryInfo", (detail) => {
    const delay = detail.messages(1).at(-1);
    return delay && delay.integer(1) * 1_000 + delay.integer(2) / 1e6;
  });

/** `google.rpc.BadRequest.field_violations`. */
export const fieldViolations = (error: ConnectError) =>
  first(error, "google.rpc.BadRequest", (detail) =>
    detail.messages(1).map((each) => ({ field: each.text(1), description: each.text(2) })),
  );

/** `google.rpc.QuotaFailure.violations`. */
export const quotaViolations = (error: ConnectError) =>
  first(error, "google.rpc.QuotaFailure", (detail) =>
    detail.messages(1).map((each) => ({ subject: each.text(1), description: each.text(2) })),
  );

/** `google.rpc.PreconditionFailure.violations`. */
export const preconditionViolations = (error: ConnectError) =>
  first(error, "google.rpc.PreconditionFailure", (detail) =>
    detail.messages(1).map((each) => ({
      type: each.text(1),
      subject: each.text(2),
      description: each.text(3),
    })),
  );

/** A detail that says which one field is wrong, and why: `google.rpc.BadRequest`. */
export function badRequest(field: string, description: string): ConnectError["details"][number] {
  const violation = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(field)
    .tag(2, WireType.LengthDelimited)
    .string(description)
    .finish();
  const value = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(violation).finish();
  return { type: "google.rpc.BadRequest", value };
}

// One that cannot be read says nothing, as for Connect's findDetails.
function first<T>(
  { details }: ConnectError,
  type: string,
  read: (detail: Fields) => T,
): T | undefined {
  for (const detail of details) {
    if (("desc" in detail ? detail.desc.typeName : detail.type) === type) {
      try {
        const bytes =
          "desc" in detail
            ? toBinary(detail.desc, create(detail.desc, detail.value))
            : detail.value;
        return read(new Fields(bytes));
      } catch {
        continue;
      }
    }
  }
  return undefined;
}

/** The fields of a message by their numbers. What is not there is empty. */
class Fields {
  private readonly values = new Map<number, (Uint8Array | number)[]>();

  /** @throws Error when this is no message. */
  constructor(bytes: Uint8Array) {
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

  /** @throws TypeError when this is no UTF-8. */
  text(number: number): string {
    const bytes = this.parts(number).at(-1) ?? new Uint8Array();
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  }

  messages(number: number): Fields[] {
    return this.parts(number).map((bytes) => new Fields(bytes));
  }

  integer(number: number): number {
    const last = this.values.get(number)?.at(-1);
    return typeof last === "number" ? last : 0;
  }

  private parts(number: number): Uint8Array[] {
    const values = this.values.get(number) ?? [];
    return values.filter((value) => typeof value !== "number");
  }

  private add(number: number, value: Uint8Array | number): void {
    this.values.set(number, [...(this.values.get(number) ?? []), value]);
  }
}
