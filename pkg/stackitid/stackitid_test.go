package stackitid

import (
	"strings"
	"testing"
)

func TestChecks(t *testing.T) {
	// What must never reach a URL, a path or a shell, whatever the kind of identifier.
	hostile := []string{
		"", " ", "-", "-demo", "demo-", "../../x", "..", ".", "a/b", `a\b`, "https://evil.example/", "demo?x=1",
		"demo#x", "demo%2f",
		"$(id)", "`id`", "a;b", "a b", "a\nb", "a\x00b", "demo\n", "dém-o", "Demo", "demo.x", "--region",
		strings.Repeat("a", 1000),
	}
	for _, c := range []struct {
		name      string
		check     func(string) error
		valid     []string
		malformed []string
	}{
		{"project ID", ProjectID,
			[]string{"12345678-ffff-4bcd-8fff-123456789abc", "12345678-FFFF-4BCD-8FFF-123456789ABC",
				"00000000-0000-0000-0000-000000000000"},
			[]string{"12345678-ffff-4bcd-8fff-123456789ab", "12345678-ffff-4bcd-8fff-123456789abcd",
				"12345678-ffff-4bcd-8fff-123456789abg", "12345678affff-4bcd-8fff-123456789abc",
				"{2345678-ffff-4bcd-8fff-123456789ab}", "1234567812345678123456781234567812345678"}},
		{"plan ID", PlanID,
			[]string{"12345678-ffff-4bcd-8fff-123456789abc"},
			[]string{"S", "12345678-ffff-4bcd-8fff-123456789ab"}},
		{"region", Region,
			[]string{"eu01", "eu02", "e", "us-east-1", strings.Repeat("a", 32)},
			[]string{"1eu", "EU01", strings.Repeat("a", 33)}},
		{"instance ID", InstanceID,
			[]string{"demo-3714d85", "a", "0demo-1", strings.Repeat("a", 16)},
			[]string{"DEMO-3714d85", "demo_3714d85", strings.Repeat("a", 17)}},
		{"namespace", Namespace,
			[]string{"default", "a", "0", strings.Repeat("a", 63)},
			[]string{"Default", "a.b", strings.Repeat("a", 64)}},
		{"UID of an edge cluster", ClusterUID,
			[]string{"12345678-ffff-4bcd-8fff-123456789abc"},
			[]string{"berlin", "12345678-ffff-4bcd-8fff-123456789ab"}},
		{"instance name", DisplayName,
			[]string{"demo", "a--b", "abcdefgh", "d3m0"},
			[]string{"abc", "abcdefghi", "1abc", "abc-"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, s := range c.valid {
				if err := c.check(s); err != nil {
					t.Errorf("%q: %v", s, err)
				}
			}
			for _, s := range append(c.malformed, hostile...) {
				err := c.check(s)
				if err == nil {
					t.Errorf("%q passed", s)
					continue
				}
				if msg := err.Error(); !strings.HasPrefix(msg, c.name+" ") || strings.ContainsAny(msg, "\n\x00") ||
					len(msg) > 320 {
					t.Errorf("%q: message %q", s, msg)
				}
			}
		})
	}
}

func TestClusterName(t *testing.T) {
	for name, valid := range map[string]bool{
		"berlin": true, "b": true, "berlin.plant-1.example": true, strings.Repeat("a", 241): true, "0-1": true,
		"": false, ".": false, "..": false, "berlin.": false, ".berlin": false, "a..b": false, "../x": false,
		"Berlin": false, "a/b": false, "a b": false, "-a": false, "a-": false, "a.-b": false, "a\n": false,
		strings.Repeat("a", 242): false,
	} {
		if err := ClusterName(name); (err == nil) != valid {
			t.Errorf("%.20q: %v", name, err)
		}
	}
}

func TestMessage(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{ProjectID("../../x"), `project ID "../../x" is not a UUID (32 hexadecimal digits in groups of 8-4-4-4-12),` +
			` for example 12345678-90ab-cdef-1234-567890abcdef`},
		{Region(""), `region is missing, for example eu01`},
		{InstanceID(strings.Repeat("x", 49)), `instance ID "` + strings.Repeat("x", 48) +
			`"… must have 1 to 16 lower-case letters, digits and hyphens, and start and end with a letter or digit,` +
			` for example demo-3714d85`},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
