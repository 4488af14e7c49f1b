package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/plugins/sts"
)

var update = flag.Bool("update", false, "update the scripts' expected output")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"edge-sandbox": main, "fetch": fetch, "kubectl-sts": kubectlSTS})
}

// kubectlSTS is cmd/kubectl-sts, for what the sandbox's StackState keeps.
func kubectlSTS() { os.Exit(plugin.Main(sts.Tree, "test")) }

// fetch is a program for scripts: it gets a path of the sandbox, and prints the status code and the body.
func fetch() {
	client, err := newClient(os.Getenv("EDGE_SANDBOX_CA"))
	if err != nil {
		panic(err)
	}
	res, err := client.Get(os.Getenv("EDGE_SANDBOX_URL") + os.Args[1])
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d %s\n", res.StatusCode, bytes.TrimSpace(body))
}

func TestScripts(t *testing.T) {
	servers := clustertest.Servers(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("SERVERS", servers)
			e.Setenv("PATH", withoutServers(e.Getenv("PATH")))
			e.Setenv("TMPDIR", filepath.Join(e.WorkDir, "tmp")) // must be empty after each run
			return os.Mkdir(filepath.Join(e.WorkDir, "tmp"), 0o700)
		},
	})
}

// withoutServers is path without folders that hold a kube-apiserver: scripts say themselves where the servers are.
func withoutServers(path string) string {
	folders := slices.DeleteFunc(filepath.SplitList(path), func(folder string) bool {
		_, err := os.Stat(filepath.Join(folder, "kube-apiserver"))
		return err == nil
	})
	return strings.Join(folders, string(filepath.ListSeparator))
}

// up is a running "edge-sandbox up".
type up struct {
	*exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

// startUp starts "edge-sandbox up" with its standard input held open. A test that ends early kills it.
func startUp(t *testing.T, args ...string) *up {
	t.Helper()
	cmd := exec.Command("edge-sandbox", append([]string{"up", "--servers", clustertest.Servers(t)}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return &up{Cmd: cmd, stdin: stdin, stdout: bufio.NewReader(stdout)}
}

// line returns the next line of the standard output.
func (u *up) line(t *testing.T) string {
	t.Helper()
	line, err := u.stdout.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

// connect connects to a server. The connection's end tells of the server's.
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
		connect(t, "unix", filepath.Join(dir, "cluster", "etcd.sock")),
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

// say is a command that tells where the API server is, and then waits for its standard input to end.
var say = []string{"--", "sh", "-c", `echo "$EDGE_SANDBOX_API_SERVER"; exec cat`}

func TestKilledSandboxLeavesNoChild(t *testing.T) {
	dir := shortDir(t)
	u := startUp(t, append([]string{"--quiet", "--dir", dir}, say...)...)
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
		ups = append(ups, startUp(t, append([]string{"--quiet", "--dir", dir}, say...)...))
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
	u := startUp(t, "--quiet", "--dir", dir)
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

func TestSignalsReachTheCommand(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP} {
		t.Run(name, func(t *testing.T) {
			u := startUp(t, "--quiet", "--no-cluster", "--", "sh", "-c",
				`trap "echo got `+name+`; exit 5" `+name+`; echo ready; read -r _`)
			u.line(t)
			if err := u.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if got, want := u.line(t), "got "+name; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if err := u.Wait(); u.ProcessState.ExitCode() != 5 {
				t.Errorf("got %v, want exit status 5", err)
			}
		})
	}
}
