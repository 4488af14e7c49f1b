package login

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestDiscovery(t *testing.T) {
	shared := newWorld(t)
	document := func(w *world, changes map[string]string) string {
		fields := map[string]string{
			"issuer": w.sandbox.URL(), "authorization_endpoint": w.sandbox.URL() + "/oauth/v2/authorize",
			"token_endpoint": w.sandbox.URL() + "/oauth/v2/token", "jwks_uri": w.sandbox.URL() + "/oauth/v2/keys",
		}
		for name, value := range changes {
			fields[name] = value
		}
		var members []string
		for name, value := range fields {
			members = append(members, fmt.Sprintf("%q:%q", name, value))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	const elsewhere = "https://evilstackit.cloud/x"
	for _, tc := range []struct {
		name  string
		fault sandbox.Fault
		doc   map[string]string
		want  string
	}{
		{"authorization endpoint elsewhere", sandbox.Fault{}, map[string]string{"authorization_endpoint": elsewhere},
			"not below stackit.cloud"},
		{"token endpoint elsewhere", sandbox.Fault{}, map[string]string{"token_endpoint": elsewhere},
			"not below stackit.cloud"},
		{"keys elsewhere", sandbox.Fault{}, map[string]string{"jwks_uri": elsewhere}, "not below stackit.cloud"},
		{"device endpoint elsewhere", sandbox.Fault{}, map[string]string{"device_authorization_endpoint": elsewhere},
			"not below stackit.cloud"},
		{"revocation endpoint elsewhere", sandbox.Fault{}, map[string]string{"revocation_endpoint": elsewhere},
			"not below stackit.cloud"},
		{"token endpoint without TLS", sandbox.Fault{},
			map[string]string{"token_endpoint": "http://accounts.stackit.cloud/x"}, "want https"},
		{"no token endpoint", sandbox.Fault{}, map[string]string{"token_endpoint": ""}, "names no token endpoint"},
		{"no keys", sandbox.Fault{}, map[string]string{"jwks_uri": ""}, "names no keys"},
		{"another issuer", sandbox.Fault{}, map[string]string{"issuer": "https://accounts.stackit.cloud"},
			"that of another issuer"},
		{"not there", sandbox.Fault{Preset: "not-found"}, nil, "what came back is none"},
		{"web page", sandbox.Fault{Preset: "html"}, nil, "what came back is none"},
		{"cut off", sandbox.Fault{Preset: "cut"}, nil, "EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := shared.fresh(t)
			p := &person{w: w}
			tc.fault.Path = "/.well-known/openid-configuration"
			if tc.doc != nil {
				tc.fault.Status, tc.fault.ContentType, tc.fault.Body = 200, "application/json", document(w, tc.doc)
			}
			if err := w.sandbox.Inject(tc.fault); err != nil {
				t.Fatal(err)
			}
			_, err := w.account().Login(t.Context(), browserSignIn{Interaction: p.interaction(func(string) error {
				t.Error("a browser was opened")
				return nil
			})})
			wantError(t, err, tc.want, "")
			if !strings.Contains(err.Error(), "identity provider "+w.sandbox.URL()) {
				t.Errorf("the error does not name the provider: %v", err)
			}
		})
	}
}
