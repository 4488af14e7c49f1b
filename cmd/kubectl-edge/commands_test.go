package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/pkg/apis/clientauthentication"
	"k8s.io/client-go/pkg/apis/clientauthentication/install"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/tools/clientcmd/api/latest"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// requestLog lets a script wait for a request after the last check of a count.
type requestLog struct {
	mu      sync.Mutex
	seen    map[string]bool
	arrived chan struct{} // closed and replaced with each request
	also    func(*http.Request)
}

func (l *requestLog) record(r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[r.URL.Path] = true
	if l.arrived != nil {
		close(l.arrived)
		l.arrived = nil
	}
	if l.also != nil {
		l.also(r)
	}
}

// tell has also called with each request.
func (l *requestLog) tell(also func(*http.Request)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.also = also
}

// forget has await wait for another request.
func (l *requestLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.seen)
}

// await waits until path has been asked for.
func (l *requestLog) await(path string) error {
	for deadline := time.After(time.Minute); ; {
		l.mu.Lock()
		if l.seen[path] {
			l.mu.Unlock()
			return nil
		}
		if l.arrived == nil {
			l.arrived = make(chan struct{})
		}
		arrived := l.arrived
		l.mu.Unlock()
		select {
		case <-arrived:
		case <-deadline:
			return fmt.Errorf("nobody asked for %s", path)
		}
	}
}

// commands are the scripts' own commands. None can be negated.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	cmds := map[string]func(*testscript.TestScript, bool, []string){}
	for name, c := range map[string]struct {
		min, max int
		run      func(ts *testscript.TestScript, w *world, args []string) error
	}{
		"exits":      {2, 99, exits},
		"powerless":  {2, 99, powerless},
		"complains":  {1, 99, complains},
		"snapshot":   {0, 0, snapshot},
		"unchanged":  {0, 99, unchanged},
		"fault":      {2, 3, fault},
		"clear":      {0, 0, func(_ *testscript.TestScript, w *world, _ []string) error { w.sandbox.ClearFaults(); return nil }},
		"await":      {1, 1, func(_ *testscript.TestScript, w *world, args []string) error { return w.requests.await(args[0]) }},
		"offline":    {0, 0, offline},
		"instance":   {2, 3, instance},
		"service":    {1, 2, service},
		"refuse":     {1, 2, refuse},
		"settings":   {1, 1, settings},
		"clock":      {1, 1, clock},
		"minted":     {1, 1, minted},
		"requests":   {1, 1, requests},
		"together":   {2, 99, together},
		"credential": {1, 2, credentials},
		"loads":      {2, 2, loads},
		"keeps":      {2, 2, keeps},
		"watch":      {0, 0, watch},
		"observe":    {1, 99, observe},
		"token":      {1, 99, token},
		"secretless": {0, 0, secretless},
	} {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < c.min || len(args) > c.max {
				ts.Fatalf("usage: %s with %d to %d arguments, without !", name, c.min, c.max)
			}
			ts.Check(c.run(ts, ts.Value(worldKey{}).(*world), args))
		}
	}
	return cmds
}

// exits CODE COMMAND… runs a command that has to end with the exit code.
func exits(ts *testscript.TestScript, _ *world, args []string) error {
	return wantExit(args[0], ts.Exec(args[1], args[2:]...))
}

// powerless CODE COMMAND… is exits for a command that has only the rights that modes give it.
func powerless(ts *testscript.TestScript, _ *world, args []string) error {
	return withoutPower(func() error { return wantExit(args[0], ts.Exec(args[1], args[2:]...)) })
}

func wantExit(want string, err error) error {
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		return err
	}
	if strconv.Itoa(got) != want {
		return fmt.Errorf("exit code %d, want %s", got, want)
	}
	return nil
}

// complains LINE… checks that the last command wrote exactly these lines on stderr, and nothing on stdout.
func complains(ts *testscript.TestScript, _ *world, args []string) error {
	if out := ts.ReadFile("stdout"); out != "" {
		return fmt.Errorf("stdout is not empty: %q", out)
	}
	got, want := ts.ReadFile("stderr"), strings.Join(args, "\n")+"\n"
	if got != want {
		return fmt.Errorf("stderr:\n%swant:\n%s", got, want)
	}
	return nil
}

// tree describes every file below the script's folder by its mode and content.
func tree(root string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		description := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			description += fmt.Sprintf(" %x", sha256.Sum256(data))
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			description += " " + target
		}
		name, err := filepath.Rel(root, path)
		files[name] = description
		return err
	})
	return files, err
}

