package ameide

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// environment is what the variables of the environment say.
type environment struct {
	baseURL, tenant, token string
	// What they say of the policy of every method, a layer for each.
	layers []policy.Layer
	// The operator's kill switch: nothing is retried, whatever code says.
	retriesOff bool
}

// readEnvironment reads the variables the SDK knows. An empty one counts as unset. The error is CONFIG_INVALID and
// names the variable.
func readEnvironment(getenv func(string) string, maxMaxAttempts int64) (*environment, error) {
	read := &environment{
		baseURL: getenv("AMEIDE_BASE_URL"),
		tenant:  getenv("AMEIDE_TENANT"),
		token:   getenv("AMEIDE_TOKEN"),
	}
	if read.tenant != "" && !isTenant(read.tenant) {
		return nil, configError("AMEIDE_TENANT", tenantRule, read.tenant)
	}
	if read.token != "" && !isToken(read.token) {
		return nil, configError("AMEIDE_TOKEN", tokenRule, read.token)
	}
	switch retries := getenv("AMEIDE_SDK_RETRIES"); retries {
	case "", "on":
	case "off":
		read.retriesOff = true
	default:
		return nil, namingConfigError("AMEIDE_SDK_RETRIES", "must be off or on", retries, "off", "on")
	}
	for _, field := range policy.Fields() {
		row := policy.Rows[field]
		text := ""
		// The kill switch has been read.
		if row.Environment != "" && row.Is != policy.IsFlag {
			text = getenv(row.Environment)
		}
		if text == "" {
			continue
		}
		value, err := environmentInteger(row, text, maxMaxAttempts)
		if err != nil {
			return nil, err
		}
		layer := policy.Layer{Source: "environment: " + row.Environment}
		layer.Values.Set(field, value)
		read.layers = append(read.layers, layer)
	}
	return read, nil
}

func environmentInteger(row policy.Row, text string, maxMaxAttempts int64) (int64, error) {
	lowest, highest := policy.BoundsOf(row.Rule, maxMaxAttempts)
	value, err := strconv.ParseInt(text, 10, 64)
	isWhole := !strings.ContainsFunc(text, func(char rune) bool { return char < '0' || char > '9' })
	if isWhole && err == nil && value >= lowest && value <= highest {
		return value, nil
	}
	rule := fmt.Sprintf("must be an integer from %d to %d", lowest, highest)
	var got any = text
	if isWhole && len(text) <= 15 {
		got = value
	}
	if strings.HasSuffix(row.Environment, "_MS") {
		return 0, configErrors([]fault{durationFault(row.Environment, rule, got)}, 1)
	}
	return 0, namingConfigError(row.Environment, rule, got)
}
