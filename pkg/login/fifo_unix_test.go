//go:build unix

package login

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// A kubeconfig can set the variable for the helper, which must not wait forever for somebody to write.
func TestKeyInAFIFOThatNobodyWrites(t *testing.T) {
	w := newWorld(t)
	fifo := filepath.Join(w.dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	w.env = map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": fifo}
	_, err := w.token()
	wantError(t, err, fifo+" is empty", "")
}

func TestKeyInAPipe(t *testing.T) {
	w := newWorld(t)
	r, key, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		defer key.Close()
		_, _ = key.Write(w.sandbox.ServiceAccountKey())
	}()
	w.env = map[string]string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH": fmt.Sprintf("/dev/fd/%d", r.Fd())}
	w.wantToken(sandbox.AdminServiceAccount)
}