// snapshot remembers every file.
func snapshot(_ *testscript.TestScript, w *world, _ []string) (err error) {
	w.snapshot, err = tree(w.env.WorkDir)
	return err
}

// unchanged [PATH…] checks that no file was made, changed or removed since the snapshot, but below PATH.
func unchanged(_ *testscript.TestScript, w *world, except []string) error {
	now, err := tree(w.env.WorkDir)
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(now))
	for name := range w.snapshot {
		if _, ok := now[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		excepted := slices.ContainsFunc(except, func(e string) bool { return name == e || strings.HasPrefix(name, e+"/") })
		if !excepted && now[name] != w.snapshot[name] {
			return fmt.Errorf("%s is %q, was %q", name, cmp.Or(now[name], "gone"), cmp.Or(w.snapshot[name], "not there"))
		}
	}
	return nil
}

// fault PRESET PATH [TIMES] makes requests fail.
func fault(_ *testscript.TestScript, w *world, args []string) error {
	f := sandbox.Fault{Preset: args[0], Path: args[1]}
	if len(args) == 3 {
		n, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		f.Times = n
	}
	return w.sandbox.Inject(f)
}

// offline has the sandbox's port refuse connections from now on.
func offline(_ *testscript.TestScript, w *world, _ []string) error {
	if w.server == nil {
		return errors.New("the sandbox is shared")
	}
	w.server.CloseClientConnections()
	return w.server.Listener.Close()
}

// instance ID STATUS [CREDENTIALS] sets the status of an instance; a number is after how many requests it becomes active.
// Credentials are "minted" or "refused" whatever the status, or after a number of refusals minted.
func instance(_ *testscript.TestScript, w *world, args []string) error {
	var credentials sandbox.Credentials
	refusals := 0
	if len(args) == 3 {
		if n, err := strconv.Atoi(args[2]); err == nil {
			credentials, refusals = sandbox.CredentialsMinted, n
		} else if credentials = sandbox.Credentials(args[2]); credentials != sandbox.CredentialsMinted &&
			credentials != sandbox.CredentialsRefused {
			return fmt.Errorf("credentials %q: want minted, refused, or a number", credentials)
		}
	}
	if !w.sandbox.SetInstance(args[0], func(i *sandbox.Instance) {
		i.Credentials, i.RefuseCredentials = credentials, refusals
		if polls, err := strconv.Atoi(args[1]); err == nil {
			i.Status, i.ReadyAfterPolls = sandbox.StatusReconciling, polls
		} else {
			i.Status = args[1]
		}
	}) {
		return fmt.Errorf("no instance %s", args[0])
	}
	return nil
}

// service STATE [PROJECT] sets Edge Cloud's state in a project, "never" for one in which nobody has enabled it.
func service(_ *testscript.TestScript, w *world, args []string) error {
	project, state := sandbox.ProjectID, args[0]
	if len(args) == 2 {
		project = args[1]
	}
	if state == "never" {
		state = sandbox.ServiceUnknown
	}
	w.sandbox.SetService(project, sandbox.Region, sandbox.EdgeService, state)
	return nil
}

// refuse access-tokens|refresh-tokens|sessions [USER] has what was given to a person or service account refused from now
// on, by default what AdminUser has.
func refuse(_ *testscript.TestScript, w *world, args []string) error {
	user := sandbox.AdminUser
	if len(args) == 2 {
		user = args[1]
	}
	switch args[0] {
	case "access-tokens":
		w.sandbox.RefuseAccessTokens(user)
	case "refresh-tokens":
		w.sandbox.RevokeRefreshTokens(user)
	case "sessions":
		w.sandbox.RevokeSessions(user)
	default:
		return fmt.Errorf("refuse what? %s", args[0])
	}
	return nil
}

// settings JSON changes the sandbox's settings.
func settings(_ *testscript.TestScript, w *world, args []string) (err error) {
	w.sandbox.Configure(func(c *sandbox.Settings) { err = json.Unmarshal([]byte(args[0]), c) })
	return err
}

// clock DURATION moves the sandbox's clock.
func clock(_ *testscript.TestScript, w *world, args []string) error {
	d, err := time.ParseDuration(args[0])
	w.sandbox.Advance(d)
	return err
}

func (w *world) resetStats() {
	w.sandbox.ResetStats()
	w.requests.forget()
}

// minted N checks how many tokens and kubeconfigs were minted since the last check of a count.
func minted(_ *testscript.TestScript, w *world, args []string) error {
	stats := w.sandbox.Stats()
	w.resetStats()
	if got := strconv.Itoa(stats.Minted()); got != args[0] {
		return fmt.Errorf("minted %s, want %s: %v", got, args[0], stats.Mints)
	}
	return nil
}

