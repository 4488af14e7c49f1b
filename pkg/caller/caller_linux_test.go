package caller

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain is the helper, where it is called as one: it prints whether its folders are its client's.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "helper" {
		fmt.Print(Client().SameFolders(os.Getenv))
		return
	}
	os.Exit(m.Run())
}

// The client is this test, which is not a shell, or a shell.
func TestClient(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	export := []string{"sh", "-c", `export XDG_CONFIG_HOME=/other; "$0" helper; exit $?`, self}
	for name, tc := range map[string]struct {
		command []string
		env     []string
		want    string
	}{
		"as the client has it": {[]string{self, "helper"}, nil, "true"},
		"of a kubeconfig": {[]string{self, "helper"}, []string{"XDG_CONFIG_HOME=/evil"},
			"false"},
		"exported in a shell":                      {export, nil, "true"},
		"exported in a shell that a client called": {export, []string{execInfo + "={}"}, "false"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), tc.command[0], tc.command[1:]...)
			cmd.Env = append(os.Environ(), tc.env...)
			out, err := cmd.Output()
			if got := strings.TrimSpace(string(out)); err != nil || got != tc.want {
				t.Errorf("SameFolders: %s, %v, want %s", got, err, tc.want)
			}
		})
	}
}
