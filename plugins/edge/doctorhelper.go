package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/homedir"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/kuberc"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// program is what contexts of a kubeconfig run for their credential.
type program struct {
	name     string // as the kubeconfig has it
	folder   string // of the kubeconfig, which a relative path begins at
	contexts []string
}

// helperPrograms are the programs that the contexts of kubectl edge run, each once.
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
	if len(programs) == 0 { // what kubeconfigs to come will call
		programs = []program{{name: tokenrequest.Helper}}
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

// checkHelpers asks each helper that the kubeconfig names for its version, which kubectl would run as well.
func (a *app) checkHelpers(ctx context.Context, config *api.Config) []check {
	const next = "kubectl krew install edge-credential, or put it into a folder that is in PATH"
	var checks []check
	asked := map[string]bool{}
	for _, p := range helperPrograms(config) {
		path, err := p.find()
		if err != nil {
			checks = append(checks, failed("helper", err, next))
			continue
		}
		if asked[path] {
			continue
		}
		asked[path] = true
		version, err := a.versionOf(ctx, path)
		switch {
		case err != nil:
			checks = append(checks, failed("helper", fmt.Errorf("%s --version: %w", path, err),
				"install it again: "+next))
		case version != a.Version:
			checks = append(checks, warned("helper", "upgrade both: kubectl krew upgrade",
				"%s is version %.40q, and kubectl-edge is %s", path, version, a.Version))
		default:
			checks = append(checks, passed("helper", "%s, version %s", path, version))
		}
	}
	return checks
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

// checkPolicy reads kubectl's preferences for whether it runs the helper at all.
func (a *app) checkPolicy(config *api.Config) check {
	const name, next = "kuberc", "kubectl edge kuberc allow --apply"
	path, read := kuberc.Path(a.Getenv)
	if !read {
		return passed(name, "kubectl reads none")
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return passed(name, "there is none, so kubectl runs every credential plugin")
	} else if err != nil {
		return failed(name, fmt.Errorf("read kuberc: %w", err), "make it a file that you can read")
	}
	preference, err := kuberc.Read(data)
	if err != nil {
		return failed(name, fmt.Errorf("read kuberc %q: %w", path, err), "correct it, or remove it")
	}
	commands := map[string]bool{}
	for _, c := range kubeconfig.EdgeContexts(config) {
		commands[config.AuthInfos[config.Contexts[c.Name].AuthInfo].Exec.Command] = true
	}
	if len(commands) == 0 {
		commands[tokenrequest.Helper] = true
	}
	for _, command := range slices.Sorted(maps.Keys(commands)) {
		if err := preference.Check(command); err != nil {
			also := ""
			if command != tokenrequest.Helper {
				also = " --also " + command
			}
			return failed(name, fmt.Errorf("kubectl refuses to run %.80q by %q: %w", command, path, err), next+also)
		}
	}
	return passed(name, "%s lets kubectl run the helper", path)
}
