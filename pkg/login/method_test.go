package login

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each method is found by its name, can be used, and has an empty grant of its own if sessions are made with it.
func TestMethods(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range methods() {
		if m.name == "" || seen[m.name] {
			t.Errorf("the name %q", m.name)
		}
		seen[m.name] = true
		if m.environment == nil && m.flags == nil {
			t.Errorf("%s: there is no way to it", m.name)
		}
		if (m.held == "") != (m.environment == nil) || (m.grant == nil) != (m.flags == nil) {
			t.Errorf("%s is half described", m.name)
		}
		g, err := newGrant(m.name)
		if (err == nil) != (m.grant != nil) || err == nil && g.Method() != m.name {
			t.Errorf("%s: got the grant %v, %v", m.name, g, err)
		}
		if _, ok := Interactive(m.name, Interaction{}); ok != m.person {
			t.Errorf("%s: a person can be asked: %v", m.name, ok)
		}
	}
	if _, err := newGrant("carrier-pigeon"); err == nil {
		t.Error("an unknown method has a grant")
	}
}

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		args, method, err string
	}{
		{"", "", ""},
		{"--browser", MethodBrowser, ""},
		{"--no-browser --port 8003", MethodBrowser, ""},
		{"--device", methodDevice, ""},
		{"--stackit-cli", MethodSTACKITCLI, ""},
		{"--stackit-cli-profile work", MethodSTACKITCLI, ""},
		{"--service-account-key k --private-key p", methodServiceAccountKey, ""},
		{"--port 8003", "", ""},
		{"--browser --no-browser", "", "want one way to log in, not --browser and --no-browser"},
		{"--device --stackit-cli-profile x", "", "want one way to log in, not --stackit-cli and --device"},
		{"--private-key p", "", "--private-key belongs to --service-account-key, which is missing"},
		{"--port 80", "", "port 80: the identity provider sends browsers back to ports 8000 to 8020 alone"},
	} {
		flags := flag.NewFlagSet("login", flag.ContinueOnError)
		o := NewOptions(flags)
		if err := flags.Parse(strings.Fields(tc.args)); err != nil {
			t.Fatal(err)
		}
		if err := o.Check(); tc.err == "" && err != nil || tc.err != "" && (err == nil || err.Error() != tc.err) {
			t.Errorf("%s: got %v, want %q", tc.args, err, tc.err)
		}
		if tc.err != "" {
			continue
		}
		c := o.Credential(Interaction{Timeout: time.Second})
		if c == nil && tc.method != "" || c != nil && c.Method() != tc.method {
			t.Errorf("%s: got %v, want %q", tc.args, c, tc.method)
		}
	}
}

// What the flags say about a way holds also where it is found and not chosen.
func TestDetectKeepsTheOptions(t *testing.T) {
	w := newWorld(t)
	t.Setenv("PATH", t.TempDir()) // without a STACKIT CLI
	flags := flag.NewFlagSet("login", flag.ContinueOnError)
	o := NewOptions(flags)
	if err := flags.Parse([]string{"--port", "8003"}); err != nil {
		t.Fatal(err)
	}
	c, err := w.account().Detect(t.Context(), o, Interaction{Allowed: true, Timeout: time.Second})
	if b, ok := c.(browserSignIn); err != nil || !ok || b.Port != 8003 || b.Timeout != time.Second {
		t.Errorf("got %+v, %v", c, err)
	}
	if !slices.Equal(Held(), []string{
		"STACKIT_ACCESS_TOKEN", "workload identity", "a service account's key", "a service account's token",
	}) {
		t.Errorf("the environment holds %q", Held())
	}
}
