//go:build unix

package server

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
)

// TestCloseWhileStarting removes an instance whose API server is still being started: nothing of it may stay.
func TestCloseWhileStarting(t *testing.T) {
	servers, dir := t.TempDir(), t.TempDir()
	// This etcd never listens, so that the start goes on until it is ended.
	if err := os.WriteFile(filepath.Join(servers, "etcd"), []byte("#!/bin/sh\nexec tail -f /dev/null\n"),
		0o700); err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.New(sandbox.Options{URL: "https://localhost"})
	if err != nil {
		t.Fatal(err)
	}
	base := cluster.Options{Servers: servers, CA: s.CA(), Listen: netip.MustParseAddr(loopback), Keep: true}
	f := newFleet(s, base, dir, &ports{}, 0)
	defer f.stopAll()
	if _, err := f.open("site", "", true); err != nil {
		t.Fatal(err)
	}
	f.close("site")
	if err := f.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(f.ending) > 0 {
		t.Errorf("%d instances are still ending", len(f.ending))
	}
	if err := f.context.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "site")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of the removed instance: %v, want none", err)
	}
}
