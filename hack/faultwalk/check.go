package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/hack/faultwalk/inject"
	"github.com/kubectl-edge/kubectl-edge/hack/stage"
	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

// What is of others in the world; each of the lines has to survive, and the notes to the byte.
const (
	othersKuberc = `# preferences of others
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
aliases: # short
- name: getn
  command: get
  appendArgs: [nodes]
# the end
`
	othersContexts = `# servers of others
contexts:
  - name: theirs
    context:
      url: https://theirs.example
      api-token: their-token
      later: kept # unknown to us
# the end
`
	othersNotes = "of another program\n"
)

// judge checks what the run with a fault left behind.
func (w *world) judge(ctx context.Context, o outcome, call inject.Call, fault inject.Fault) error {
	killed := o.Code < 0
	errs := []error{w.foreign(killed && w.op.inPlace), w.readable(), w.secret(o)}
	if call.Name == "fsync" && fault.Errno == syscall.EIO && o.Code == 0 && w.becomesDocument(call.Path) {
		errs = append(errs, fmt.Errorf("it ended with 0, but %s is not on the disk", call.Path))
	}
	claims := o.Code == 0 || w.op.says != "" && strings.Contains(o.stdout+o.stderr, w.op.says)
	var done error
	if claims || len(w.op.documents) > 0 { // it may take a program to find out
		done = w.op.done(ctx, w, o)
	}
	switch {
	case killed && !fault.Kill:
		errs = append(errs, errors.New("a signal ended it"))
	case o.Code == 0 && done != nil:
		errs = append(errs, fmt.Errorf("it ended with 0, but: %w", done))
	case claims && done != nil:
		errs = append(errs, fmt.Errorf("it said %q, but: %w", w.op.says, done))
	case o.Code == 128+int(syscall.SIGKILL) && fault.Kill: // its child's, which it passes on
	case o.Code > 0 && !failure.MatchString(o.stderr):
		errs = append(errs, fmt.Errorf("exit code %d without saying why", o.Code))
	case o.Code > 0 && fault.Errno != 0 && !strings.Contains(o.stdout+o.stderr, fault.Errno.Error()): // or its report
		errs = append(errs, fmt.Errorf("exit code %d, and the reason is not %q", o.Code, fault.Errno.Error()))
	}
	if done != nil && !(killed && w.op.inPlace) {
		for _, name := range w.op.documents {
			if now, err := os.ReadFile(w.path(name)); err != nil || string(now) != w.before[name] {
				errs = append(errs, fmt.Errorf("%s is changed, but: %w", name, errors.Join(err, done)))
			}
		}
	}
	return errors.Join(errs...)
}

// becomesDocument reports whether a file is to become one of the operation's documents, or is one.
func (w *world) becomesDocument(name string) bool {
	return slices.ContainsFunc(w.op.documents, func(document string) bool {
		temp := path.Join(path.Dir(document), atomicfile.TempPrefix+path.Base(document)+"-")
		return name == document || strings.HasPrefix(name, temp)
	})
}

// failure is how an error is said; with -o json, kubectl sts says it in a document.
var failure = regexp.MustCompile(`(?m)^error: .`)

// judgeNext checks what the next run of the same command made of it: at the end there are no more files of each class
// than after runs without a fault, where that is known.
func (w *world) judgeNext(ctx context.Context, o outcome, usual map[string]int) error {
	errs := []error{w.foreign(false), w.readable(), w.secret(o)}
	done := w.op.done(ctx, w, o)
	switch {
	case done != nil && o.Code == 0:
		errs = append(errs, fmt.Errorf("the next run ended with 0, but: %w", done))
	case o.Code != 0 && (w.op.after == nil || !w.op.after.MatchString(o.stderr)):
		errs = append(errs, fmt.Errorf("the next run failed: %s", masked(o.stderr)))
	case done != nil:
		errs = append(errs, fmt.Errorf("the next run said %s, but: %w", masked(o.stderr), done))
	}
	if w.op.then != "" {
		if err := w.must(ctx, w.fill(words(w.op.then))...); err != nil {
			return errors.Join(append(errs, fmt.Errorf("a further run failed: %w", err))...)
		}
	}
	files, err := w.files()
	if err != nil {
		return err
	}
	for class, names := range byClass(files) {
		if path.Base(class) == filelock.Noticed { // of a folder that was said once to have no locks
			continue
		}
		if isLockOfKeys(class, names, files) {
			continue
		}
		if usual != nil && len(names) > usual[class] {
			errs = append(errs, fmt.Errorf("the next run leaves %v, want %d of them", names, usual[class]))
		}
	}
	if w.op.settle != nil {
		errs = append(errs, w.op.settle(ctx, w))
	}
	return errors.Join(errs...)
}

