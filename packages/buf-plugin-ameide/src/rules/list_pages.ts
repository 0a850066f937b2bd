import { type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { methodRule } from "../rule.js";

export const listPages = methodRule(
  {
    id: "AMEIDE_RPC_LIST_PAGES",
    purpose: "Checks that every unary method that lists has the fields of pages (AIP-158).",
  },
  ({ name, methodKind, input, output }) => {
    const lists =
      /^List(?![a-z])/.test(name) || output.fields.some((each) => each.name === "next_page_token");
    if (!lists || methodKind !== "unary") {
      return [];
    }
    return [
      { of: input, field: "page_size", scalar: ScalarType.INT32 },
      { of: input, field: "page_token", scalar: ScalarType.STRING },
      { of: output, field: "next_page_token", scalar: ScalarType.STRING },
    ]
      .filter(({ of, field, scalar }) => !hasField(of, field, scalar))
      .map(
        ({ of, field, scalar }) =>
          `lists, so add ${ScalarType[scalar].toLowerCase()} ${field} to ${of.name} (AIP-158)`,
      );
  },
);

function hasField(message: DescMessage, name: string, scalar: ScalarType): boolean {
  const field = message.fields.find((each) => each.name === name);
  return field?.fieldKind === "scalar" && field.scalar === scalar;
}
