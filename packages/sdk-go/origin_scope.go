package ameide

import "slices"

// An originScope is what a client may send to its origin: no other origin gets any of it.
type originScope struct {
	origin string
	// The layers that were made for this origin, the nearest first.
	layers optionLayers
	// The environment's token and tenant are for this origin, too.
	environment bool
}

// newOriginScope is the scope of a client. One that is derived for another origin begins anew: it states what its
// parent would have sent, or sends nothing of it by saying so. The error is CONFIG_INVALID if it leaves open whether to
// send what is its parent's.
func newOriginScope(
	layers optionLayers, origin string, env *environment, parent *originScope,
) (*originScope, error) {
	changes := layers[0]
	moved := parent != nil && parent.origin != origin
	own := optionLayers{changes}
	if parent != nil && !moved {
		own = append(own, parent.layers...)
	}
	if moved {
		if err := refuseToCarry(changes, parent, env); err != nil {
			return nil, err
		}
	}
	scope := &originScope{origin: origin, layers: withoutShadowed(own)}
	scope.environment = env.baseURL != "" && isOfOrigin(env.baseURL, origin)
	for _, each := range own {
		if each.environmentCredentials.is {
			scope.environment = scope.environment || each.environmentCredentials.value
			break
		}
	}
	return scope, nil
}

func refuseToCarry(changes *clientOptions, parent *originScope, env *environment) error {
	refuse := func(option, none string) error {
		return configError(option, "must be stated for another origin, which gets nothing of what was given for the "+
			"first; "+none+" sends none")
	}
	asks := changes.environmentCredentials.value
	hasToken, hasTenant := parent.environment && env.token != "", parent.environment && env.tenant != ""
	switch {
	case !changes.auth.is && !asks && sends(parent.layers, hasToken, authOf):
		return refuse("auth", "WithoutAuth()")
	case !changes.tenant.is && !asks && sends(parent.layers, hasTenant, tenantOf):
		return refuse("tenant", "WithoutTenant()")
	case !changes.headers.is && slices.ContainsFunc(parent.layers, hasHeaders):
		return refuse("headers", "WithHeaders(nil)")
	case !changes.tls.is && identifies(parent.layers):
		return refuse("tls", "WithTLS(new(tls.Config))")
	}
	return nil
}

func authOf(s *settings) (stated, sends bool) { return s.auth.is, s.auth.value != nil }

func tenantOf(s *settings) (stated, sends bool) { return s.tenant.is, s.tenant.value != nil }

// For any method: that a nearer client sends none takes back what a farther one says.
func sends(layers optionLayers, fallback bool, of func(*settings) (stated, sends bool)) bool {
	for _, layer := range layers {
		for _, each := range layer.methods.value {
			if _, does := of(each.settings); does {
				return true
			}
		}
		if stated, does := of(&layer.settings); stated {
			return does
		}
	}
	return fallback
}

func hasHeaders(layer *clientOptions) bool {
	return len(layer.headers.value) > 0 || slices.ContainsFunc(layer.methods.value, func(each methodOptions) bool {
		return len(each.settings.headers.value) > 0
	})
}

// Whether TLS tells the server who its client is, or may.
func identifies(layers optionLayers) bool {
	for _, layer := range layers {
		if layer.tls.is {
			tls := layer.tls.value
			if tls == nil || tls.source != nil {
				return tls != nil
			}
			return tls.config != nil && (len(tls.config.Certificates) > 0 || tls.config.GetClientCertificate != nil)
		}
	}
	return false
}
