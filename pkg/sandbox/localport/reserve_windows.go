package localport

import "net/netip"

// reserve reports whether a port is free: Windows has no port sharing that would keep it.
func reserve(at netip.Addr, port int) (release func(), err error) {
	l, err := listen(at, port)
	if err != nil {
		return nil, err
	}
	return func() {}, l.Close()
}
