package edge

import (
	"strings"
	"testing"
)

func TestTokenFileFlags(t *testing.T) {
	for _, c := range []struct {
		file   tokenFileFlags
		format string
		want   string
	}{
		{tokenFileFlags{}, "json", ""},
		{tokenFileFlags{path: "x"}, "", ""},
		{tokenFileFlags{path: "x", keepFresh: true, removeOnExit: true, health: "127.0.0.1:0"}, "", ""},
		{tokenFileFlags{path: "x", keepFresh: true, health: "[::1]:8080"}, "", ""},
		{tokenFileFlags{path: "x"}, "json", "leave out --output"},
		{tokenFileFlags{keepFresh: true}, "", "--keep-fresh wants --write-to"},
		{tokenFileFlags{path: "x", removeOnExit: true}, "", "--remove-on-exit wants --keep-fresh"},
		{tokenFileFlags{path: "x", health: "127.0.0.1:0"}, "", "--health-address wants --keep-fresh"},
		{tokenFileFlags{path: "x", keepFresh: true, health: "0.0.0.0:8080"}, "",
			"want an address of this machine alone"},
		{tokenFileFlags{path: "x", keepFresh: true, health: ":8080"}, "", "want an address of this machine alone"},
		{tokenFileFlags{path: "x", keepFresh: true, health: "localhost:8080"}, "",
			"want an address of this machine alone"},
		{tokenFileFlags{path: "x", keepFresh: true, health: "192.0.2.1:8080"}, "",
			"want an address of this machine alone"},
		{tokenFileFlags{path: "x", keepFresh: true, health: "127.0.0.1"}, "", "want HOST:PORT"},
	} {
		err := c.file.validate(c.format)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v, %q: got %v, want %q", c.file, c.format, err, c.want)
		}
	}
}

func TestFrontend(t *testing.T) {
	for address, want := range map[string]bool{
		"https://app.demo-3714d85.edge.eu01.onstackit.cloud": true,
		"https://localhost:8443/ui/demo-3714d85/":            true,
		"http://app.demo-3714d85.edge.eu01.onstackit.cloud":  false,
		"file:///etc/passwd":                                 false,
		"javascript:alert(1)":                                false,
		"https://":                                           false,
		"":                                                   false,
		"https://user:pw@evil.net":                           false,
		"https://evil.net\n--x":                              false,
		"-x":                                                 false,
	} {
		if _, err := frontend(address); (err == nil) != want {
			t.Errorf("%q: got %v", address, err)
		}
	}
}
