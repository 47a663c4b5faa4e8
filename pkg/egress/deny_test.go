package egress

import (
	"net/netip"
	"testing"
)

func TestDeniedAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"169.254.0.1":                  true,
		"fe80::1":                      true,
		"fe80::1%eth0":                 true,
		"::ffff:169.254.169.254":       true,
		"64:ff9b::169.254.1.1":         true,
		"64:ff9b:1::a9fe:101":          true,
		"64:ff9b:1:a9fe:1:100::":       true,
		"64:ff9b:1:a9:fe:101::":        true,
		"64:ff9b:1::a9:fe01:100:0":     true,
		"64:ff9b:1:2:3:4:a9fe:101":     true,
		"64:ff9b:1::808:808":           false,
		"64:ff9b:1:808:8:800::":        false,
		"64:ff9b:1::8:808:800:0":       false,
		"2001:0:a9fe:101::1":           true,
		"2001:0:808:808:0:0:5601:fefe": true,
		"2001:0:808:808:0:0:f7f7:f7f7": false,
		"2001:1::a9fe:101":             false,
		"::ffff:0:169.254.169.254":     true,
		"::ffff:0:8.8.8.8":             false,
		"2001:db8::5efe:169.254.1.1":   true,
		"2001:db8::200:5efe:a9fe:101":  true,
		"2001:db8::5efe:8.8.8.8":       false,
		"2001:db8::a9fe:101":           false,
		"2002:a9fe:a9fe::1":            true,
		"::169.254.169.254":            true,
		"fd00:ec2::254":                true,
		"100.100.100.200":              true,
		"0.0.0.0":                      true,
		"0.1.2.3":                      true,
		"::":                           true,
		"255.255.255.255":              true,
		"239.1.2.3":                    true,
		"ff02::1":                      true,
		"127.0.0.1":                    false,
		"::1":                          false,
		"10.0.0.1":                     false,
		"192.168.1.1":                  false,
		"2001:db8::1":                  false,
		"64:ff9b::8.8.8.8":             false,
		"2002:808:808::1":              false,
		"fd00::1":                      false,
	} {
		if got := denied(DefaultDeny, netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %t, want %t", address, got, want)
		}
	}
}
