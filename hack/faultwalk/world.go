package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/hack/faultwalk/inject"
	"github.com/kubectl-edge/kubectl-edge/hack/stage"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/environment"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

// patience is how long a run may take. None takes a second, so this ends what hangs.
const patience = 2 * time.Minute

// world is a person's home with a sandbox of its own, in which one run after the other takes place. Its path stays the
// same, so that what the files say of each other holds after they are put back.
type world struct {
	dir    string // below which calls count
	saved  string // what dir was before the operation
	bin    string
	srv    *server.Server
	tracer *inject.Tracer
	client *http.Client
	env    []string

	op       *operation // that it is prepared for
	execArgs []string   // of the helper, from a kubeconfig
	before   map[string]string
}

func newWorld(dir, bin string) (*world, error) {
	w := &world{dir: dir, saved: dir + ".saved", bin: bin, tracer: inject.New()}
	var err error
	if w.srv, err = server.Start(server.Options{EdgeClusters: 1}); err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.srv.Sandbox.CA())
	w.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots,
		MinVersion: tls.VersionTLS12}}}
	return w, nil
}

const secondID = "second-3714d85"

// addInstances puts back those that an operation may have deleted. There are two, so that what is done for one of them
// alone is found out.
func (w *world) addInstances() {
	for _, id := range []string{sandbox.InstanceID, secondID} {
		w.srv.Sandbox.AddInstance(sandbox.Instance{ID: id, DisplayName: id[:strings.LastIndex(id, "-")]})
	}
}

// host starts the Kubernetes API of an instance, with an edge cluster.
func (w *world) host(ctx context.Context, servers string) error {
	return w.srv.StartCluster(ctx, servers, w.dir+".servers")
}

func (w *world) close() error {
	w.tracer.Close()
	return w.srv.Close()
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) folders(program string) dirs.Dirs {
	return dirs.Dirs{
		Config: w.path("config/" + program), State: w.path("state/" + program),
		Cache: w.path("cache/" + program), Runtime: w.path("runtime/" + program),
	}
}

func (w *world) variable(name string) string {
	i := slices.IndexFunc(w.env, func(variable string) bool { return strings.HasPrefix(variable, name+"=") })
	if i < 0 {
		return ""
	}
	return w.env[i][len(name)+1:]
}

