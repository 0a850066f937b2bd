import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type Inspection, InspectionSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";

/** Reads what an inspector printed. */
export function readInspection(printed: string): Inspection {
  return fromJson(InspectionSchema, JSON.parse(printed) as JsonValue);
}
