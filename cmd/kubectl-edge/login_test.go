package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

// person is one with a machine, a sandbox and nothing configured but where that is, for tests that no script can tell.
type person struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	client  *http.Client // trusts the sandbox
	env     *testscript.Env
}

func newPerson(t *testing.T) *person {
	t.Helper()
	s, srv := sandboxtest.Start(t)
	p := &person{t: t, sandbox: s, client: sandboxtest.Client(t, s)}
	p.setUp(srv)
	return p
}

// setUp makes the person's machine. The server is nil if it is shared.
func (p *person) setUp(server *httptest.Server) {
	p.t.Helper()
	p.env = &testscript.Env{WorkDir: p.t.TempDir(), Values: map[any]any{}, Vars: []string{"PATH=" + os.Getenv("PATH")}}
	w := &scripttest.World{Sandbox: p.sandbox, Server: server, Requests: scripttest.NewRequests()}
	if err := w.SetUp(p.env); err != nil {
		p.t.Fatal(err)
	}
	p.env.Setenv("BROWSER_LOG", filepath.Join(p.env.WorkDir, "browser.log"))
	p.env.Setenv("SANDBOX_CA", filepath.Join(p.env.WorkDir, "ca.pem"))
}

func (p *person) dirs() dirs.Dirs {
	return dirs.Dirs{
		Config: filepath.Join(p.env.Getenv("XDG_CONFIG_HOME"), "kubectl-edge"),
		State:  filepath.Join(p.env.Getenv("XDG_STATE_HOME"), "kubectl-edge"),
	}
}

func (p *person) state() fs.FS { return os.DirFS(p.dirs().State) }

// wantNobody checks that nobody is logged in, and no secret is stored.
func (p *person) wantNobody() {
	p.t.Helper()
	if session, err := profile.LoadSession(p.dirs(), profile.DefaultName); !errors.Is(err, fs.ErrNotExist) {
		p.t.Errorf("there is a session: %+v, %v", session, err)
	}
	if sealed, err := fs.Glob(p.state(), "secrets/*.sealed"); err != nil || len(sealed) > 0 {
		p.t.Errorf("there are secrets: %v, %v", sealed, err)
	}
}

// process is a kubectl edge that runs.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	addresses      chan string // that it prints on stderr
	read           chan struct{}
}

// start starts kubectl edge. It is killed when the test ends.
func (p *person) start(args ...string) *process {
	p.t.Helper()
	return p.startWith(nil, append([]string{"kubectl-edge"}, args...)...)
}

// startWith starts a command with further variables.
func (p *person) startWith(env []string, command ...string) *process {
	p.t.Helper()
	r := &process{t: p.t, addresses: make(chan string, 8), read: make(chan struct{})}
	r.cmd = exec.CommandContext(p.t.Context(), command[0], command[1:]...)
	r.cmd.Env = slices.Concat(p.env.Vars, env)
	r.cmd.Dir = p.env.WorkDir
	r.cmd.Stdout = &r.stdout
	stderr, err := r.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(r.read)
		defer close(r.addresses)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			r.stderr.WriteString(lines.Text() + "\n")
			if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "https://") {
				r.addresses <- line
			}
		}
	}()
	return r
}

// address is the next one to sign in at.
func (r *process) address() string {
	r.t.Helper()
	address, ok := <-r.addresses
	if !ok {
		_, stdout, stderr := r.wait()
		r.t.Fatalf("it ended without an address:\n%s%s", stdout, stderr)
	}
	return address
}

// wait waits for the end.
func (r *process) wait() (code int, stdout, stderr string) {
	r.t.Helper()
	<-r.read
	if err := r.cmd.Wait(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			r.t.Fatal(err)
		}
		code = exit.ExitCode()
	}
	return code, r.stdout.String(), r.stderr.String()
}

// wantFailure waits for a failure with this text on stderr.
func (r *process) wantFailure(text string) {
	r.t.Helper()
	if code, stdout, stderr := r.wait(); code != 1 || !strings.Contains(stderr, text) || stdout != "" {
		r.t.Errorf("exit code %d, stdout %q, want %q in stderr:\n%s", code, stdout, text, stderr)
	}
}

// asKubectl runs the command that follows as kubectl runs a helper: as a child of a process with the person's
// environment.
func asKubectl() []string { return []string{"sh", "-c", `"$@"; exit $?`, "kubectl"} }

func (p *person) run(args ...string) (code int, stdout, stderr string) {
	p.t.Helper()
	return p.start(args...).wait()
}

// exec runs a command with further variables; a browser that it opens signs in by itself.
func (p *person) exec(env []string, command ...string) (code int, stdout, stderr string) {
	p.t.Helper()
	signIn := "SIGN_IN=" + sandbox.AdminUser + " " + sandbox.AdminPassword
	return p.startWith(append(env, signIn), command...).wait()
}

// xdgOpen stands for the browser of anyone who runs a script. It notes the address in $BROWSER_LOG, and if $SIGN_IN
// holds an e-mail address and a password, signs in as that person and follows the way back.
func xdgOpen() {
	if err := open(os.Args[1]); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

func open(address string) error {
	log, err := os.OpenFile(os.Getenv("BROWSER_LOG"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	if _, err := log.WriteString(address + "\n"); err != nil {
		return err
	}
	email, password, ok := strings.Cut(os.Getenv("SIGN_IN"), " ")
	if !ok {
		return nil
	}
	ca, err := os.ReadFile(os.Getenv("SANDBOX_CA"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots,
		MinVersion: tls.VersionTLS12}}}
	back, err := signin.SignIn(context.Background(), client, address, email, password, password != "denied")
	if err != nil {
		return err
	}
	response, err := http.Get(back.String())
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}
