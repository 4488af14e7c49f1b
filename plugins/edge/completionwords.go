package edge

import (
	"context"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// What is completed of this machine: profiles, settings, and what kubeconfigs say.

func (a *app) profileNames(context.Context, *cobra.Command, string) []string {
	config, err := profile.Load(a.dirs)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(config.Profiles))
}

func (a *app) trustedHosts(context.Context, *cobra.Command, string) []string {
	config, err := profile.Load(a.dirs)
	if err != nil {
		return nil
	}
	return config.TrustedHosts
}

func (a *app) cliProfiles(context.Context, *cobra.Command, string) []string {
	return login.CLIProfiles()
}

func settingNames() plugin.Candidates {
	var names []string
	for _, s := range settings() {
		names = append(names, s.name+"\t"+s.help)
	}
	return plugin.Words(names...)
}

// completeSetting completes NAME VALUE.
func (a *app) completeSetting(cmd *cobra.Command, args []string, word string) ([]cobra.Completion,
	cobra.ShellCompDirective) {
	if len(args) == 0 {
		return settingNames().Complete(cmd, args, word)
	}
	if len(args) > 1 {
		return plugin.FreeText.Complete(cmd, args, word)
	}
	public := profile.Endpoints{}.WithDefaults()
	var values plugin.Candidates
	switch args[0] {
	case "project-id":
		values = a.projects
	case "region":
		values = a.regions
	case "expiration":
		values = plugin.Words("15m", "1h", "8h", "1d", "30d")
	case "login-method":
		values = plugin.Words(login.Methods()...)
	case "certificate-authority":
		return plugin.Files.Complete(cmd, args, word)
	case "endpoints.edge":
		values = plugin.Words(public.Edge)
	case "endpoints.resource-manager":
		values = plugin.Words(public.ResourceManager)
	case "endpoints.identity-provider":
		values = plugin.Words(public.IdentityProvider)
	case tokencache.Setting:
		values = plugin.Words(tokencache.None)
	default:
		return plugin.FreeText.Complete(cmd, args, word)
	}
	return values.Complete(cmd, args, word)
}

// ports are those to which the identity provider sends browsers back.
func ports(context.Context, *cobra.Command, string) []string {
	var words []string
	first, last := login.Ports()
	for port := first; port <= last; port++ {
		words = append(words, strconv.Itoa(port))
	}
	return words
}

// regions are STACKIT's, and those that profiles and kubeconfigs name.
func (a *app) regions(ctx context.Context, cmd *cobra.Command, _ string) []string {
	found := a.knownRegions()
	for _, c := range a.edgeContexts(ctx, cmd) {
		found = append(found, c.Request.Region)
	}
	return distinct(found, func(s string) bool { return stackitid.Region(s) == nil })
}

// knownRegions are STACKIT's, and those of profiles, without their order.
func (a *app) knownRegions() []string {
	found := []string{profile.DefaultRegion, "eu02"}
	if config, err := profile.Load(a.dirs); err == nil {
		for _, p := range config.Profiles {
			found = append(found, p.Region)
		}
	}
	return found
}

// distinct are the words that are good, sorted, each once.
func distinct(words []string, good func(string) bool) []string {
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(w string) bool { return !good(w) })
}

// edgeContexts are those of the kubeconfig that the command works with.
func (a *app) edgeContexts(ctx context.Context, cmd *cobra.Command) []kubeconfig.EdgeContext {
	config, err := kubeconfig.Load(ctx, cmd.Flag("kubeconfig").Value.String())
	if err != nil {
		return nil
	}
	return kubeconfig.EdgeContexts(config)
}

func (a *app) edgeContextNames(ctx context.Context, cmd *cobra.Command, _ string) []string {
	var names []string
	for _, c := range a.edgeContexts(ctx, cmd) {
		about := c.Request.InstanceID
		if c.Request.Cluster != "" {
			about += "/" + c.Request.Cluster
		}
		names = append(names, c.Name+"\t"+about)
	}
	return names
}

// contextNames are those of all contexts, of kubectl edge and of others.
func (a *app) contextNames(ctx context.Context, cmd *cobra.Command, _ string) []string {
	config, err := kubeconfig.Load(ctx, cmd.Flag("kubeconfig").Value.String())
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(config.Contexts))
}

// roleNamespaces are those in which kubeconfigs have a role. Those of the edge cluster itself would take a credential
// for it, which is signed after the command that is being typed.
func (a *app) roleNamespaces(ctx context.Context, cmd *cobra.Command, _ string) []string {
	found := []string{"default"}
	for _, c := range a.edgeContexts(ctx, cmd) {
		found = append(found, c.Request.Namespace)
	}
	return distinct(found, func(s string) bool { return s != "" })
}

