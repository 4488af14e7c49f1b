package edge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/kuberc"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// checkHelpers asks each helper that the kubeconfig names for its version, which kubectl would run as well.
func (a *app) checkHelpers(ctx context.Context, config *api.Config) []diagnosis.Check {
	var checks []diagnosis.Check
	for _, h := range a.helpers(ctx, config) {
		switch {
		case h.Path == "":
			checks = append(checks, diagnosis.Failed("helper", h.err, installHelper()))
		case h.err != nil:
			checks = append(checks, diagnosis.Failed("helper", h.err, installHelper()))
		case h.Version != a.Build.Version:
			checks = append(checks, diagnosis.Warned("helper", upgradeBoth(), "%s", h.differs(a.Build)))
		default:
			checks = append(checks, diagnosis.Passed("helper", "%s, version %s", h.Path, h.Version))
		}
	}
	return checks
}

// checkPolicy reads kubectl's preferences for whether it runs the helper at all.
func (a *app) checkPolicy(config *api.Config) diagnosis.Check {
	const name, next = "kuberc", "kubectl edge kuberc allow --apply"
	path, read := kuberc.Path(a.Getenv)
	if !read {
		return diagnosis.Passed(name, "kubectl reads none")
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return diagnosis.Passed(name, "there is none, so kubectl runs every credential plugin")
	} else if err != nil {
		return diagnosis.Failed(name, fmt.Errorf("read kuberc: %w", err), "make it a file that you can read")
	}
	preference, err := kuberc.Read(data)
	if err != nil {
		return diagnosis.Failed(name, fmt.Errorf("read kuberc %s: %w", hint.Path(path), err),
			"correct it, or remove it")
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
			err = fmt.Errorf("kubectl refuses to run %.80q by %s: %w", command, hint.Path(path), err)
			return diagnosis.Failed(name, err, next+also)
		}
	}
	return diagnosis.Passed(name, "%s lets kubectl run the helper", path)
}
