package kubeconfig

import (
	"regexp"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// FuzzUnloadable holds what we find wrong with a file against what client-go says: of what that loads nothing, and of
// what it does not load a line.
func FuzzUnloadable(f *testing.F) {
	for _, seed := range []string{annotated, "users: x\n", "users: [{user: {token: [a]}}]\n",
		"users: [{user: {token: 1}}]",
		"users:\n- user: {as-groups: [yes]}\n", "users:\n- user: {client-key-data: a}\n", "preferences: {colors: on}\n",
		"clusters:\n- cluster: {extensions: [{name: a, extension: 1}]}\n",
		"users:\n- user: {exec: {env: [{value: ~}]}}\n",
		"x: &x [*x]\n", "users:\n- user: &u {<<: *u}\n", "users:\n- user: {client-key-data: !!binary YQ==}\n",
		"users:\n- user: {token: !!str 1}\n", "users:\n- user: {token: 0x1F}\n",
		"users:\n- user: {token: 2001-01-01}\n",
		"users:\n- user: {as-user-extra: {a: b}}\n", "users:\n- user: {token: 1_000}\n", "kind: config\n",
		"# only\n...\n", "...\n...\n"} {
		f.Add([]byte(seed))
	}
	named := regexp.MustCompile(`^line [1-9]\d*: `)
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := yamledit.Parse(data)
		if err != nil || text.Root() != nil && checkTree(text.Root()) != nil {
			return
		}
		var found error
		if text.Root() != nil {
			found = unloadable(text.Root())
		}
		_, refused := clientcmd.Load(data)
		switch {
		case refused == nil && found != nil:
			t.Errorf("client-go loads it, but: %v", found)
		case refused != nil:
			if _, err := loadModel(data, text.Root()); !named.MatchString(err.Error()) {
				t.Errorf("no line: %v; client-go says: %v", err, refused)
			}
		}
	})
}

func TestUnloadableNamesALine(t *testing.T) {
	for text, want := range map[string]string{
		"...\n":      "line 1: ",
		"...\n...\n": "line 1: ",
	} {
		if _, err := parse([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got error %v, want one of %s", text, err, want)
		}
	}
}
