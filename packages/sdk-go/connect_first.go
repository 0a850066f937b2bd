package ameide

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"time"
)

const (
	// nextAddressAfter is how long an address is tried before the next one joins (RFC 8305, section 5).
	nextAddressAfter = 250 * time.Millisecond
	// tcpKeepAlive is from what time without traffic on TCP asks whether the peer is there.
	tcpKeepAlive = 30 * time.Second
)

var (
	// RFC 6761, section 6.3: a name for the machine itself, whatever a resolver says.
	localhost = regexp.MustCompile(`(?i)^(?:.+\.)?localhost\.?$`)
	loopback  = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
)

// addressesOf are the addresses of a host, as they are to be tried: the families take turns (RFC 8305, section 4).
func addressesOf(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	if localhost.MatchString(host) {
		return loopback, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	return interleaved(found), nil
}

func interleaved(found []netip.Addr) []netip.Addr {
	if len(found) == 0 {
		return nil
	}
	families := [2][]netip.Addr{}
	for _, address := range found {
		family := 1
		if address.Unmap().Is4() == found[0].Unmap().Is4() {
			family = 0
		}
		families[family] = append(families[family], address.Unmap())
	}
	turns := make([]netip.Addr, 0, len(found))
	for i := range found {
		for _, family := range families {
			if i < len(family) {
				turns = append(turns, family[i])
			}
		}
	}
	return turns
}

// connectFirst connects to the address that answers first (happy eyeballs, RFC 8305).
func connectFirst(ctx context.Context, addresses []netip.Addr, port int) (net.Conn, error) {
	if len(addresses) == 0 {
		return nil, errors.New("the host has no address")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result, len(addresses))
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: tcpKeepAlive}}
	next, trying := 0, 0
	try := func() {
		address := net.JoinHostPort(addresses[next].String(), strconv.Itoa(port))
		next++
		trying++
		go func() {
			conn, err := dialer.DialContext(ctx, "tcp", address)
			results <- result{conn, err}
		}()
	}
	timer := time.NewTimer(nextAddressAfter)
	defer timer.Stop()
	try()
	var errs []error
	for {
		select {
		case made := <-results:
			trying--
			if made.err == nil {
				go func() {
					for range trying {
						if late := <-results; late.conn != nil {
							_ = late.conn.Close()
						}
					}
				}()
				return made.conn, nil
			}
			errs = append(errs, made.err)
			if next == len(addresses) && trying == 0 {
				if len(errs) == 1 {
					return nil, errs[0]
				}
				return nil, errors.Join(errs...)
			}
			if next == len(addresses) {
				continue
			}
		case <-timer.C:
			if next == len(addresses) {
				continue
			}
		}
		timer.Reset(nextAddressAfter)
		try()
	}
}
