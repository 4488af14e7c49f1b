// Package kubeconfig edits kubeconfig files without losing a byte of anyone else's.
//
// An edit is a change of client-go's own model, api.Config. What the change means for the text is found by comparing
// the model before and after; only the bytes of what changed are replaced, and before a file is written the result is
// parsed again with client-go and must be exactly the intended model.
package kubeconfig

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Edit changes kubeconfig files under client-go's own lock. Explicit is the value of --kubeconfig; if it is "", the
// files are those of $KUBECONFIG, else ~/.kube/config. The function edits the merged configuration as client-go loads
// it, in which paths are as they stand in the files. A changed or removed entry is written to the file where it lives,
// a new one to the file client-go would choose. Files without a change are not touched. If edit fails, so does Edit,
// with the same error, and nothing is written.
func Edit(ctx context.Context, explicit string, edit func(*api.Config) error) error {
	files, err := chooseFiles(explicit)
	if err != nil {
		return err
	}
	if err := securefile.MakeFor(filepath.Dir(files.fallback)); err != nil {
		return writeError(files.fallback, fmt.Errorf("create its folder: %w", reason(err)))
	}
	unlock, err := lockFiles(ctx, files.paths)
	if err != nil {
		return err
	}
	defer unlock()
	for _, path := range files.paths {
		f, err := atomicfile.Find(path)
		if err != nil {
			continue // reading it will say why not
		}
		_ = atomicfile.Sweep(f.Target) // what cannot be removed hinders nobody
		if err := f.Recover(); err != nil {
			return writeError(path, err)
		}
	}
	var switched contextSwitch
	edited, err := files.edit(ctx, func(config *api.Config) error { return switched.during(config, edit) })
	if err != nil || len(edited) == 0 {
		return err
	}
	for _, e := range edited {
		if err := e.file.checkWritable(); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range edited {
		if err := e.write(); err != nil {
			return err
		}
	}
	files.noteSwitch(switched)
	time.Sleep(settle)
	return nil
}

// CheckWritable reports whether Edit can be expected to write entries of these names, before anything is minted for
// them: the file of each that is there already, and the one for new entries.
func CheckWritable(ctx context.Context, explicit string, names ...string) error {
	files, err := chooseFiles(explicit)
	if err != nil {
		return err
	}
	read, err := files.read(ctx)
	if err != nil {
		return err
	}
	config := merge(read)
	concerned := map[string]bool{files.fallback: true}
	for _, name := range names {
		if cluster := config.Clusters[name]; cluster != nil {
			concerned[cluster.LocationOfOrigin] = true
		}
		if user := config.AuthInfos[name]; user != nil {
			concerned[user.LocationOfOrigin] = true
		}
		if context := config.Contexts[name]; context != nil {
			concerned[context.LocationOfOrigin] = true
		}
	}
	for _, f := range read {
		if !concerned[f.path] {
			continue
		}
		if err := f.checkWritable(); err != nil {
			return err
		}
	}
	return nil
}

// Preview is Edit without writing: it returns a unified diff, in which secrets are redacted.
func Preview(ctx context.Context, explicit string, edit func(*api.Config) error) (string, error) {
	files, err := chooseFiles(explicit)
	if err != nil {
		return "", err
	}
	edited, err := files.edit(ctx, edit)
	if err != nil {
		return "", err
	}
	diff := ""
	for _, e := range edited {
		diff += redactedDiff(e.file.path, e.file.document.data, e.data)
	}
	return diff, nil
}

// Load returns the merged configuration of the same files as Edit. LocationOfOrigin says where an entry lives.
func Load(ctx context.Context, explicit string) (*api.Config, error) {
	files, err := chooseFiles(explicit)
	if err != nil {
		return nil, err
	}
	read, err := files.read(ctx)
	if err != nil {
		return nil, err
	}
	return merge(read), nil
}

// Files returns the paths of the same files as Edit, whether they exist or not, in the order of their precedence.
func Files(explicit string) ([]string, error) {
	files, err := chooseFiles(explicit)
	return files.paths, err
}

// files are the kubeconfig files of one run.
type files struct {
	paths    []string // in order of precedence
	fallback string   // where new entries go
}

// chooseFiles asks client-go, as kubectl config does.
func chooseFiles(explicit string) (files, error) {
	options := clientcmd.NewDefaultPathOptions()
	options.LoadingRules.ExplicitPath = explicit
	f := files{
		paths:    slices.DeleteFunc(options.GetLoadingPrecedence(), func(path string) bool { return path == "" }),
		fallback: options.GetDefaultFilename(),
	}
	if f.fallback == "" {
		return files{}, errors.New("find the kubeconfig: $KUBECONFIG names no file")
	}
	return f, nil
}

func (f files) read(ctx context.Context) ([]*file, error) {
	var read []*file
	for _, path := range f.paths {
		file, err := readFile(ctx, path)
		if err != nil {
			return nil, err
		}
		read = append(read, file)
	}
	return read, nil
}

// merge does what client-go does: the first file to name an entry, or a current-context, wins.
func merge(read []*file) *api.Config {
	merged := api.NewConfig()
	for _, f := range read {
		model := f.document.model.DeepCopy()
		mergeEntries(merged.Clusters, model.Clusters, f.path, clusterOrigin)
		mergeEntries(merged.Contexts, model.Contexts, f.path, contextOrigin)
		mergeEntries(merged.AuthInfos, model.AuthInfos, f.path, userOrigin)
		if merged.CurrentContext == "" {
			merged.CurrentContext = model.CurrentContext
		}
	}
	return merged
}

func mergeEntries[T any](merged, more map[string]*T, path string, origin func(*T) *string) {
	for name, entry := range more {
		if merged[name] == nil {
			merged[name] = entry
			*origin(entry) = path
		}
	}
}

func clusterOrigin(c *api.Cluster) *string { return &c.LocationOfOrigin }
func contextOrigin(c *api.Context) *string { return &c.LocationOfOrigin }
func userOrigin(u *api.AuthInfo) *string   { return &u.LocationOfOrigin }

// editedFile is a file and what it should hold.
type editedFile struct {
	file  *file
	data  []byte
	shape yamledit.Shape // to be known when it is edited again
}

// edit lets the function change the merged configuration and returns the files that change by it.
func (f files) edit(ctx context.Context, edit func(*api.Config) error) ([]editedFile, error) {
	read, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	old := merge(read)
	new := old.DeepCopy()
	if err := edit(new); err != nil {
		return nil, err
	}
	wants := map[string]*api.Config{}
	for _, file := range read {
		wants[file.path] = file.document.model.DeepCopy()
	}
	if wants[f.fallback] == nil {
		return nil, fmt.Errorf("find the kubeconfig: %s is none of the files", hint.Path(f.fallback))
	}
	distribute(old.Clusters, new.Clusters, clusterOrigin, f.fallback,
		func(path string) map[string]*api.Cluster { return wants[path].Clusters })
	distribute(old.Contexts, new.Contexts, contextOrigin, f.fallback,
		func(path string) map[string]*api.Context { return wants[path].Contexts })
	distribute(old.AuthInfos, new.AuthInfos, userOrigin, f.fallback,
		func(path string) map[string]*api.AuthInfo { return wants[path].AuthInfos })
	if old.CurrentContext != new.CurrentContext {
		wants[f.currentContextFile(read, new.CurrentContext)].CurrentContext = new.CurrentContext
	}
	var edited []editedFile
	for _, file := range read {
		data, shape, err := file.document.apply(wants[file.path])
		if err != nil {
			return nil, fmt.Errorf("edit kubeconfig %s: %w", hint.Path(file.path), err)
		}
		if string(data) != string(file.document.data) {
			edited = append(edited, editedFile{file, data, shape})
		}
	}
	return edited, nil
}

// distribute puts the difference between old and new into the files it concerns.
func distribute[T any](old, new map[string]*T, origin func(*T) *string, fallback string,
	in func(path string) map[string]*T) {
	for name, entry := range old {
		if new[name] == nil {
			delete(in(*origin(entry)), name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(new)) {
		if new[name] == nil {
			continue
		}
		entry, path := *new[name], fallback
		if before := old[name]; before != nil {
			path = *origin(before)
			*origin(&entry) = path
			if semantic.DeepEqual(*before, entry) {
				continue
			}
		}
		*origin(&entry) = ""
		in(path)[name] = &entry
	}
}

// currentContextFile is where client-go writes a current-context: to the file for new entries, or if it is cleared, to
// the first that sets one.
func (f files) currentContextFile(read []*file, name string) string {
	if name == "" {
		for _, file := range read {
			if file.document.model.CurrentContext != "" {
				return file.path
			}
		}
	}
	return f.fallback
}
