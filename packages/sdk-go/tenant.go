package ameide

import "github.com/ameideio/ameide-sdk-go/internal/policy"

const tenantRule = "must be 1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or a digit"

// isTenant reports whether a text is a tenant: 1 to 128 of [A-Za-z0-9._-], the first a letter or digit.
func isTenant(text string) bool {
	if len(text) < 1 || len(text) > 128 || !isAlphanumeric(text[0]) {
		return false
	}
	for i := 1; i < len(text); i++ {
		if c := text[i]; !isAlphanumeric(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// tenantFor is the tenant that a call carries; empty for none.
//
// callTenant is stated by this very call, and nil sends none. clientTenant is the client's, nil for none; withheld says
// why that of the environment is not its own, or is empty. The error is CONFIG_INVALID where the method requires a
// tenant and there is none, or forbids one and the call names one.
func tenantFor(
	mode policy.TenantMode, method string, callTenant stated[*string], clientTenant *string, withheld string,
) (string, error) {
	if mode == policy.TenantForbidden {
		if callTenant.value != nil {
			return "", configError("tenant", method+" must not be called with a tenant")
		}
		return "", nil
	}
	tenant := callTenant.or(clientTenant)
	if tenant != nil {
		return *tenant, nil
	}
	if mode == policy.TenantRequired {
		return "", configError("tenant", method+" requires a tenant, and neither call nor client has one"+withheld)
	}
	return "", nil
}
