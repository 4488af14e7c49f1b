package trust

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Host is a host name, or an IP address, and a port if it has one. It compares with ==.
type Host struct {
	Name string // in lower case; of an address the shortest form
	Port string // in digits without zeros in front; "" for any
}

// ParseHost reads HOST, HOST:PORT, an IPv6 address, or [ADDRESS]:PORT. A host is letters, digits, hyphens and dots,
// with no empty part and so no dot at its end, which certificates do not know; or an address without a zone. Text that
// merely ends like a host name, such as the zone of an IPv6 address, is refused here, before anybody looks at how it
// ends.
func ParseHost(text string) (Host, error) {
	name, port, hasPort := text, "", false
	if inner, ok := strings.CutPrefix(text, "["); ok {
		var rest string
		if name, rest, ok = strings.Cut(inner, "]"); !ok || !strings.Contains(name, ":") {
			return Host{}, fmt.Errorf("host %.80q: an address in brackets is an IPv6 one", text)
		}
		if port, hasPort = strings.CutPrefix(rest, ":"); !hasPort && rest != "" {
			return Host{}, fmt.Errorf("host %.80q: want a port after the brackets", text)
		}
	} else if strings.Count(text, ":") == 1 {
		name, port, hasPort = strings.Cut(text, ":")
	}
	name, err := parseName(name)
	if err != nil {
		return Host{}, fmt.Errorf("host %.80q: %w", text, err)
	}
	if hasPort {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 || port[0] == '+' {
			return Host{}, fmt.Errorf("host %.80q: want a port from 1 to 65535", text)
		}
		port = strconv.FormatUint(number, 10)
	}
	return Host{name, port}, nil
}

func parseName(name string) (string, error) {
	if strings.Contains(name, ":") {
		address, err := netip.ParseAddr(name)
		if err != nil || address.Zone() != "" {
			return "", errors.New("want an IPv6 address without a zone")
		}
		return address.String(), nil
	}
	if len(name) > 253 {
		return "", errors.New("a host name has 253 characters at most")
	}
	name = strings.ToLower(name)
	for label := range strings.SplitSeq(name, ".") {
		plain := strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
		if !plain || label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", errors.New("want a name of letters, digits, hyphens and dots, or an address")
		}
	}
	return name, nil
}

// String is the host as ParseHost reads it and URLs have it.
func (h Host) String() string {
	name := h.Name
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if h.Port == "" {
		return name
	}
	return name + ":" + h.Port
}

// Below reports whether h is one of domains, which are in lower case, or a name below it.
func (h Host) Below(domains ...string) bool {
	for _, domain := range domains {
		if h.Name == domain || strings.HasSuffix(h.Name, "."+domain) {
			return true
		}
	}
	return false
}

// among reports whether h, of an https URL, is one of trusted. What does not have the form of a host is nobody's.
func (h Host) among(trusted []string) bool {
	port := cmp.Or(h.Port, "443")
	for _, text := range trusted {
		t, err := ParseHost(text)
		if err == nil && t.Name == h.Name && (t.Port == "" || t.Port == port) {
			return true
		}
	}
	return false
}
