package kubeconfig

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/adrg/xdg"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run keeps what edits note out of the folder of the person who runs the tests. It also lets the test binary edit the
// kubeconfig that its environment names, for a test that limits it.
func run(m *testing.M) int {
	state, err := os.MkdirTemp("", "kubeconfig-test")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(state)
	if err := os.Setenv("XDG_STATE_HOME", state); err != nil {
		panic(err)
	}
	xdg.Reload()
	path := os.Getenv("KUBECONFIG_TEST_EDIT")
	if path == "" {
		return m.Run()
	}
	if err := Edit(context.Background(), path, edit); err != nil {
		fmt.Fprint(os.Stderr, err)
		return 1
	}
	return 0
}
