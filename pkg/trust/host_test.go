package trust_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

func TestParseHost(t *testing.T) {
	for text, want := range map[string]string{
		"localhost": "localhost", "LOCALHOST:08443": "localhost:8443", "a-1.example": "a-1.example",
		"127.0.0.1:1": "127.0.0.1:1",
		"::1":         "[::1]", "[::1]": "[::1]", "[0:0::1]:65535": "[::1]:65535",
		"xn--bcher-kva.example": "xn--bcher-kva.example",

		"": "", "*": "", ".": "", "..": "", "a..b": "", ".a": "", "a.": "", "a.:1": "", "*.example": "", "a b": "",
		"a/b":     "",
		"a:99999": "", "a:65536": "", "a:0": "", "a:": "", "a:+1": "", "a:x": "", "a:1:2": "", ":1": "", "-a": "",
		"a-":        "",
		"https://a": "", "a@b": "", "a%20": "", "a_b": "", "bücher.example": "", "a\n": "", "a,b": "",
		"[::1%25.stackit.cloud]": "", "[::1%.stackit.cloud]": "", "::1%lo": "", "[::1": "", "::1]": "", "[::1]x": "",
		"[a]": "", "[127.0.0.1]": "",
		"[]": "", "[::1]:": "", "[::1]:0": "", "[fe80::1%eth0]:443": "", strings.Repeat("a", 64): "",
		strings.Repeat("a.", 127): "",
	} {
		host, err := trust.ParseHost(text)
		if want == "" && err == nil {
			t.Errorf("%q is taken for %q", text, host)
		}
		if want != "" && (err != nil || host.String() != want) {
			t.Errorf("%q: %q, %v; want %q", text, host, err, want)
		}
	}
}

func TestCheckTakesNoZoneForADomain(t *testing.T) {
	for _, endpoint := range []string{
		"https://[::1%25.stackit.cloud]", "https://[::1%25.stackit.cloud]:8443/edge",
		"https://[fe80::1%25x.stackit.cloud]",
		"https://*.stackit.cloud", "https://a_b.stackit.cloud", "https://a..stackit.cloud", "https://.stackit.cloud",
		"https://a,b.stackit.cloud", "https://-a.stackit.cloud", "https://a!.stackit.cloud",
		"https://stackit.cloud:99999",
	} {
		if err := trust.Check(endpoint, []string{"*", ".", "", "stackit.cloud"}); err == nil {
			t.Errorf("%s may be sent credentials", endpoint)
		}
	}
	for _, endpoint := range []string{"https://evil.example", "https://x"} { // trust without effect stays so
		if err := trust.Check(endpoint, []string{"*", ".", "", "evil.example:99999",
			"https://evil.example"}); err == nil {
			t.Errorf("%s may be sent credentials", endpoint)
		}
	}
	if err := trust.Check("https://[0::1]:8443", []string{"[::1]"}); err != nil {
		t.Errorf("an address in another form: %v", err)
	}
}

// FuzzCheck holds what Check lets through against the rule in other words.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"https://edge.api.stackit.cloud/", "https://[::1%25.stackit.cloud]", "https://stackit.cloud:99999",
		"https://a@stackit.cloud",
		"https://x%2e.stackit.cloud", "https://localhost:8443", "https://evil.example#.stackit.cloud",
		"https://[::1]:8443/",
	} {
		f.Add(seed)
	}
	ours := regexp.MustCompile(`^(?i:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*stackit\.cloud|localhost)(?::[0-9]{1,6})?$`)
	f.Fuzz(func(t *testing.T, endpoint string) {
		if trust.Check(endpoint, []string{"localhost"}) != nil {
			return
		}
		u, err := url.Parse(endpoint)
		if err != nil || u.Scheme != "https" || u.User != nil || !ours.MatchString(u.Host) {
			t.Errorf("%q may be sent credentials", endpoint)
		}
	})
}

// FuzzParseHost holds that what is a host has one form, and nothing in it for a shell or a flag parser.
func FuzzParseHost(f *testing.F) {
	for _, seed := range []string{"localhost:8443", "[::1]:1", "*", ".", "a:99999", "::1%lo", "-x"} {
		f.Add(seed)
	}
	plain := regexp.MustCompile(`^(?:[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?$`)
	f.Fuzz(func(t *testing.T, text string) {
		host, err := trust.ParseHost(text)
		if err != nil {
			return
		}
		again, err := trust.ParseHost(host.String())
		if err != nil || again != host || !plain.MatchString(host.String()) {
			t.Errorf("%q is %q, which is %q, %v", text, host, again, err)
		}
	})
}
