package envcredential_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
)

func TestIdentity(t *testing.T) {
	if got := envcredential.Of(func(string) string { return "" }).Identity(); got != nil {
		t.Errorf("without credentials: got %q", got)
	}
	one := envcredential.Of(func(n string) string {
		return map[string]string{"STACKIT_ACCESS_TOKEN": "top secret"}[n]
	}).Identity()
	if len(one) != 1 || !strings.HasPrefix(one[0], "STACKIT_ACCESS_TOKEN=") || strings.Contains(one[0], "secret") {
		t.Errorf("got %q, want a name and a hash", one)
	}
}

// When another's key lies at a path, the tokens of the one before are not theirs.
func TestIdentityOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.json")
	for _, name := range []string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH", "STACKIT_PRIVATE_KEY_PATH",
		"STACKIT_CREDENTIALS_PATH"} {
		identity := func() []string {
			return envcredential.Of(func(n string) string { return map[string]string{name: path}[n] }).Identity()
		}
		seen := map[string]string{strings.Join(identity(), "\n"): "no file"}
		for _, content := range []string{"one", "three"} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			first := strings.Join(identity(), "\n")
			if before, ok := seen[first]; ok {
				t.Errorf("%s: %q is taken for %s", name, content, before)
			}
			if again := strings.Join(identity(), "\n"); again != first {
				t.Errorf("%s: the same file is another one", name)
			}
			seen[first] = content
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// The same holds for a credentials file, also where nobody named it, and for the keys that it names.
func TestIdentityOfACredentialsFile(t *testing.T) {
	home := t.TempDir()
	byDefault := filepath.Join(home, ".stackit", "credentials.json")
	if err := os.Mkdir(filepath.Dir(byDefault), 0o700); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(home, "key.json")
	quoted, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	named := filepath.Join(home, "named.json")
	for path, env := range map[string]map[string]string{
		byDefault: {"HOME": home, "USERPROFILE": home},
		named:     {"STACKIT_CREDENTIALS_PATH": named},
	} {
		for _, form := range []string{
			`{"STACKIT_SERVICE_ACCOUNT_KEY_PATH":%s}`,
			`{"STACKIT_SERVICE_ACCOUNT_KEY_PATH" : %s, "STACKIT_PRIVATE_KEY_PATH": ""}`,
			"{\n\t\"STACKIT_PRIVATE_KEY_PATH\":\n\t%s\n}", `{"stackit_private_key_path":%s}`,
			`{"note": "STACKIT_PRIVATE_KEY_PATH", "STACKIT_PRIVATE_KEY_PATH":%s}`,
			`{"STACKIT_PRIVATE_KEY_PATH":"absent", "STACKIT_PRIVATE_KEY_PATH":%s}`,
		} {
			content := fmt.Sprintf(form, quoted)
			for _, content := range []string{content, strings.ReplaceAll(content, "/", `\/`)} {
				seen := map[string]string{}
				step := func(name, path, content string) {
					if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
						t.Fatal(err)
					}
					identity := strings.Join(envcredential.Of(func(n string) string { return env[n] }).Identity(), "\n")
					if before, ok := seen[identity]; ok {
						t.Errorf("%s, %s: %s is taken for %s: %q", path, content, name, before, identity)
					}
					seen[identity] = name
				}
				step("a token in the file", path, `{"STACKIT_SERVICE_ACCOUNT_TOKEN":"x"}`)
				step("a file that names a key", path, content)
				step("its key", key, "one")
				step("another key", key, "three")
				step("another file", path, content+"\n")
				if err := os.Remove(key); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, rubbish := range []string{``, `{`, `"STACKIT_PRIVATE_KEY_PATH"`, `{"STACKIT_PRIVATE_KEY_PATH":"`,
		`{"STACKIT_PRIVATE_KEY_PATH":1}`} {
		if err := os.WriteFile(named, []byte(rubbish), 0o600); err != nil {
			t.Fatal(err)
		}
		env := map[string]string{"STACKIT_CREDENTIALS_PATH": named}
		if got := envcredential.Of(func(n string) string { return env[n] }).Identity(); len(got) != 1 {
			t.Errorf("%s: %q", rubbish, got)
		}
	}
}

// Every variable is in the list with a name of its own, and changes the identity, but for the one that a login pins.
func TestEveryVariableIsIdentity(t *testing.T) {
	seen := map[string]bool{}
	for v := envcredential.AccessToken; v <= envcredential.CLIProfile; v++ {
		name := v.String()
		if name == "" || seen[name] || !envcredential.Is(name) {
			t.Fatalf("variable %d has the name %q", int(v), name)
		}
		seen[name] = true
		identity := func(value string) string {
			return strings.Join(envcredential.Of(func(n string) string {
				if n == name {
					return value
				}
				return ""
			}).Identity(), "\n")
		}
		if changed := identity("x") != identity("y") &&
			identity("x") != ""; changed == (v == envcredential.CLIProfile) {
			t.Errorf("%s changes the identity: %v", name, changed)
		}
	}
}

// A key or token in the variables goes before the file's, and one that a path names before one that is held itself.
func TestPrecedence(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	of := envcredential.File{Path: "/credentials.json", Token: " of the file\n", KeyPath: file("file's path"),
		Key: "file's key"}
	for name, tc := range map[string]struct {
		env              map[string]string
		key, from, token string
	}{
		"nothing": {nil, "file's path", of.KeyPath, "of the file"},
		"values": {map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY": "key", "STACKIT_SERVICE_ACCOUNT_TOKEN": "token\n"},
			"key", "STACKIT_SERVICE_ACCOUNT_KEY", "token"},
		"both": {map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY": "key",
			"STACKIT_SERVICE_ACCOUNT_KEY_PATH": file("path")},
			"path", filepath.Join(dir, "path"), "of the file"},
	} {
		e := envcredential.Of(func(n string) string { return tc.env[n] })
		key, from, err := e.Key(of)
		if err != nil || string(key) != tc.key || from != tc.from {
			t.Errorf("%s: got %q from %q, %v, want %q from %q", name, key, from, err, tc.key, tc.from)
		}
		if token, from := e.Token(of); token != tc.token || (from == of.Path) != (token == "of the file") {
			t.Errorf("%s: got the token %q of %s, want %q", name, token, from, tc.token)
		}
	}
}
