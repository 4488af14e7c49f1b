//go:build system && linux

package login

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// onDisk has the machine keep its sessions on a disk of its own, with these limits.
func (w *world) onDisk(options string) {
	w.t.Helper()
	state := filepath.Join(w.dir, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", state, "tmpfs", 0, options+",mode=700"); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := syscall.Unmount(state, 0); err != nil {
			w.t.Error(err)
		}
	})
}

// fill takes what is left of the disk's space and of its files, and returns how that is given back.
func (w *world) fill() (empty func()) {
	w.t.Helper()
	dir := filepath.Join(w.dir, "state", "other")
	if err := os.Mkdir(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "data"))
	if err != nil {
		w.t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	_ = f.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		w.t.Fatal(err)
	}
	return func() {
		if err := os.RemoveAll(dir); err != nil {
			w.t.Fatal(err)
		}
	}
}

// fillFiles takes the files that the disk may still have.
func (w *world) fillFiles() (empty func()) {
	w.t.Helper()
	dir := filepath.Join(w.dir, "state", "other")
	err := os.Mkdir(dir, 0o700)
	for i := 0; err == nil; i++ {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		w.t.Fatal(err)
	}
	return func() {
		if err := os.RemoveAll(dir); err != nil {
			w.t.Fatal(err)
		}
	}
}

// A refresh token is not spent before its successor has a place: a disk without space, or without files, logs nobody
// out.
func TestFullDiskLogsNobodyOut(t *testing.T) {
	for name, tc := range map[string]struct {
		options string
		fill    func(*world) func()
	}{
		"no space": {"size=512k", (*world).fill},
		"no inode": {"size=4m,nr_inodes=40", (*world).fillFiles},
		"one inode, which the secret takes": {"size=4m,nr_inodes=40", func(w *world) func() {
			empty := w.fillFiles()
			if err := os.Remove(filepath.Join(w.dir, "state", "other", "0")); err != nil {
				w.t.Fatal(err)
			}
			return empty
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.onDisk(tc.options)
			w.browserLogin()
			w.pass(time.Hour)
			empty := tc.fill(w)
			for range 3 {
				if tried, err := w.account().CheckSpace(); !tried || !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("the space that is tried: %v, %v", tried, err)
				}
				_, err := w.token()
				wantError(t, err, "no space left on device", "nothing is lost")
				if strings.Contains(err.Error(), "revoked") {
					t.Errorf("it says what did not happen: %v", err)
				}
			}
			if got := w.exchanges(sandbox.GrantRefreshToken); got != 0 {
				t.Errorf("the refresh token was spent %d times", got)
			}
			empty()
			w.wantToken(sandbox.AdminUser)
		})
	}
}

// The disk that becomes full while the provider answers does not matter: the place was made before.
func TestDiskFillsDuringTheExchange(t *testing.T) {
	w := newWorld(t)
	w.onDisk("size=512k")
	w.browserLogin()
	for range 3 {
		w.pass(time.Hour)
		plain := w.client.Transport
		var empty func()
		w.client.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
			response, err := plain.RoundTrip(r)
			if strings.HasSuffix(r.URL.Path, "/oauth/v2/token") && empty == nil {
				empty = w.fill()
			}
			return response, err
		})
		w.wantToken(sandbox.AdminUser)
		w.client.Transport = plain
		if empty == nil {
			t.Fatal("nothing was exchanged")
		}
		w.wantToken(sandbox.AdminUser) // the next process
		empty()
	}
	if failed := w.sandbox.Stats().Failed; len(failed) != 0 {
		t.Errorf("refused: %v", failed)
	}
}

// A person who signs in with a full disk is not asked to, rather than in vain.
func TestFullDiskAsksNobody(t *testing.T) {
	w := newWorld(t)
	w.onDisk("size=512k")
	empty := w.fill()
	p := &person{w: w}
	_, err := w.account().Login(t.Context(), browserSignIn{Interaction: p.interaction(p.browse(true))})
	wantError(t, err, "no space left on device", "nothing is lost")
	if got := w.sandbox.Stats().SignIns; got != 0 {
		t.Errorf("%d sign-ins", got)
	}
	empty()
	w.browserLogin()
}
