package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
)

// others is what the kubeconfig holds beside our entries; each of its lines has to survive.
const others = `# clusters of others
apiVersion: v1
kind: Config
x-tool: {keep: [this]} # unknown to kubectl
clusters:
# where it all began
- name: theirs
  cluster: &theirs
    server: https://theirs.example # do not touch
    x-unknown: yes
- name: alias
  cluster: *theirs
# contexts of others
contexts:
  - context:
      cluster: "theirs"
      user: 'them'
    name: theirs
# users of others
users:
- name: them
  user:
    token: |
      their secret
    # a comment within
# the end
`

// totals counts the processes killed, the edits they had finished, and the locks and temporary files they left.
type totals struct{ kills, edits, locks, files int }

// victim is a kubeconfig that is edited by processes that are killed.
type victim struct {
	*rand.Rand
	program string
	dir     string
	path    string // of the kubeconfig: a symlink into another folder
	serial  int
	totals  *totals
}

func (v *victim) prepare(dir string, i int) error {
	v.dir = filepath.Join(dir, fmt.Sprint(i))
	v.path = filepath.Join(v.dir, "config")
	if err := os.MkdirAll(filepath.Join(v.dir, "real"), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(v.dir, "real", "kubeconfig"), []byte(others), 0o600); err != nil {
		return err
	}
	return os.Symlink(filepath.Join("real", "kubeconfig"), v.path)
}

// keep moves the folder to where it is not removed, for a look at it.
func (v *victim) keep() string {
	kept := filepath.Join(os.TempDir(), fmt.Sprintf("killtest-kept-%d-%d", os.Getpid(), v.serial))
	if os.Rename(v.dir, kept) != nil {
		return v.dir
	}
	return kept
}

// round starts two processes that edit the file at the same time, kills each of them at a random point, and checks.
func (v *victim) round(ctx context.Context) error {
	editors := make([]*editor, 2)
	for i := range editors {
		v.serial++
		e, err := v.start(ctx, fmt.Sprintf("e%d", v.serial))
		if err != nil {
			return err
		}
		editors[i] = e
	}
	var wait sync.WaitGroup
	for _, e := range editors {
		begins := 1 + v.IntN(6)
		after := time.Duration(v.Float64() * v.Float64() * float64(40*time.Millisecond))
		wait.Go(func() { e.killAfter(begins, after) })
	}
	wait.Wait()
	v.totals.kills += len(editors)
	locks, files, err := v.checkFiles()
	if err != nil {
		return err
	}
	v.totals.locks, v.totals.files = v.totals.locks+locks, v.totals.files+files
	for _, e := range editors {
		if e.failed != nil {
			return e.failed
		}
		v.totals.edits += e.ended
		if err := v.check(e); err != nil {
			return err
		}
	}
	return v.next(ctx, editors)
}

// next edits the file as the next run would, which removes the entries of the dead.
func (v *victim) next(ctx context.Context, dead []*editor) error {
	err := kubeconfig.Edit(ctx, v.path, func(c *api.Config) error {
		for name := range c.Contexts {
			for _, e := range dead {
				if strings.HasPrefix(name, e.prefix+"-") {
					kubeconfig.Remove(c, name)
				}
			}
		}
		c.CurrentContext = "theirs"
		return nil
	})
	if err != nil {
		return fmt.Errorf("the next run fails: %w", err)
	}
	config, err := clientcmd.LoadFromFile(v.path)
	if err != nil {
		return err
	}
	if len(config.Contexts) != 1 || len(config.Clusters) != 2 || len(config.AuthInfos) != 1 {
		return fmt.Errorf("%d contexts, %d clusters and %d users are left, want 1, 2 and 1", len(config.Contexts), len(config.Clusters), len(config.AuthInfos))
	}
	for _, lock := range []string{v.path + ".lock", filepath.Join(v.dir, "real", "kubeconfig.lock")} {
		if _, err := os.Lstat(lock); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the lock %s is still there after the next run", lock)
		}
	}
	return nil
}

// checkFiles fails if others can read a file. It counts the locks and temporary files that are left.
func (v *victim) checkFiles() (locks, files int, err error) {
	err = filepath.WalkDir(v.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if entry.Type() != fs.ModeSymlink && info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("others may read %s: mode %v", path, info.Mode())
		}
		switch name := entry.Name(); {
		case strings.HasPrefix(name, "."):
			files++
		case strings.HasSuffix(name, ".lock"):
			locks++
		}
		return nil
	})
	return locks, files, err
}

// check fails if the file does not parse, or lacks something of others or something e said it had written.
func (v *victim) check(e *editor) error {
	data, err := os.ReadFile(v.path)
	if err != nil {
		return err
	}
	config, err := clientcmd.Load(data)
	if err != nil {
		return fmt.Errorf("the kubeconfig does not parse: %w", err)
	}
	rest := data
	for line := range strings.Lines(others) {
		i := bytes.Index(rest, []byte(line))
		if i < 0 {
			return fmt.Errorf("line %q is lost", line)
		}
		rest = rest[i+len(line):]
	}
	for name, state := range e.written {
		if e.pending == name {
			continue // either way is right
		}
		user := config.AuthInfos[name]
		there := config.Contexts[name] != nil && config.Clusters[name] != nil && user != nil
		switch {
		case state == "remove" && (config.Contexts[name] != nil || config.Clusters[name] != nil || user != nil):
			return fmt.Errorf("entry %s was removed and is there", name)
		case state != "remove" && !there:
			return fmt.Errorf("entry %s was written and is lost", name)
		case state == "convert" && (user.Token != "" || user.Exec == nil):
			return fmt.Errorf("entry %s was converted and is not", name)
		}
	}
	return nil
}

// editor is a process that edits.
type editor struct {
	command *exec.Cmd
	output  *bufio.Scanner
	stderr  bytes.Buffer
	prefix  string
	written map[string]string // what was last done with a name
	pending string            // the name of an edit that had begun and not ended
	ended   int
	failed  error
}

func (v *victim) start(ctx context.Context, prefix string) (*editor, error) {
	e := &editor{prefix: prefix, written: map[string]string{}}
	e.command = exec.CommandContext(ctx, v.program, "-edit", v.path, "-prefix", prefix)
	e.command.Stderr = &e.stderr
	out, err := e.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.output = bufio.NewScanner(out)
	return e, e.command.Start()
}

// killAfter kills the editor some time after it has begun the given number of edits, and reads what it had said by then.
func (e *editor) killAfter(begins int, after time.Duration) {
	for e.output.Scan() {
		verb, rest, _ := strings.Cut(e.output.Text(), " ")
		what, name, _ := strings.Cut(rest, " ")
		if verb == "end" {
			e.written[name], e.pending = what, ""
			e.ended++
			continue
		}
		e.pending = name
		if begins--; begins == 0 {
			time.AfterFunc(after, func() { e.command.Process.Kill() })
		}
	}
	if err := e.command.Wait(); err == nil || begins > 0 || e.stderr.Len() > 0 {
		e.failed = fmt.Errorf("an editor ended by itself: %v: %s", err, e.stderr.String())
	}
}
