package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/hack/stage"
	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
)

const realName = "kubeconfig" // of the file that the symlink leads to

// victim is a kubeconfig that is edited by programs that are killed.
type victim struct {
	*rand.Rand
	*theatre
	dir    string
	path   string // of the kubeconfig: a symlink into another folder
	env    []string
	base   map[string]*entry // what it holds at the start of each round beside the entries of others
	watch  *watch
	usual  map[string]extent // what a command takes when it is not killed
	serial int
	left   map[string]bool // files that killed programs left
	totals *totals
}

func (v *victim) work(ctx context.Context, i, kills int) error {
	if kills == 0 {
		return nil
	}
	v.totals.killed, v.left = map[string]int{}, map[string]bool{}
	if err := v.prepare(ctx, i); err != nil {
		return err
	}
	defer v.watch.close()
	for v.totals.commands() < kills || v.totals.editors < kills {
		if left := kills - v.totals.commands(); left > 0 {
			if err := v.killCommands(ctx, min(left, 2)); err != nil {
				return err
			}
		}
		if left := kills - v.totals.editors; left > 0 {
			if err := v.killEditors(ctx, min(left, 2)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *victim) prepare(ctx context.Context, i int) (err error) {
	v.dir = filepath.Join(v.theatre.dir, fmt.Sprint(i))
	v.path = filepath.Join(v.dir, "config.yaml")
	folder := filepath.Join(v.dir, "real")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, realName), []byte(stage.Others), 0o600); err != nil {
		return err
	}
	if err := os.Chmod(filepath.Join(folder, realName), stage.Mode); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join("real", realName), v.path); err != nil {
		return err
	}
	if v.env, err = v.person(ctx, v.dir, v.path); err != nil {
		return err
	}
	if v.watch, err = newWatch(v.dir, folder); err != nil {
		return err
	}
	return v.rehearse(ctx)
}

// keep moves the folder to where it is not removed, for a look at it.
func (v *victim) keep() string {
	kept := filepath.Join(os.TempDir(), fmt.Sprintf("killtest-kept-%d-%s", os.Getpid(), filepath.Base(v.dir)))
	if os.Rename(v.dir, kept) != nil {
		return v.dir
	}
	return kept
}

// next edits the file as the next run would. It puts back what the killed may have changed.
func (v *victim) next(ctx context.Context) error {
	start := time.Now()
	err := kubeconfig.Edit(ctx, v.path, func(c *api.Config) error {
		for name := range c.Contexts {
			if name != "theirs" && v.base[name] == nil {
				kubeconfig.Remove(c, name)
			}
		}
		for name, e := range v.base {
			kubeconfig.Entry{Name: name, Server: e.server, CAData: e.ca, User: e.user}.Put(c)
		}
		c.CurrentContext = "theirs"
		return nil
	})
	v.totals.next = append(v.totals.next, time.Since(start))
	if err != nil {
		return fmt.Errorf("the next run fails: %w", err)
	}
	config, err := v.read()
	if err != nil {
		return err
	}
	if n := len(v.base); len(config.Contexts) != n+1 || len(config.Clusters) != n+2 || len(config.AuthInfos) != n+1 ||
		config.CurrentContext != "theirs" {
		return fmt.Errorf("%d contexts, %d clusters and %d users are left, want %d, %d and %d", len(config.Contexts),
			len(config.Clusters), len(config.AuthInfos), n+1, n+2, n+1)
	}
	if err := v.checkBase(config, nil); err != nil {
		return err
	}
	for _, pattern := range []string{"*.lock", "real/*.lock", "real/" + atomicfile.TempPrefix + realName + "-*"} {
		if found, err := filepath.Glob(filepath.Join(v.dir, pattern)); err != nil {
			return err
		} else if len(found) > 0 {
			return fmt.Errorf("still there after the next run: %v", found)
		}
	}
	return nil
}

// read returns what the kubeconfig holds. It fails if the file does not parse, or lacks something of others.
func (v *victim) read() (*api.Config, error) {
	data, err := os.ReadFile(v.path)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.Load(data)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig does not parse: %w", err)
	}
	return config, stage.Lost(stage.Others, data)
}

// checkBase fails if an entry of the base is not what it was, but for those named.
func (v *victim) checkBase(config *api.Config, except []string) error {
	for name, e := range v.base {
		if !slices.Contains(except, name) && !e.in(config, name) {
			return fmt.Errorf("entry %s, which nobody was to change, is not what it was", name)
		}
	}
	return nil
}

// checkFiles fails if the kubeconfig is no longer what it was, a link to a file with a mode, or if others can read a
// file. It counts the locks and temporary files that were left.
func (v *victim) checkFiles() error {
	if link, err := os.Readlink(v.path); err != nil {
		return fmt.Errorf("the kubeconfig is no longer a symlink: %w", err)
	} else if link != filepath.Join("real", realName) {
		return fmt.Errorf("the kubeconfig is now a symlink to %q", link)
	}
	return filepath.WalkDir(v.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) { // removed by a program in the background
			return nil
		} else if err != nil {
			return err
		}
		name := entry.Name()
		temporary := strings.HasPrefix(name, atomicfile.TempPrefix)
		switch perm := info.Mode().Perm(); {
		case entry.Type() == fs.ModeSymlink:
		case name == realName:
			if perm != stage.Mode {
				return fmt.Errorf("the mode of the kubeconfig is %v, was %v", perm, fs.FileMode(stage.Mode))
			}
		case temporary && strings.HasPrefix(name, atomicfile.TempPrefix+realName+"-") && perm == stage.Mode:
		case perm&0o077 != 0:
			return fmt.Errorf("others may read %s: mode %v", path, info.Mode())
		}
		switch {
		case strings.HasSuffix(name, ".lock") && !temporary &&
			(filepath.Dir(path) == v.dir || filepath.Base(filepath.Dir(path)) == "real"):
			v.totals.locks++
		case temporary && !v.left[path]:
			v.left[path] = true
			v.totals.files++
		}
		return nil
	})
}
