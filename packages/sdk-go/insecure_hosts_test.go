package ameide

import "testing"

func TestIsInsecureHost(t *testing.T) {
	for _, entry := range []string{
		"orders", "Orders.SVC", "10.0.0.7", "[::1]", "[fd00::2]", "*.svc.cluster.local", "*.a.b", "a_b", "xn--bcher-kva.example",
		"[::ffff:102:304]", "1.2.3.4.example",
	} {
		if !isInsecureHost(entry) {
			t.Errorf("%q is refused", entry)
		}
	}
	for _, entry := range []string{
		"", "*", "*.", "**", "*.com", "*.*.com", "a.*.com", "a.*", "orders:80", "http://orders", "orders/", "orders?x",
		"me@orders", "10.0.0", "010.0.0.7", "*.10.0.0.7", "2130706433", "0x7f.1", "0x7f000001", "::1", "[0:0:0:0:0:0:0:1]",
		"b\u00fccher.example", "a b", "*.a..b", "10.0.0.0/8", "[::ffff:1.2.3.4]", "[fe80::1%25eth0]",
	} {
		if isInsecureHost(entry) {
			t.Errorf("%q is accepted", entry)
		}
	}
}

func TestIncludesHost(t *testing.T) {
	entries := []string{"Orders", "*.svc.Cluster.local"}
	for host, included := range map[string]bool{
		"orders": true, "a.svc.cluster.local": true, "a.b.svc.cluster.local": true, "svc.cluster.local": false,
		"orders.svc": false, "xsvc.cluster.local": false,
	} {
		if includesHost(entries, host) != included {
			t.Errorf("%q: %v", host, !included)
		}
	}
}
