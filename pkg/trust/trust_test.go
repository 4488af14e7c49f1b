package trust_test

import (
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

func TestCheck(t *testing.T) {
	trusted := []string{"localhost:8443", "Sandbox.Example", "[::1]:8443"}
	for endpoint, ok := range map[string]bool{
		"https://edge.api.stackit.cloud":                    true,
		"https://edge.api.stackit.cloud/":                   true,
		"https://stackit.cloud":                             true,
		"https://EDGE.API.STACKIT.CLOUD":                    true,
		"https://edge.api.stackit.cloud:8443/v1":            true,
		"https://localhost:8443/edge":                       true,
		"https://LOCALHOST:8443":                            true,
		"https://sandbox.example":                           true,
		"https://sandbox.example:444":                       true, // trusted without a port
		"https://[::1]:8443":                                true,
		"https://evilstackit.cloud":                         false,
		"https://stackit.cloud.evil.example":                false,
		"https://stackit.cloud@evil.example":                false,
		"https://edge.api.stackit.cloud@evil.example":       false,
		"https://user:password@edge.api.stackit.cloud":      false,
		"https://user@localhost:8443":                       false,
		"https://evil.example#.stackit.cloud":               false,
		"https://evil.example?.stackit.cloud":               false,
		"https://evil.example/.stackit.cloud":               false,
		`https://evil.example\.stackit.cloud`:               false,
		"https://evil.example%2f.stackit.cloud":             false,
		"https://evil.example\n.stackit.cloud":              false,
		"https://stackit.cloud.":                            false, // another name to a certificate check
		"https://localhost":                                 false,
		"https://localhost:84433":                           false,
		"https://localhost:443":                             false,
		"https://a.sandbox.example":                         false,
		"https://xn--stackit-cloud.example":                 false,
		"https://ſtackit.cloud":                             false, // folds to an s in some comparisons
		"http://edge.api.stackit.cloud":                     false,
		"http://localhost:8443":                             false,
		"ftp://edge.api.stackit.cloud":                      false,
		"//edge.api.stackit.cloud":                          false,
		"edge.api.stackit.cloud":                            false,
		"https:edge.api.stackit.cloud":                      false,
		"https://":                                          false,
		"":                                                  false,
		"https://edge.api.stackit.cloud:port":               false,
		"https://" + strings.Repeat("a", 300) + ".example/": false,
	} {
		err := trust.Check(endpoint, trusted)
		if (err == nil) != ok {
			t.Errorf("%q: %v, want ok to be %v", endpoint, err, ok)
		}
	}
}

func TestCheckQuotesNoSecret(t *testing.T) {
	for _, endpoint := range []string{
		"https://ada:hunter2@edge.api.stackit.cloud", "http://ada:hunter2@localhost", "https://ada:hunter2@",
		"ada:hunter2@localhost",
		"https:ada:hunter2@localhost", "https://ada:hunter2%zz@localhost", "https://ada:hunter2@localhost:port",
		"hunter2", "https://[hunter2",
		"http://localhost/?password=hunter2", "http://localhost/hunter2", "https://evil.example/?password=hunter2",
	} {
		err := trust.Check(endpoint, nil)
		if err == nil || strings.Contains(err.Error()+hint.Of(err), "hunter2") || strings.Contains(err.Error(), "ada") {
			t.Errorf("%q: %v, hint %q", endpoint, err, hint.Of(err))
		}
	}
}

func TestCheckHint(t *testing.T) {
	const trustIt = "only if you know that host: kubectl edge config trust "
	for endpoint, want := range map[string]string{
		"https://localhost:8443/edge": trustIt + "localhost:8443",
		"https://[::1]:8443":          trustIt + "[::1]:8443",
		"https://a-b.Example":         trustIt + "a-b.example",
		// A discovery document can name a host that a shell would run.
		"https://x$(id)": "", "https://x;id": "", "https://x&id": "", "https://x'id": "", "https://x*": "",
		"https://--remove": "",
		"https://x%20id":   "", "https://ſtackit.cloud": "",
		"https://": "", "http://localhost": "", "https://ada@localhost": "",
	} {
		if err := trust.Check(endpoint, nil); err == nil || hint.Of(err) != want {
			t.Errorf("%q: %v has the hint %q, want %q", endpoint, err, hint.Of(err), want)
		}
	}
	for endpoint, want := range map[string]string{"localhost": "kubectl edge config get", "https://localhost": trustIt +
		"localhost"} {
		if err := trust.CheckEndpoints(profile.Endpoints{Edge: endpoint}, nil); hint.Of(err) != want {
			t.Errorf("configured as %q: %v has the hint %q, want %q", endpoint, err, hint.Of(err), want)
		}
	}
}

func TestCheckEndpoints(t *testing.T) {
	var none profile.Endpoints
	if err := trust.CheckEndpoints(none.WithDefaults(), nil); err != nil {
		t.Errorf("the public services: %v", err)
	}
	own := profile.Endpoints{Edge: "https://a.stackit.cloud", ResourceManager: "https://b.stackit.cloud",
		IdentityProvider: "https://c.stackit.cloud", ServiceAccountToken: "https://d.stackit.cloud"}
	if got := own.WithDefaults(); got != own {
		t.Errorf("one's own became %+v", got)
	}
	for _, set := range []func(*profile.Endpoints){
		func(e *profile.Endpoints) { e.Edge = "https://evil.example" },
		func(e *profile.Endpoints) { e.ResourceManager = "https://evil.example" },
		func(e *profile.Endpoints) { e.IdentityProvider = "https://evil.example" },
		func(e *profile.Endpoints) { e.ServiceAccountToken = "https://evil.example" },
	} {
		e := own
		set(&e)
		if trust.CheckEndpoints(e, nil) == nil {
			t.Errorf("%+v is accepted", e)
		}
	}
}