// requests N checks how many requests were sent since the last check of a count.
func requests(_ *testscript.TestScript, w *world, args []string) error {
	stats := w.sandbox.Stats()
	w.resetStats()
	if got := strconv.Itoa(stats.Requests); got != args[0] {
		return fmt.Errorf("%s requests, want %s: %v", got, args[0], stats.Paths)
	}
	return nil
}

// together N COMMAND… runs a command N times at once. Each must succeed with nothing on stderr; stdout has all outputs.
func together(ts *testscript.TestScript, w *world, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	program := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, args[1])); err == nil {
			program = path
			break
		}
	}
	type run struct {
		cmd            *exec.Cmd
		stdout, stderr bytes.Buffer
	}
	runs := make([]run, n)
	for i := range runs {
		r := &runs[i]
		r.cmd = exec.Command(program, args[2:]...)
		for _, variable := range w.env.Vars {
			name, _, _ := strings.Cut(variable, "=")
			r.cmd.Env = append(r.cmd.Env, name+"="+ts.Getenv(name))
		}
		r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
		if err := r.cmd.Start(); err != nil {
			return err
		}
	}
	var errs []error
	for i := range runs {
		r := &runs[i]
		if err := r.cmd.Wait(); err != nil || r.stderr.Len() > 0 {
			errs = append(errs, fmt.Errorf("run %d: %w: %s", i, err, r.stderr.String()))
		}
		if _, err := ts.Stdout().Write(r.stdout.Bytes()); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// credential VERSION [N] checks that stdout is one ExecCredential of this version as client-go decodes it (or N with the
// same token), and nothing else.
func credentials(ts *testscript.TestScript, _ *world, args []string) error {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	codec := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	want := 1
	if len(args) == 2 {
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		want = n
	}
	tokens, got := map[string]bool{}, 0
	for decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout"))); ; got++ {
		var document json.RawMessage
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		object, kind, err := codec.Decode(document, nil, nil)
		if err != nil {
			return err
		}
		if kind.Version != args[0] {
			return fmt.Errorf("version %s, want %s", kind.Version, args[0])
		}
		var c clientauthentication.ExecCredential
		if err := scheme.Convert(object, &c, nil); err != nil {
			return err
		}
		if c.Status == nil || c.Status.Token == "" || c.Status.ExpirationTimestamp == nil || !c.Status.ExpirationTimestamp.After(time.Now()) {
			return errors.New("no token with an expiry to come")
		}
		tokens[c.Status.Token] = true
	}
	if got != want || len(tokens) != 1 {
		return fmt.Errorf("%d credentials with %d tokens, want %d with one", got, len(tokens), want)
	}
	return nil
}

// loads FILE CONTEXT checks that client-go's strict decoder takes the kubeconfig, and that the context's user calls our
// helper and has no secret.
func loads(ts *testscript.TestScript, _ *world, args []string) error {
	codec := serializer.NewCodecFactory(latest.Scheme, serializer.EnableStrict).UniversalDecoder(api.SchemeGroupVersion)
	config := api.NewConfig()
	if _, _, err := codec.Decode([]byte(ts.ReadFile(args[0])), nil, config); err != nil {
		return err
	}
	c := config.Contexts[args[1]]
	if c == nil || config.Clusters[c.Cluster] == nil || config.AuthInfos[c.AuthInfo] == nil {
		return fmt.Errorf("context %s is not there, or not whole", args[1])
	}
	user := config.AuthInfos[c.AuthInfo]
	if user.Exec == nil || user.Exec.Command != tokenrequest.Helper || user.Exec.InteractiveMode != api.IfAvailableExecInteractiveMode {
		return fmt.Errorf("user %s calls %v", c.AuthInfo, user.Exec)
	}
	user.Exec, user.LocationOfOrigin, user.Extensions = nil, "", nil
	if left, err := json.Marshal(user); err != nil || string(left) != "{}" {
		return fmt.Errorf("user %s has more than an exec section: %s, %v", c.AuthInfo, left, err)
	}
	return nil
}

// keeps OLD NEW checks that NEW has all lines of OLD, in their order.
func keeps(ts *testscript.TestScript, _ *world, args []string) error {
	rest := strings.SplitAfter(ts.ReadFile(args[1]), "\n")
	for _, line := range strings.SplitAfter(ts.ReadFile(args[0]), "\n") {
		i := slices.Index(rest, line)
		if i < 0 {
			return fmt.Errorf("%s no longer has, in this place, the line %q", args[1], line)
		}
		rest = rest[i+1:]
	}
	return nil
}
