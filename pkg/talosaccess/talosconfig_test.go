package talosaccess_test

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/machineapi/machineapitest"
	"github.com/kubectl-edge/kubectl-edge/pkg/talosaccess"
)

func TestParse(t *testing.T) {
	p := machineapitest.NewAuthority(t)
	for _, endpoint := range []string{"10.0.0.1", "10.0.0.1:50001", "node-1.example", "node-1.example:443", "fd00::1",
		"[fd00::1]:50000", "https://talos.example", "https://talos.example:8443", "https://[fd00::1]:1/", "localhost"} {
		c, err := talosaccess.Parse(p.Administrator(t, endpoint).File(t), time.Now())
		if err != nil || len(c.Endpoints) != 1 || c.Endpoints[0] != endpoint || c.Context != "berlin" ||
			c.Nodes[0] != "10.0.0.2" {
			t.Errorf("%s: got %v, %v", endpoint, c, err)
		}
	}
	old := p.Administrator(t).With("target", "10.0.0.9")
	if c, err := talosaccess.Parse(old.File(t), time.Now()); err != nil || c.Endpoints[0] != "10.0.0.9" {
		t.Errorf("an older field: got %v, %v", c, err)
	}
	// Two authorities, as while they are being replaced.
	both := append(machineapitest.NewAuthority(t).PEM, p.PEM...)
	two := p.Administrator(t, "10.0.0.1").With("ca", encoded(both))
	if _, err := talosaccess.Parse(two.File(t), time.Now()); err != nil {
		t.Error(err)
	}
}

func TestConfigHidesItsKey(t *testing.T) {
	c, err := talosaccess.Parse(machineapitest.NewAuthority(t).Administrator(t, "10.0.0.1").File(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, c); got != "talosconfig of berlin" {
			t.Errorf("%s: %s", verb, got)
		}
	}
}

// TestParseRefuses: each by its name, and without a word of what could be a secret.
func TestParseRefuses(t *testing.T) {
	p, other := machineapitest.NewAuthority(t), machineapitest.NewAuthority(t)
	good := p.Administrator(t, "10.0.0.1")
	crt := func(change func(*x509.Certificate)) machineapitest.Context {
		crt, key := p.Client(t, change)
		return good.With("crt", encoded(crt)).With("key", encoded(key))
	}
	strangerCrt, strangerKey := other.Client(t, nil)
	file := string(good.File(t))
	with := func(field string, value any) string { return string(good.With(field, value).File(t)) }
	for name, c := range map[string]struct{ file, want string }{
		"empty":          {"", "it is not YAML"},
		"not YAML":       {"{", "it is not YAML"},
		"a text":         {"hello", "its values are of other kinds"},
		"large":          {strings.Repeat("#", 65<<10), "it is larger than 64 KiB"},
		"two documents":  {file + "---\n" + file, "more than one document"},
		"alias":          {"a: &a x\nb: *a\n", "anchors or aliases"},
		"bomb":           {"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "anchors or aliases"},
		"merge":          {"<<: {a: b}\n", "keys that are not names"},
		"tag":            {"context: !!binary eA==\n", "its YAML has tags"},
		"deep":           {"a: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), "more or deeper parts"},
		"wide":           {"a: [" + strings.Repeat("1,", 5000) + "1]", "more or deeper parts"},
		"field twice":    {file + "Context: x\n", "a field twice"},
		"no context":     {"context: berlin\ncontexts: {}\n", "it has 0 contexts"},
		"null context":   {"context: berlin\ncontexts: {berlin: null}\n", "its context is empty"},
		"two contexts":   {strings.Replace(file, "contexts:\n", "contexts:\n  b: {}\n", 1), "it has 2 contexts"},
		"other context":  {strings.Replace(file, "context: berlin", "context: paris", 1), "names another context"},
		"control":        {strings.ReplaceAll(file, "berlin", `"a\x1b[31m"`), "characters that cannot be seen"},
		"wrong kind":     {string(good.With("endpoints", "10.0.0.1").File(t)), `of its field "contexts.endpoints"`},
		"basic":          {with("auth", map[string]any{"basic": map[string]any{"username": "u"}}), "(auth)"},
		"no endpoints":   {with("endpoints", []string{}), "it has no endpoints"},
		"many endpoints": {with("endpoints", make([]string, 100)), "which are too many"},
		"no ca":          {with("ca", nil), "it has no ca"},
		"no crt":         {with("crt", nil), "it has no crt"},
		"no key":         {with("key", nil), "it has no key"},
		"not base64":     {with("crt", "%%%"), "its crt is not base64"},
		"ca is no PEM":   {with("ca", "eHl6"), "its ca is not one or a few certificates in PEM"},
		"ca has a key":   {with("ca", encoded(append(p.PEM, p.KeyPEM...))), "its ca is not one or a few"},
		"ca is a leaf":   {with("ca", good["crt"]), "its ca is not that of a certificate authority"},
		"crt is no PEM":  {with("crt", "eHl6"), "its crt is not a certificate in PEM"},
		"key is no PEM":  {with("key", "eHl6"), "its key is not one in PEM"},
		"half renewed":   {with("key", encoded(strangerKey)), "its crt and its key do not belong together"},
		"another's": {string(good.With("crt", encoded(strangerCrt)).With("key", encoded(strangerKey)).File(t)),
			"its ca has signed"},
		"expired": {string(crt(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) }).File(t)),
			"its certificate expired at "},
		"not yet": {string(crt(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }).File(t)),
			"the clock of this machine says"},
		"a server's": {string(crt(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}).File(t)), "not one for clients"},
		"not an administrator": {string(crt(func(c *x509.Certificate) {
			c.Subject.Organization = []string{"os:reader"}
		}).File(t)), `its certificate has the roles ["os:reader"], and not os:admin`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := talosaccess.Parse([]byte(c.file), time.Now())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			for _, secret := range []string{"key", "crt"} {
				if strings.Contains(err.Error(), good[secret].(string)[:20]) {
					t.Errorf("%v quotes its %s", err, secret)
				}
			}
		})
	}
	for _, endpoint := range []string{"", " ", "http://a.example", "https://u:p@a.example", "https://a.example/x",
		"https://a.example?x",
		"https://", "unix:///run/x", "dns:///a.example", "a.example:0", "a.example:70000", "a/../b",
		"a b", "a\nb", "-a", "a:b:c", "\x1b[31m", "a.example,b.example", strings.Repeat("a", 300)} {
		_, err := talosaccess.Parse(good.With("endpoints", []string{"10.0.0.1", endpoint}).File(t), time.Now())
		if err == nil || !strings.Contains(err.Error(), "its endpoint ") {
			t.Errorf("endpoint %q: %v", endpoint, err)
		}
		_, err = talosaccess.Parse(good.With("nodes", []string{endpoint}).File(t), time.Now())
		if err == nil || !strings.Contains(err.Error(), "its node ") {
			t.Errorf("node %q: %v", endpoint, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("context: a\ncontexts: {a: {endpoints: [b], ca: eA==, crt: eA==, key: eA==}}\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		c, err := talosaccess.Parse(data, time.Now())
		if err == nil && len(c.Endpoints) == 0 {
			panic("no endpoint")
		}
	})
}

func encoded(text []byte) string { return machineapitest.Encoded(text) }