// completeEach completes the instances and edge clusters before the -- of each. What follows, kubectl completes.
func (a *app) completeEach(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	fs := cmd.Flags()
	named, behind := args, []string(nil)
	at := slices.Index(args, "--")
	switch {
	case at >= 0:
		named, behind = args[:at], args[at+1:]
	case plugin.BehindDash(cmd), len(args) > 0 && fs.ArgsLenAtDash() == 0: // cobra adds a -- of its own at the end
		named, behind, at = nil, args, 0
	case fs.Changed("all") || fs.Changed("selector") || fs.Changed("context"):
		return plugin.FreeText.Complete(cmd, args, word)
	}
	if at < 0 {
		return plugin.Candidates(a.fleetNames).Complete(cmd, args, word)
	}
	find := func(ctx context.Context, cmd *cobra.Command, word string) []string {
		return a.kubectlWords(ctx, cmd, named, append(slices.Clone(behind), word))
	}
	return plugin.Candidates(find).Complete(cmd, args, word)
}

// kubectlWords is what kubectl offers for the last of words, in the first context that is chosen.
func (a *app) kubectlWords(ctx context.Context, cmd *cobra.Command, named, words []string) []string {
	path, err := findKubectl()
	config, errConfig := kubeconfig.Load(ctx, cmd.Flag("kubeconfig").Value.String())
	if err != nil || errConfig != nil {
		return nil
	}
	o := &eachOptions{app: a, named: named}
	fs := cmd.Flags()
	o.clusters, _ = fs.GetBool("clusters")
	o.selector, _ = fs.GetStringSlice("selector")
	o.contexts, _ = fs.GetStringSlice("context")
	contexts, err := o.chosen(kubeconfig.EdgeContexts(config), config.CurrentContext)
	if err != nil {
		return nil
	}
	args := []string{"__complete", "--context=" + contexts[0].Name}
	if file := cmd.Flag("kubeconfig").Value.String(); file != "" {
		args = append(args, "--kubeconfig="+file)
	}
	kubectl := exec.CommandContext(ctx, path, append(args, words...)...)
	kubectl.WaitDelay = time.Millisecond // for what it has started, such as a credential helper
	printed, err := kubectl.Output()
	if err != nil {
		return nil
	}
	offered := strings.Split(strings.TrimSpace(string(printed)), "\n")
	return offered[:len(offered)-1] // the last line says what shells are to do
}

// fleetNames are those of the kubeconfig's instances, and of their edge clusters as INSTANCE/CLUSTER.
func (a *app) fleetNames(ctx context.Context, cmd *cobra.Command, _ string) []string {
	var names []string
	for _, c := range a.edgeContexts(ctx, cmd) {
		about := c.Name
		if c.Request.Cluster == "" {
			about = c.Request.InstanceID
		}
		names = append(names, fleet.NameOf(c.Request).String()+"\t"+about)
	}
	return distinct(names, func(string) bool { return true })
}

// selectors complete KEY=GLOB of each: the keys, and then what the contexts have.
func (a *app) selectors(ctx context.Context, cmd *cobra.Command, word string) []string {
	on := cmd.Flag("clusters")
	keys := selectorKeys(on != nil && on.Value.String() == "true")
	var found []string
	key, _, hasKey := strings.Cut(word, "=")
	for _, c := range a.edgeContexts(ctx, cmd) {
		if value := selectable(c)[key]; hasKey && value != "" {
			found = append(found, key+"="+value)
		}
	}
	if !hasKey {
		for _, k := range keys {
			found = append(found, k+"=")
		}
	}
	return distinct(found, func(string) bool { return true })
}

// selectorKeys are those of selectable, of contexts of instances or of edge clusters.
func selectorKeys(clusters bool) []string {
	keys := []string{"name", "id", "project", "region", "profile"}
	if clusters {
		keys = append(keys, "cluster", "role")
	}
	return keys
}

// selectable are the values of a context by which each selects.
func selectable(c kubeconfig.EdgeContext) map[string]string {
	id := c.Request.InstanceID
	return map[string]string{
		"name": stackitid.NameOf(id), "id": id,
		"project": c.Request.ProjectID, "region": c.Request.Region, "profile": c.Request.Profile,
		"cluster": c.Request.Cluster, "role": c.Request.WithDefaults().Role,
	}
}
