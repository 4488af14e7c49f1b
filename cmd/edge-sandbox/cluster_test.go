//go:build system

package main

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// TestCluster runs the scripts with API servers.
func TestCluster(t *testing.T) {
	servers := clustertest.Servers(t)
	testscript.Run(t, scripttest.Params(filepath.Join("testdata", "cluster"), *update, func(e *testscript.Env) error {
		if err := setUp(e); err != nil {
			return err
		}
		scripttest.AddToPath(e, servers)
		return nil
	}))
}

// startCluster starts "edge-sandbox up" with a cluster.
func startCluster(t *testing.T, args ...string) *up {
	t.Helper()
	return startUp(t, append([]string{"--servers", clustertest.Servers(t)}, args...)...)
}

// connect connects to a server. The connection ends with the server.
func connect(t *testing.T, network, address string) net.Conn {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// wantGone waits until the other end of c closes it, and its server refuses others: the system closes the sockets of a
// killed process in an order of its own.
func wantGone(t *testing.T, c net.Conn) {
	t.Helper()
	for {
		c.SetDeadline(time.Now().Add(time.Minute))
		if _, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
		again, err := net.Dial(c.RemoteAddr().Network(), c.RemoteAddr().String())
		if err != nil {
			return
		}
		defer again.Close()
		c = again
	}
}

// clusterOf returns a connection to each server of the sandbox whose folder is dir.
func clusterOf(t *testing.T, dir, apiServer string) []net.Conn {
	t.Helper()
	return []net.Conn{
		connect(t, "unix", filepath.Join(dir, "clusters", "demo-3714d85", "etcd.sock")),
		connect(t, "tcp", strings.TrimPrefix(apiServer, "https://")),
	}
}

// shortDir makes a folder whose name leaves room for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "es")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// say is a command that prints where the API server is, and then waits for its standard input to end.
var say = []string{"--", "sh", "-c", `echo "$EDGE_SANDBOX_API_SERVER"; exec cat`}

func TestKilledSandboxLeavesNoChild(t *testing.T) {
	dir := shortDir(t)
	u := startCluster(t, append([]string{"--quiet", "--dir", dir}, say...)...)
	servers := clusterOf(t, dir, u.line(t))
	if err := u.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, u.stdout); err != nil { // ends when the command does, whose standard input is open
		t.Error(err)
	}
	for _, c := range servers {
		wantGone(t, c)
	}
}

func TestTwoSandboxesSideBySide(t *testing.T) {
	dirs := []string{shortDir(t), shortDir(t)}
	var ups []*up
	for _, dir := range dirs {
		ups = append(ups, startCluster(t, append([]string{"--quiet", "--dir", dir}, say...)...))
	}
	var servers [][]net.Conn
	for i, u := range ups {
		servers = append(servers, clusterOf(t, dirs[i], u.line(t)))
	}
	for i, u := range ups {
		u.stdin.Close() // the command ends, and with it the sandbox
		if err := u.Wait(); err != nil {
			t.Error(err)
		}
		for _, c := range servers[i] {
			wantGone(t, c)
		}
	}
}

func TestStaysUntilInterrupted(t *testing.T) {
	dir := shortDir(t)
	u := startCluster(t, "--quiet", "--dir", dir)
	var apiServer string
	for !strings.HasPrefix(apiServer, "https://") {
		_, apiServer, _ = strings.Cut(strings.TrimSuffix(u.line(t), "'"), "export EDGE_SANDBOX_API_SERVER='")
	}
	servers := clusterOf(t, dir, apiServer)
	if err := u.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, u.stdout); err != nil {
		t.Error(err)
	}
	if err := u.Wait(); err != nil {
		t.Error(err)
	}
	for _, c := range servers {
		wantGone(t, c)
	}
}
