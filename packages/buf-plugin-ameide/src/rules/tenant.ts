import { methodRule, policyOption, readsPolicy } from "../rule.js";

export const tenant = methodRule(
  {
    id: "AMEIDE_RPC_TENANT",
    purpose: "Checks that every method, or its service, states whether a call carries a tenant.",
  },
  (method, registry) => {
    const own = policyOption(method, "tenant", registry);
    const mode = own ?? policyOption(method.parent, "service_tenant", registry);
    if (mode === undefined) {
      return [
        "states no tenant mode, nor does its service: add option (ameide.policy.v1.tenant), or " +
          "(ameide.policy.v1.service_tenant) to the service",
      ];
    }
    if (mode === 0) {
      const who = own === undefined ? "is of a service that states" : "states";
      return [`${who} TENANT_MODE_UNSPECIFIED, which says nothing: state another`];
    }
    return readsPolicy(method.parent.file)
      ? []
      : [
          "has a tenant mode that no SDK reads: its file has to import " +
            "ameide/policy/v1/policy.proto itself, as `import public` does not",
        ];
  },
);
