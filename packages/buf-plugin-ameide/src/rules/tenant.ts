import { methodRule, policyOption } from "../rule.js";

export const tenant = methodRule(
  {
    id: "AMEIDE_RPC_TENANT",
    purpose: "Checks that every method, or its service, states whether a call carries a tenant.",
  },
  (method, registry) => {
    const mode =
      policyOption(method, "tenant", registry) ??
      policyOption(method.parent, "service_tenant", registry) ??
      0;
    return mode === 0
      ? [
          "states no tenant mode, nor does its service: add option (ameide.policy.v1.tenant), or " +
            "(ameide.policy.v1.service_tenant) to the service",
        ]
      : [];
  },
);
