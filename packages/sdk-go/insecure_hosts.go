package ameide

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

const insecureHostRule = "must be an array of host names or IP addresses without port, written as in the base address; " +
	"a name may begin with one *., if two labels follow"

// isInsecureHost reports whether an entry names hosts that plain http may go to. *. stands for one or more labels, and
// needs two behind it: *.com would be everybody's.
func isInsecureHost(entry string) bool {
	name, isWild := strings.CutPrefix(strings.ToLower(entry), "*.")
	return isCanonicalHost(name) && !strings.Contains(name, "*") && (!isWild || isParent(name))
}

// includesHost reports whether entries include a host.
//
// hostname is as the URL Standard writes it.
func includesHost(entries []string, hostname string) bool {
	for _, entry := range entries {
		lower := strings.ToLower(entry)
		if below, isWild := strings.CutPrefix(lower, "*"); isWild {
			if strings.HasSuffix(hostname, below) && len(hostname) >= len(lower) {
				return true
			}
		} else if hostname == lower {
			return true
		}
	}
	return false
}

// isCanonicalHost reports whether the URL Standard (host parser and serializer) writes a host as it stands here. What
// it would make another host of, or more than a host, is none.
func isCanonicalHost(name string) bool {
	if address, is := strings.CutPrefix(name, "["); is {
		address, closed := strings.CutSuffix(address, "]")
		return closed && isCanonicalIPv6(address)
	}
	if name == "" || strings.ContainsFunc(name, isForbiddenInHost) {
		return false
	}
	if endsInNumber(name) {
		address, err := netip.ParseAddr(name)
		return err == nil && address.Is4()
	}
	return true
}

// An address of IPv4 in one of IPv6 is written in hexadecimal.
func isCanonicalIPv6(text string) bool {
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is6() || address.Zone() != "" {
		return false
	}
	if address.Is4In6() {
		bytes := address.As16()
		return text == fmt.Sprintf("::ffff:%x:%x", int(bytes[12])<<8|int(bytes[13]), int(bytes[14])<<8|int(bytes[15]))
	}
	return text == address.String()
}

func isForbiddenInHost(char rune) bool {
	return char <= ' ' || char >= 0x7f || char >= 'A' && char <= 'Z' || strings.ContainsRune(`#%/:<>?@[\]^|`, char)
}

func endsInNumber(name string) bool {
	name = strings.TrimSuffix(name, ".")
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" {
		return false
	}
	if !strings.ContainsFunc(last, func(char rune) bool { return char < '0' || char > '9' }) {
		return true
	}
	hex, isHex := strings.CutPrefix(last, "0x")
	_, err := strconv.ParseUint(hex, 16, 64)
	return isHex && (hex == "" || err == nil)
}

func isParent(name string) bool {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	for _, label := range labels {
		if label == "" {
			return false
		}
	}
	isAddress := !strings.ContainsFunc(name, func(char rune) bool { return char != '.' && (char < '0' || char > '9') })
	return len(labels) > 1 && !isAddress
}
