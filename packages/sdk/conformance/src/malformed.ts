import { base64Decode, base64Encode, BinaryWriter } from "@bufbuild/protobuf/wire";
import { type ErrorAnswer, Malformed } from "@ameideio/conformance-proto";

const DETAILS = "grpc-status-details-bin";

/** Returns an error of Connect in JSON, with an unreadable part. */
export function malformedJson(json: object, { malformed }: ErrorAnswer): object {
  const { details = [] } = json as { details?: object[] };
  switch (malformed) {
    case Malformed.UNSPECIFIED:
      return json;
    case Malformed.MESSAGE:
      return { ...json, message: 14 };
    case Malformed.DETAIL:
      return {
        ...json,
        details: [{ type: "google.rpc.ErrorInfo", value: "no base64!" }, ...details],
      };
    case Malformed.DETAILS:
      return { ...json, details: "none" };
  }
}

/** Makes one part of a gRPC error unreadable. */
export function malformStatus(status: Headers, { malformed }: ErrorAnswer): void {
  switch (malformed) {
    case Malformed.UNSPECIFIED:
      return;
    case Malformed.MESSAGE:
      status.set("grpc-message", `${status.get("grpc-message") ?? ""}%zz`);
      return;
    case Malformed.DETAIL: {
      const whole = base64Decode(status.get(DETAILS) ?? "");
      const code = new BinaryWriter()
        .uint32(8)
        .uint32(Number(status.get("grpc-status")))
        .finish();
      const bad = new BinaryWriter().uint32(26).bytes(Uint8Array.of(0xff, 0xff)).finish();
      status.set(DETAILS, base64Encode(Buffer.concat([code, bad, whole]), "std_raw"));
      return;
    }
    case Malformed.DETAILS:
      status.set(DETAILS, base64Encode(Buffer.from("no Status"), "std_raw"));
  }
}