// isLockOfKeys reports whether a class is of the cache's locks: empty files that stay, one for all keys that begin with
// the same two digits. How many there are depends on what the next run has to fetch again: an instance's token, too,
// where only a certificate could not be kept.
func isLockOfKeys(class string, names []string, files map[string]string) bool {
	return path.Base(class) == "*" && !slices.ContainsFunc(names, func(name string) bool {
		return path.Ext(name) != ".lock" || files[name] != ""
	})
}

// byClass are the names of files by their class, sorted.
func byClass(files map[string]string) map[string][]string {
	classes := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		classes[class(name)] = append(classes[class(name)], name)
	}
	return classes
}

// foreign checks that nothing of others is lost. Half a kubeconfig is only accepted from what writes it in place and
// was killed.
func (w *world) foreign(half bool) error {
	var errs []error
	files, err := w.files()
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"real/kubeconfig": stage.Others, "home/.kube/kuberc": othersKuberc, stsConfig: w.before[stsConfig],
	} {
		if name == "real/kubeconfig" && half || name == stsConfig && slices.Contains(w.op.documents, name) {
			continue
		}
		if err := stage.Lost(text, []byte(files[name])); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	if _, err := clientcmd.Load([]byte(files["real/kubeconfig"])); err != nil && !half {
		errs = append(errs, fmt.Errorf("the kubeconfig does not parse: %w", err))
	}
	if files["kubeconfig"] != "-> real/kubeconfig" {
		errs = append(errs, errors.New("the kubeconfig is no longer a link"))
	}
	if info, err := os.Stat(w.path("real/kubeconfig")); err != nil || info.Mode() != stage.Mode {
		errs = append(errs, fmt.Errorf("the kubeconfig: %v, want mode %v; %v", info, fs.FileMode(stage.Mode), err))
	}
	for _, line := range []string{"# servers of others", "later: kept # unknown to us", "# the end"} {
		if !strings.Contains(files[stsConfig], line) {
			errs = append(errs, fmt.Errorf("%s: %q is lost", stsConfig, line))
		}
	}
	for name, before := range w.before {
		if before == othersNotes && files[name] != before {
			errs = append(errs, fmt.Errorf("%s, which is another program's, is %q", name, files[name]))
		}
	}
	return errors.Join(errs...)
}

// readable checks that our programs can read their own files, and those of sts.
func (w *world) readable() error {
	_, errConfig := profile.Load(w.folders(edge))
	_, errContexts := stsconfig.Load(w.path("config/kubectl-sts/config.yaml"))
	_, errTheirs := stsconfig.Load(w.path(stsConfig))
	_, errSession := profile.LoadSession(w.folders(edge), profile.DefaultName)
	if errors.Is(errSession, fs.ErrNotExist) {
		errSession = nil
	}
	return errors.Join(errConfig, errContexts, errTheirs, errSession)
}

// secrets are what tokens look like: JWTs, service tokens of StackState, refresh tokens, lines of private keys, also in
// base64.
var secrets = regexp.MustCompile(`eyJ[\w-]{10,}\.eyJ|svctok-\w{20,}|\b[A-Z2-7]{52}\b|BEGIN (RSA |EC )?PRIVATE KEY|` +
	`UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW`)

// masked is a text without its secrets.
func masked(s string) string { return secrets.ReplaceAllString(s, "***") }

// places may hold secrets, of all operations: what the person was given, and the cache.
func places() []string {
	return []string{
		"service-account-key.json", "reader-key.json", "stackstate-api-token", stsConfig, stdoutName,
		"runtime/kubectl-edge/tokens/", "cache/kubectl-edge/tokens/",
	}
}

// secret checks that no secret lies, or was said, outside its places, and that nobody else can read those that are
// there.
func (w *world) secret(o outcome) error {
	var errs []error
	if secrets.MatchString(o.stderr) || strings.Contains(o.stderr, w.apiToken()) {
		errs = append(errs, errors.New("it said a secret"))
	}
	files, err := w.files()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !secrets.MatchString(files[name]) && !strings.Contains(files[name], w.apiToken()) {
			continue
		}
		if !slices.ContainsFunc(slices.Concat(places(), w.op.secrets), func(place string) bool {
			match, _ := path.Match(place, name)
			return match || strings.HasSuffix(place, "/") && strings.HasPrefix(name, place)
		}) {
			errs = append(errs, fmt.Errorf("%s holds a secret", name))
			continue
		}
		if _, before := w.before[name]; before {
			continue // the person's own choice
		}
		if info, err := os.Lstat(filepath.Join(w.dir, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			errs = append(errs, fmt.Errorf("%s holds a secret, and its mode is %v; %v", name, info.Mode(), err))
		}
	}
	return errors.Join(errs...)
}
