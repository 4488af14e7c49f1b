package edge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// checkKubeconfig looks at the contexts that call our helper, at what is set for it there, and for secrets.
func (a *app) checkKubeconfig(ctx context.Context, config *api.Config) diagnosis.Check {
	const name = "kubeconfig"
	ours := kubeconfig.EdgeContexts(config)
	if refused := refusedContexts(config); len(refused) > 0 {
		return diagnosis.Failed(name, fmt.Errorf("contexts whose arguments the credential helper refuses: %s",
			strings.Join(refused, ", ")),
			"kubectl edge kubeconfig create --overwrite writes them again")
	}
	var lost []string
	for _, c := range ours {
		if _, err := a.scopeOf(profile.Choice{Profile: c.Request.Profile}); c.Request.Profile != "" && err != nil {
			lost = append(lost, c.Name)
		}
	}
	if len(lost) > 0 {
		return diagnosis.Failed(name, fmt.Errorf("contexts whose profile is gone: %s", strings.Join(lost, ", ")),
			"kubectl edge kubeconfig create, or kubectl edge profile create")
	}
	secrets, redirects, err := auditKubeconfig(ctx)
	switch {
	case err != nil:
		return diagnosis.Failed(name, err, "kubectl edge kubeconfig audit")
	case len(redirects) > 0:
		return diagnosis.Warned(name, "unless you wrote that yourself, delete it from exec.env of the user: kubectl "+
			"edge "+
			"kubeconfig audit -o wide",
			"it sets what the credential helper should have from your shell: %s", strings.Join(redirects, "; "))
	case secrets > 0:
		return diagnosis.Warned(name, "kubectl edge kubeconfig audit", "%s of kubectl edge; %s in the file",
			plugin.Count(len(ours), "context"), plugin.Count(secrets, "secret"))
	}
	return diagnosis.Passed(name, "%s of kubectl edge", plugin.Count(len(ours), "context"))
}

// refusedContexts returns the contexts that call our helper in vain, since it refuses their arguments.
func refusedContexts(config *api.Config) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(config.Contexts)) {
		user := config.AuthInfos[config.Contexts[name].AuthInfo]
		if user == nil || user.Exec == nil {
			continue
		}
		call, _ := tokenrequest.FindCall(user.Exec.Command, user.Exec.Args)
		if _, ok := kubeconfig.RequestOf(user); call.Sure && !ok {
			names = append(names, name)
		}
	}
	return names
}

// auditKubeconfig counts the secrets in the files that kubectl reads, and says which user redirects our helper how.
func auditKubeconfig(ctx context.Context) (secrets int, redirects []string, err error) {
	files, err := kubeconfig.Files("")
	if err != nil {
		return 0, nil, err
	}
	sets, entries := map[string][]string{}, []string{}
	for _, path := range files {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		report, err := interrupt.Read(ctx, func() (audit.Report, error) { return audit.Path(path) })
		if err != nil {
			return 0, nil, err
		}
		for _, f := range report.Findings {
			if f.Kind == audit.BreakGlass {
				continue
			}
			if f.Kind != audit.Redirect {
				secrets++
				continue
			}
			if sets[f.Entry] == nil {
				entries = append(entries, f.Entry)
			}
			sets[f.Entry] = append(sets[f.Entry], f.Field[strings.LastIndex(f.Field, ".")+1:])
		}
	}
	for _, entry := range entries {
		redirects = append(redirects,
			fmt.Sprintf("user %q sets %s", strings.TrimPrefix(entry, "user "), strings.Join(sets[entry], ", ")))
	}
	return secrets, redirects, nil
}
