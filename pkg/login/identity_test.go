package login

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
)

// Every variable that a credential is looked for in changes the key of the tokens that are minted with it: else the
// token of one identity would answer another. Which variables these are is what Open and Token ask for, and no second
// list.
func TestEveryCredentialVariableIsIdentity(t *testing.T) {
	w := newWorld(t)
	home := filepath.Join(w.dir, "home", ".stackit")
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	credentials := filepath.Join(home, "credentials.json")
	if err := os.WriteFile(credentials, []byte(`{"STACKIT_SERVICE_ACCOUNT_TOKEN":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	key := w.keyFile().Path
	// Which would go before variables.
	w.profile.Endpoints.IdentityProvider, w.profile.Endpoints.ServiceAccountToken = "", ""
	asked := map[string]bool{}
	for _, env := range []map[string]string{ // one for each source, so that what only some of them read is asked for
		{}, {"STACKIT_ACCESS_TOKEN": "x"},
		{"STACKIT_SERVICE_ACCOUNT_EMAIL": "a@b", "STACKIT_FEDERATED_TOKEN_FILE": key},
		{"STACKIT_SERVICE_ACCOUNT_EMAIL": "a@b", "STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN": w.workloadToken(nil)},
		{"STACKIT_SERVICE_ACCOUNT_EMAIL": "a@b", "STACKIT_USE_OIDC": "1",
			"ACTIONS_ID_TOKEN_REQUEST_URL":   w.sandbox.URL(),
			"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"},
		{"STACKIT_SERVICE_ACCOUNT_EMAIL": "a@b", "STACKIT_USE_OIDC": "1", "SYSTEM_OIDCREQUESTURI": w.sandbox.URL(),
			"SYSTEM_ACCESSTOKEN": "x"},
		{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": key}, {"STACKIT_SERVICE_ACCOUNT_TOKEN": "x"},
		{"STACKIT_CREDENTIALS_PATH": credentials},
		{"HOME": filepath.Join(w.dir, "home"), "USERPROFILE": filepath.Join(w.dir, "home")},
	} {
		a := w.account()
		a.Env = envcredential.Of(func(name string) string { asked[name] = true; return env[name] })
		if source, err := a.Open(t.Context()); err == nil {
			_, _ = source.Token(t.Context()) // that it is refused does not matter: what it asked for does
		}
	}
	if len(asked) < 15 {
		t.Fatalf("only %q are asked for", slices.Sorted(maps.Keys(asked)))
	}
	for name := range asked {
		value, other := "x", "y"
		if name == "HOME" || name == "USERPROFILE" { // a folder, where what lies in it counts
			value, other = filepath.Join(w.dir, "home"), t.TempDir()
		}
		identity := func(value string) []string {
			return envcredential.Of(func(n string) string {
				if n == name {
					return value
				}
				return ""
			}).Identity()
		}
		if home := map[bool]string{true: "USERPROFILE", false: "HOME"}[runtime.GOOS == "windows"]; name != home &&
			(name == "HOME" || name == "USERPROFILE") {
			continue // of the other system
		}
		if slices.Equal(identity(value), identity(other)) || slices.Equal(identity(value), identity("")) {
			t.Errorf("%s is looked at, and does not change the key", name)
		}
	}
}