// prepare makes the world as it is before the operation, and keeps a copy.
func (w *world) prepare(ctx context.Context, op *operation) (err error) {
	if w.op == op {
		return nil
	}
	for range attempts { // the servers of an edge cluster may not answer in time on a busy machine
		if err = w.build(ctx, op); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (w *world) build(ctx context.Context, op *operation) error {
	w.op = nil
	if err := errors.Join(os.RemoveAll(w.dir), os.RemoveAll(w.saved)); err != nil {
		return err
	}
	if err := w.furnish(); err != nil {
		return err
	}
	for _, args := range op.setUp {
		if err := w.must(ctx, w.fill(args)...); err != nil {
			return err
		}
	}
	if op.arrange != nil {
		if err := op.arrange(ctx, w); err != nil {
			return err
		}
	}
	w.op = op
	return copyTree(w.dir, w.saved)
}

// reset puts the world back to what it was before the operation.
func (w *world) reset(ctx context.Context) (err error) {
	if err := os.RemoveAll(w.dir); err != nil {
		return err
	}
	if err := copyTree(w.saved, w.dir); err != nil {
		return err
	}
	if w.op.each != nil {
		if err := w.op.each(ctx, w); err != nil {
			return err
		}
	}
	w.before, err = w.files()
	return err
}

// furnish makes a home with what a sandbox's person has, and what is of others.
func (w *world) furnish() error {
	inherited := []string{"PATH=" + os.Getenv("PATH")}
	e, err := environment.New(w.dir, "", inherited, w.srv)
	if err != nil {
		return err
	}
	w.srv.Sandbox.Configure(func(s *sandbox.Settings) { *s = sandbox.DefaultSettings() })
	w.addInstances()
	w.env = nil
	// The system's certificate authorities would be read by each of thousands of programs.
	for _, variable := range e.Environ() {
		switch name, _, _ := strings.Cut(variable, "="); name {
		case "PATH":
			variable = "PATH=" + w.bin + string(os.PathListSeparator) + os.Getenv("PATH")
		case "SSL_CERT_FILE":
			variable = "SSL_CERT_FILE=" + w.path("ca.pem")
		}
		w.env = append(w.env, variable)
	}
	if err := os.Remove(w.path("ca-bundle.pem")); err != nil {
		return err
	}
	reader, err := w.srv.Sandbox.ServiceAccountKeyOf(sandbox.ReaderServiceAccount)
	if err != nil {
		return err
	}
	files := map[string]string{
		"reader-key.json":                    string(reader),
		"real/kubeconfig":                    stage.Others,
		"home/.kube/kuberc":                  othersKuberc,
		"config/stackstate-cli/config.yaml":  othersContexts,
		"notes.txt":                          othersNotes,
		"home/.kube/notes.txt":               othersNotes,
		"config/kubectl-edge/notes.txt":      othersNotes,
		"config/stackstate-cli/notes.txt":    othersNotes,
		"state/kubectl-edge/notes.txt":       othersNotes,
		"runtime/kubectl-edge/notes.txt":     othersNotes,
		"real/.tmp-another-program-s-file-1": othersNotes,
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	if err := os.Chmod(w.path("real/kubeconfig"), stage.Mode); err != nil {
		return err
	}
	return os.Symlink("real/kubeconfig", w.path("kubeconfig"))
}

// outcome is what came of a run.
type outcome struct {
	inject.Result
	stdout, stderr string
}

// trace runs the operation with a fault at the target, or none.
func (w *world) trace(ctx context.Context, target inject.Call, fault *inject.Fault) (outcome, error) {
	args := w.fill(w.op.args)
	return w.run(ctx, func(ctx context.Context, in, out, errs *os.File) (inject.Result, error) {
		return w.tracer.Run(ctx, inject.Command{
			Launcher: filepath.Join(w.bin, "launch"), Args: args, Env: w.env, Dir: w.dir,
			Stdin: in, Stdout: out, Stderr: errs, Root: w.dir, Class: class,
		}, target, fault)
	})
}

// plain runs a command as it is.
func (w *world) plain(ctx context.Context, args []string) (outcome, error) {
	return w.run(ctx, func(ctx context.Context, in, out, errs *os.File) (inject.Result, error) {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = w.env, w.dir, in, out, errs
		err := cmd.Run()
		if _, ok := errors.AsType[*exec.ExitError](err); ok {
			err = ctx.Err()
		}
		return inject.Result{Code: cmd.ProcessState.ExitCode()}, err
	})
}

// run opens the streams for a command and reads what it says. Its output is a file below the world, as after ">", so
// that what becomes of it is walked, too; its complaints are a pipe outside.
func (w *world) run(ctx context.Context, do func(ctx context.Context, in, out, errs *os.File) (inject.Result,
	error)) (o outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	in, err := w.input()
	if err != nil {
		return o, err
	}
	defer in.Close()
	out, err := os.OpenFile(w.path(stdoutName), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return o, err
	}
	defer out.Close()
	r, errs, err := os.Pipe()
	if err != nil {
		return o, err
	}
	defer r.Close()
	var stderr bytes.Buffer
	var reader sync.WaitGroup
	reader.Go(func() {
		for lines := bufio.NewReader(r); ; {
			line, err := lines.ReadString('\n')
			stderr.WriteString(line)
			if address := strings.TrimSpace(line); strings.HasPrefix(address, "https://") {
				w.signIn(ctx, address)
			}
			if err != nil {
				return
			}
		}
	})
	o.Result, err = do(ctx, in, out, errs)
	errs.Close()
	reader.Wait()
	o.stderr = stderr.String()
	if err != nil {
		return o, fmt.Errorf("run %s: %w; it said: %s", w.fill(w.op.args), err, o.stderr)
	}
	stdout, err := os.ReadFile(w.path(stdoutName))
	o.stdout = string(stdout)
	return o, err
}

const stdoutName = "stdout"

func (w *world) input() (*os.File, error) {
	if w.op == nil || w.op.stdin == nil {
		return os.Open(os.DevNull)
	}
	path := w.dir + ".stdin" // outside: it is the person's, and only read
	if err := os.WriteFile(path, []byte(w.op.stdin(w)), 0o600); err != nil {
		return nil, err
	}
	return os.Open(path)
}

// must runs a command that has to succeed.
func (w *world) must(ctx context.Context, args ...string) error {
	o, err := w.plain(ctx, args)
	if err == nil && o.Code != 0 {
		err = fmt.Errorf("%s: exit code %d: %s", strings.Join(args, " "), o.Code, o.stderr)
	}
	return err
}

// signIn is what a person does in the browser when a command prints an address. If the command dies meanwhile, nobody
// listens at the end.
func (w *world) signIn(ctx context.Context, address string) {
	back, err := signin.SignIn(ctx, w.client, address, sandbox.AdminUser, sandbox.AdminPassword, true)
	if err != nil {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, back.String(), nil)
	if err != nil {
		return
	}
	if response, err := http.DefaultClient.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// files are the files and links below the world, by path, and what they hold.
func (w *world) files() (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(w.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(w.dir, path)
		if err != nil {
			return err
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			files[name] = "-> " + target
			return err
		}
		data, err := os.ReadFile(path)
		files[name] = string(data)
		return err
	})
	return files, err
}

// copyTree copies a folder with modes, links and their targets as they are.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		info, err := entry.Info()
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir():
			return os.Mkdir(target, info.Mode().Perm())
		case entry.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, data, 0o600); err != nil {
			return err
		}
		return os.Chmod(target, info.Mode().Perm())
	})
}
