package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/control"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
	"github.com/kubectl-edge/kubectl-edge/plugins/credential"
	"github.com/kubectl-edge/kubectl-edge/plugins/edge"
	"github.com/kubectl-edge/kubectl-edge/plugins/sts"
)

var update = flag.Bool("update", false, "update the scripts' expected output")

func TestMain(m *testing.M) {
	programs := map[string]func(){
		"edge-sandbox": main, "fetch": fetch, "fetch-as": fetchAs, "kubectl-sts": kubectlSTS,
		"kubectl-edge":            func() { os.Exit(plugin.Main(edge.Tree, buildinfo.Of("test", "", ""))) },
		"kubectl-edge_credential": kubectlEdgeCredential,
	}
	maps.Copy(programs, systemPrograms())
	testscript.Main(m, programs)
}

// kubectlEdgeCredential is cmd/kubectl-edge_credential.
func kubectlEdgeCredential() {
	os.Exit(credential.Run(credential.Process{
		Args: os.Args, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now,
		Build: func() buildinfo.Info { return buildinfo.Of("test", "", "") },
	}))
}

// kubectlSTS is cmd/kubectl-sts, for what the sandbox's StackState keeps.
func kubectlSTS() { os.Exit(plugin.Main(sts.Tree, buildinfo.Of("test", "", ""))) }

// fetch is a program for scripts: it gets a path of the sandbox, and prints the status code and the body.
func fetch() {
	client, err := control.NewHTTP(os.Getenv("EDGE_SANDBOX_CA"))
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

// fetchAs is fetch for a HOST, a PORT and a path: that host, which no name service knows, is this machine. It prints
// the status code, and of what was answered in JSON the beginning.
func fetchAs() {
	client, err := control.NewHTTP(os.Getenv("EDGE_SANDBOX_CA"))
	if err != nil {
		panic(err)
	}
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", os.Args[2]))
	}
	if os.Args[1] == "attacker.example" { // for which there is no certificate, and a page's browser would not mind
		client.Transport.(*http.Transport).TLSClientConfig.ServerName = "localhost"
	}
	res, err := client.Get("https://" + net.JoinHostPort(os.Args[1], os.Args[2]) + os.Args[3])
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		panic(err)
	}
	if res.StatusCode != http.StatusOK {
		fmt.Println(res.StatusCode)
		return
	}
	begin, _, _ := bytes.Cut(body, []byte(","))
	fmt.Printf("%d %s\n", res.StatusCode, begin)
}

func TestScripts(t *testing.T) {
	testscript.Run(t, scripttest.Params("testdata", *update, setUp))
}

// setUp makes a person's machine without servers, and a folder for temporary files, which must be empty after each run.
func setUp(e *testscript.Env) error {
	e.Setenv("PATH", withoutServers(e.Getenv("PATH")))
	e.Setenv("TMPDIR", filepath.Join(e.WorkDir, "tmp"))
	if err := os.Mkdir(filepath.Join(e.WorkDir, "tmp"), 0o700); err != nil {
		return err
	}
	return (&scripttest.World{}).SetUpPerson(e)
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
	cmd := exec.Command("edge-sandbox", append([]string{"up"}, args...)...)
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

func TestSignalsReachTheCommand(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM,
		"HUP": syscall.SIGHUP} {
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
