import { type Rule, servicePath } from "../rule.js";

export const oneService: Rule = {
  id: "AMEIDE_FILE_ONE_SERVICE",
  purpose: "Checks that no file has more than one service.",
  check: ({ services: [first, ...others] }) =>
    others.map((service) => ({
      message: `${service.typeName} is in the file of ${first?.typeName}: move it to a file of its own`,
      path: servicePath(service),
    })),
};
