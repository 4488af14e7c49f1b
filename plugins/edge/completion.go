package edge

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/talosaccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// completeValues has shells complete, below root, every flag and argument. A flag that is not in here fails a test.
func completeValues(root *cobra.Command, a *app) {
	plugin.CompleteFlags(root, a.flagValues())
	arguments := map[string]cobra.CompletionFunc{
		"profile use":    plugin.Candidates(a.profileNames).First,
		"profile delete": plugin.Candidates(a.profileNames).First,
		"profile create": plugin.FreeText.Complete,
		"config get":     settingNames().First, "config set": a.completeSetting,
		"config trust":      plugin.Candidates(a.trustedHosts).First,
		"kubeconfig remove": plugin.Candidates(a.edgeContextNames).Complete,
		"kubeconfig audit":  plugin.Files.Complete,
		"install":           plugin.Folders.Complete,
		"use":               plugin.Candidates(a.useTargets).First,
		"cluster describe":  plugin.Candidates(a.clustersOrInstances).First,
		"each":              a.completeEach,
	}
	var visit func(cmd *cobra.Command, path string)
	visit = func(cmd *cobra.Command, path string) {
		complete := arguments[path]
		_, words, _ := strings.Cut(cmd.Use, " ")
		switch {
		case complete != nil:
		case strings.HasPrefix(words, "[INSTANCE]"):
			complete = plugin.Candidates(a.instances).First
		case strings.HasPrefix(words, "[INSTANCE…]"):
			complete = plugin.Candidates(a.instances).Complete
		case strings.HasPrefix(words, "[INSTANCE[/CLUSTER]…]"):
			complete = plugin.Candidates(a.instancesOrClusters).Complete
		}
		if complete == nil && !cmd.HasSubCommands() {
			complete = plugin.FreeText.Complete
		}
		cmd.ValidArgsFunction = complete
		for _, c := range cmd.Commands() {
			visit(c, strings.TrimPrefix(path+" "+c.Name(), " "))
		}
	}
	visit(root, "")
}

// flagValues are the flags by their names, and those of one command by "command flag".
func (a *app) flagValues() map[string]plugin.Completion {
	lives := plugin.Words("15m", "1h", "8h", "1d", "30d")
	return map[string]plugin.Completion{
		"profile":           plugin.Candidates(a.profileNames),
		"project-id":        plugin.Candidates(a.projects),
		"region":            plugin.Candidates(a.regions),
		"context":           plugin.Candidates(a.edgeContextNames),
		"kubeconfig":        plugin.Files,
		"instance-id":       plugin.Candidates(a.instanceIDs),
		"name":              plugin.Candidates(a.instanceNames),
		"plan-id":           plugin.Candidates(a.plans),
		"cluster":           plugin.Candidates(a.clusterNames),
		"cluster-namespace": plugin.Candidates(a.clusterNamespaces),
		"namespace":         plugin.Candidates(a.roleNamespaces),
		"role":              roles(),
		"credential":        plugin.Words(tokenrequest.Certificate, tokenrequest.Token),
		"selector":          plugin.Candidates(a.selectors),
		"expiration":        lives,
		"output":            formats(output.Names()...),

		"cache list sort-by":    plugin.Words("expirationTimestamp", "creationTimestamp", "instanceId", "profile"),
		"cluster list sort-by":  plugin.Words("cluster", "instance", "ready", "kubernetes", "creationTimestamp"),
		"instance list sort-by": plugin.Words("displayName", "status", "created", "projectName"),
		"plan list sort-by":     plugin.Words("name", "maxEdgeHosts", "minEdgeHosts"),
		"project list sort-by":  plugin.Words("name", "creationTime", "lifecycleState"),

		"argocd cluster-secret context":        plugin.Candidates(a.contextNames),
		"argocd cluster-secret output":         plugin.Words("json", "yaml"),
		"argocd cluster-secret role-namespace": plugin.Candidates(a.roleNamespaces),
		"argocd cluster-secret token-file":     plugin.Files,
		"argocd cluster-secret command":        plugin.Files,
		"each output":                          formats(output.Names()...),
		"kubeconfig audit output":              formats(append(output.Names(), sarif)...),
		"kubeconfig convert context":           plugin.Candidates(a.contextNames),
		"kubeconfig create output":             plugin.Words("json", "yaml"),
		"kuberc allow kuberc":                  plugin.Files,
		"login port":                           plugin.Candidates(ports),
		"login private-key":                    plugin.Files,
		"login service-account-key":            plugin.Files,
		"login stackit-cli-profile":            plugin.Candidates(a.cliProfiles),
		"talos role":                           plugin.Words(talosaccess.Roles()...),
		"talos ttl":                            plugin.Words("5m", "10m", "1h"),
		"talos write-to":                       plugin.Files,
		"token create write-to":                plugin.Files,

		// What a person, or for the helper's flags a program, makes up.
		"timeout": plugin.FreeText, "clear-after": plugin.FreeText,
		"also": plugin.FreeText, "annotation": plugin.FreeText, "context-name": plugin.FreeText,
		"description": plugin.FreeText, "health-address": plugin.FreeText, "instance create name": plugin.FreeText,
		"label": plugin.FreeText, "limit": plugin.FreeText, "member": plugin.FreeText, "parallel": plugin.FreeText,
		"parent-id": plugin.FreeText, "project list name": plugin.FreeText,
		"creation-time-after": plugin.FreeText, "project-id-like": plugin.FreeText,
		"service-account-email": plugin.FreeText,
		"credential ca":         plugin.FreeText, "credential client": plugin.FreeText,
		"credential cluster-uid": plugin.FreeText, "credential refused": plugin.FreeText,
		"credential server": plugin.FreeText,
	}
}

// formats are the values of -o: those that take a template end with "=".
func formats(names ...string) plugin.Candidates {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = name
		if output.Takes(name) {
			words[i] += "="
		}
	}
	return plugin.Words(words...)
}

func roles() plugin.Candidates {
	return plugin.Words(tokenrequest.RoleView+"\tlook at all but Secrets",
		tokenrequest.RoleEdit+"\tchange things in the namespace of --namespace",
		tokenrequest.RoleAdmin+"\tedit, and bind roles, in the namespace of --namespace",
		tokenrequest.RoleClusterAdmin+"\teverything")
}
