import { nameClashes } from "@ameideio/protoc-gen-ameide/clashes";
import { methodPath, type Rule } from "../rule.js";

export const methodName: Rule = {
  id: "AMEIDE_RPC_NAME",
  purpose: "Checks that the name of every method can be had in every language.",
  check: ({ services }) =>
    services.flatMap((service) =>
      nameClashes(service.methods).map(({ method, clash }) => ({
        message: `${service.typeName}/${method.name} ${clash}: choose another name`,
        path: methodPath(method),
      })),
    ),
};
