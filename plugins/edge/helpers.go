package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/homedir"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// What to do about a helper that is missing, or of another version than kubectl-edge.
func installHelper() string {
	return "install it as shown at " + hint.Install() + ", or put it into a folder that is in PATH"
}

func upgradeBoth() string { return "install one version of both, as shown at " + hint.Install() }

// helper is a credential helper of this machine, and which version it is of.
type helper struct {
	Path     string   `json:"path,omitempty"` // empty if it is not there
	Version  string   `json:"version,omitempty"`
	Contexts []string `json:"contexts,omitempty"` // that call it
	Error    string   `json:"error,omitempty"`

	err error
}

// differs says that the helper is not of the same version as kubectl-edge.
func (h helper) differs(build buildinfo.Info) string {
	return fmt.Sprintf("%s is version %.40q, and kubectl-edge is %s", h.Path, h.Version, build.Version)
}

// helpers are the credential helpers that the contexts of the kubeconfig run, and the one on PATH, which those to come
// will run. Each is asked for its version, once.
func (a *app) helpers(ctx context.Context, config *api.Config) []helper {
	var found []helper
	asked := map[string]int{}
	add := func(h helper, err error) {
		if err != nil {
			h.err, h.Error = err, err.Error()
		}
		found = append(found, h)
	}
	for _, p := range helperPrograms(config) {
		path, err := p.find()
		if err != nil && len(p.contexts) == 0 && len(found) > 0 {
			continue // nothing calls it
		}
		if err != nil {
			add(helper{Contexts: p.contexts}, err)
			continue
		}
		if i, ok := asked[path]; ok {
			found[i].Contexts = append(found[i].Contexts, p.contexts...)
			continue
		}
		asked[path] = len(found)
		version, err := a.versionOf(ctx, path)
		if err != nil {
			err = fmt.Errorf("%s --version: %w", path, err)
		}
		add(helper{Path: path, Version: version, Contexts: p.contexts}, err)
	}
	return found
}

// program is what contexts of a kubeconfig run for their credential.
type program struct {
	name     string // as the kubeconfig has it
	folder   string // of the kubeconfig, which a relative path begins at
	contexts []string
}

// helperPrograms are the programs that the contexts of kubectl edge run, each once, and the helper on PATH.
func helperPrograms(config *api.Config) []program {
	byName := map[[2]string]*program{}
	for _, c := range kubeconfig.EdgeContexts(config) {
		user := config.AuthInfos[config.Contexts[c.Name].AuthInfo]
		call, _ := tokenrequest.FindCall(user.Exec.Command, user.Exec.Args)
		key := [2]string{call.Program, ""}
		if user.Exec.Command == call.Program { // else it is a shell's, which runs where kubectl was called
			key[1] = filepath.Dir(user.LocationOfOrigin)
		}
		if byName[key] == nil {
			byName[key] = &program{name: key[0], folder: key[1]}
		}
		byName[key].contexts = append(byName[key].contexts, c.Name)
	}
	var programs []program
	for _, key := range slices.SortedFunc(maps.Keys(byName), func(a, b [2]string) int {
		return slices.Compare(a[:], b[:])
	}) {
		programs = append(programs, *byName[key])
	}
	if byName[[2]string{tokenrequest.Helper, ""}] == nil {
		programs = append(programs, program{name: tokenrequest.Helper}) // what kubeconfigs to come will call
	}
	return programs
}

// find is the file that the program is, as kubectl and shells find it.
func (p program) find() (string, error) {
	name := p.name
	for _, home := range []string{"$HOME", "~"} {
		if rest, found := strings.CutPrefix(name, home+"/"); found {
			name = filepath.Join(homedir.HomeDir(), rest)
		}
	}
	if !strings.ContainsRune(name, filepath.Separator) {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("%s, which kubeconfigs call, is not in PATH", name)
		}
		return path, nil
	}
	if p.folder != "" && !filepath.IsAbs(name) {
		name = filepath.Join(p.folder, name)
	}
	path, err := exec.LookPath(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s, which %s, is not there", name, calledBy(p.contexts))
	} else if err != nil {
		return "", fmt.Errorf("%s, which %s, cannot be run", name, calledBy(p.contexts))
	}
	return path, nil
}

// calledBy names the contexts, but not hundreds of them.
func calledBy(contexts []string) string {
	const most = 3
	switch {
	case len(contexts) == 1:
		return "context " + contexts[0] + " calls"
	case len(contexts) > most:
		return fmt.Sprintf("contexts %s and %d more call", strings.Join(contexts[:most], ", "), len(contexts)-most)
	}
	return "contexts " + strings.Join(contexts, ", ") + " call"
}

// versionOf runs a program that a kubeconfig named, without the credentials that this process may have in its
// environment.
func (a *app) versionOf(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	env := []string{}
	for _, name := range []string{"PATH", "HOME", "SYSTEMROOT"} {
		if value := a.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	var out bytes.Buffer
	code, err := plugin.Child{Args: []string{path, "--version"}, Env: env, Out: &out, ErrOut: io.Discard}.Run(ctx)
	if err == nil && code != 0 {
		err = fmt.Errorf("exit status %d", code)
	}
	words := strings.Fields(out.String()) // kubectl-edge says its name first
	if len(words) == 0 {
		return "", err
	}
	return words[len(words)-1], err
}
