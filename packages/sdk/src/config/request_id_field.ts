import { type DescField, type DescMethod, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { nearestOf } from "../errors/did_you_mean.js";

/** Field that holds the request id, or the fault of its name. */
export type RequestIdField =
  | { readonly field: DescField; readonly problem?: undefined }
  | { readonly field?: undefined; readonly problem: string };

/**
 * Finds the request id field of a request (AIP-155), by its proto name.
 *
 * @param byProto - True if the method itself names it. Then it must have the format UUID4
 *   (AIP-4235); a document speaks for protos that do not state formats.
 */
export function findRequestIdField(
  method: DescMethod,
  name: string,
  byProto: boolean,
): RequestIdField {
  const { input } = method;
  const shown = JSON.stringify(name.slice(0, 128));
  if (method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming") {
    return { problem: `is not for ${method.name}, which streams its requests` };
  }
  const field = input.fields.find((each) => each.name === name);
  if (field === undefined) {
    const names = input.fields.map((each) => each.name);
    const near = nearestOf(name, names);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return { problem: `${shown} is no field of ${input.typeName}${hint}` };
  }
  if (field.fieldKind !== "scalar" || field.scalar !== ScalarType.STRING || field.oneof) {
    return { problem: `${shown} of ${input.typeName} must be one string, outside of any oneof` };
  }
  const format = formatOf(field);
  const unstated = !byProto && format === 0;
  if (format !== UUID4 && !unstated) {
    const wanted = "(google.api.field_info).format = UUID4";
    return { problem: `${shown} of ${input.typeName} must have ${wanted}` };
  }
  return { field };
}

const FIELD_INFO = 291403980;
const FORMAT = 1;
const UUID4 = 1;
const NONE = new Uint8Array();

// Reads `(google.api.field_info).format` by its number: its stub would cost a page 0.4 kB and every
// import a file, for one enum.
function formatOf(field: DescField): number {
  let format = 0;
  for (const { no, data } of field.proto.options?.$unknown ?? []) {
    const info = new BinaryReader(no === FIELD_INFO ? new BinaryReader(data).bytes() : NONE);
    while (info.pos < info.len) {
      const [number, wireType] = info.tag();
      if (number === FORMAT) {
        format = info.int32();
      } else {
        info.skip(wireType, number);
      }
    }
  }
  return format;
}
