package edge

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/talosaccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// completionTimeout bounds how long a shell waits for a list of STACKIT's when a person presses the Tab key. A session
// that has to be renewed first takes its own time: to cut that off could lose it.
const completionTimeout = 5 * time.Second

// candidates are what a flag or an argument of a command may be, as "value" or "value\tdescription". word is what has
// been typed of it.
type candidates func(ctx context.Context, cmd *cobra.Command, word string) []string

// plainWord is what every shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9@:/._-]*$`)

// completeValues has shells complete, below root, what a person has named: profiles, settings, instances and contexts.
// What cannot be found out completes to nothing; a person at a prompt has no use for an error.
func completeValues(root *cobra.Command, a *app) {
	complete := func(find candidates) cobra.CompletionFunc {
		return func(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
			defer cancel()
			var fitting []cobra.Completion
			for _, c := range find(ctx, cmd, word) {
				value, description, _ := strings.Cut(c, "\t")
				if strings.HasPrefix(value, word) && plainWord.MatchString(value) { // others chose these names
					fitting = append(fitting, cobra.CompletionWithDesc(value, hint.Printable(description)))
				}
			}
			return fitting, cobra.ShellCompDirectiveNoFileComp
		}
	}
	only := func(find candidates) cobra.CompletionFunc { // for a single argument
		return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return complete(find)(cmd, args, word)
		}
	}
	words := func(fixed ...string) cobra.CompletionFunc {
		return complete(func(context.Context, *cobra.Command, string) []string { return fixed })
	}
	_ = root.RegisterFlagCompletionFunc("profile", complete(a.profileNames)) // fails only without such a flag
	arguments := map[string]cobra.CompletionFunc{
		"profile use": only(a.profileNames), "profile delete": only(a.profileNames),
		"config get": only(settingNames), "config set": only(settingNames),
		"kubeconfig remove": complete(a.edgeContextNames), "use": only(a.instancesOrClusters),
		"cluster describe":  only(a.instancesOrClusters),
		"instance describe": only(a.instanceIDs), "instance update": only(a.instanceIDs),
		"instance delete": only(a.instanceIDs),
	}
	var visit func(cmd *cobra.Command, path string)
	visit = func(cmd *cobra.Command, path string) {
		cmd.ValidArgsFunction = arguments[path]
		if flags := cmd.Flags(); flags.Lookup("instance-id") != nil && flags.Lookup("name") != nil {
			_ = cmd.RegisterFlagCompletionFunc("instance-id", complete(a.instanceIDs))
			_ = cmd.RegisterFlagCompletionFunc("name", complete(a.instanceNames))
		}
		if cmd.Flags().Lookup("all-clusters") != nil {
			_ = cmd.RegisterFlagCompletionFunc("cluster", complete(a.clusterNames))
		}
		switch {
		case cmd.Flags().Lookup("role") == nil, path == "credential":
		case path == "talos":
			_ = cmd.RegisterFlagCompletionFunc("role", words(talosaccess.Roles()...))
			_ = cmd.RegisterFlagCompletionFunc("cluster", complete(a.clusterNames))
		default:
			_ = cmd.RegisterFlagCompletionFunc("role", words(tokenrequest.RoleView+"\tlook at all but Secrets",
				tokenrequest.RoleEdit+"\tchange things in the namespace of --namespace",
				tokenrequest.RoleAdmin+"\tedit, and bind roles, in the namespace of --namespace",
				tokenrequest.RoleClusterAdmin+"\teverything"))
		}
		if cmd.Flags().Lookup("credential") != nil && path != "credential" {
			_ = cmd.RegisterFlagCompletionFunc("credential", words(tokenrequest.Certificate, tokenrequest.Token))
		}
		for _, c := range cmd.Commands() {
			visit(c, strings.TrimPrefix(path+" "+c.Name(), " "))
		}
	}
	visit(root, "")
}

func (a *app) profileNames(context.Context, *cobra.Command, string) []string {
	config, err := profile.Load(a.dirs)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(config.Profiles))
}

func settingNames(context.Context, *cobra.Command, string) []string {
	var names []string
	for _, s := range settings() {
		names = append(names, s.name+"\t"+s.help)
	}
	return names
}

func (a *app) instanceIDs(ctx context.Context, _ *cobra.Command, _ string) []string {
	return a.instances(ctx, func(id, name string) string { return id + "\t" + name })
}

func (a *app) instanceNames(ctx context.Context, _ *cobra.Command, _ string) []string {
	return a.instances(ctx, func(id, name string) string { return name + "\t" + id })
}

func (a *app) instances(ctx context.Context, show func(id, name string) string) []string {
	cloud, err := a.projectCloud(ctx)
	if err != nil {
		return nil
	}
	instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
	if err != nil {
		return nil
	}
	var shown []string
	for _, i := range instances {
		shown = append(shown, show(i.Id, i.DisplayName))
	}
	return shown
}

func (a *app) edgeContextNames(ctx context.Context, cmd *cobra.Command, _ string) []string {
	config, err := kubeconfig.Load(ctx, cmd.Flag("kubeconfig").Value.String())
	if err != nil {
		return nil
	}
	var names []string
	for _, c := range kubeconfig.EdgeContexts(config) {
		names = append(names, c.Name)
	}
	return names
}
