package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

type kubeconfigRemoveOptions struct {
	*app
	contexts []string
	asked    bool // whether a pattern, or all, chooses: what that is has to be agreed to
	which    fleetFlags
	clusters clusterFlags
	prune    bool
	path     string
	dryRun   bool
	yes      bool
}

func newKubeconfigRemoveCmd(a *app) *cobra.Command {
	o := &kubeconfigRemoveOptions{app: a}
	cmd := &cobra.Command{
		Use:   "remove [CONTEXT|INSTANCE[/CLUSTER]…]",
		Short: "Remove instances and edge clusters from your kubeconfig, and their cached credentials",
		Long: `Remove instances and edge clusters from your kubeconfig, and their cached credentials.

Only contexts that call kubectl-edge_credential are removed, with their clusters and users unless other contexts use
them. An argument is the name of a context, or else an instance, by its name or id, or an edge cluster of one; or a
pattern such as 'site*' or 'demo/*', of any of these. Names of instances are those of the project and region that you
work in, if one is set. What patterns choose is listed, and you are asked. Without an argument you choose on the
terminal: Tab marks, and Enter removes what is marked. Where nothing is, a second Enter removes the highlighted one.

With --cluster or --all-clusters it removes edge clusters instead of instances: of those that are named, else of all in
your kubeconfig. The contexts of an instance's edge clusters stay when that of the instance goes.

--prune removes those whose instances or edge clusters are gone. It asks the API for each project and region that your
kubeconfig names, with the profile that it names, and each instance that has edge clusters in your kubeconfig. Where
they cannot be asked, the contexts stay. At a terminal you log in to the profile that you work with, if that takes it;
contexts of other profiles that nobody is logged in to stay.`,
		Example: `  kubectl edge kubeconfig remove edge_eu01_demo-3714d85
  kubectl edge kubeconfig remove demo
  kubectl edge kubeconfig remove demo/berlin
  kubectl edge kubeconfig remove 'site*' --yes
  kubectl edge kubeconfig remove --prune --dry-run`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.contexts = args
			if err := o.validate(); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	o.which.addFlags(cmd.Flags())
	o.clusters.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.prune, "prune", false, "remove all whose instances or edge clusters are gone")
	cmd.Flags().StringVar(&o.path, "kubeconfig", "", "file to change (default: as kubectl chooses it)")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print what would change as a diff, and write nothing")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false,
		"do not ask before patterns, --prune, --all and --all-clusters remove")
	return cmd
}

func (o *kubeconfigRemoveOptions) validate() error {
	if err := o.clusters.validate(); err != nil {
		return err
	}
	chosen := !o.which.none() || o.clusters.chosen()
	ways := 0
	for _, way := range []bool{len(o.contexts) > 0, chosen, o.prune} {
		if way {
			ways++
		}
	}
	if ways == 0 && o.clusters.namespace == "" && picker.Possible(o.Process) {
		return nil
	}
	if ways != 1 {
		return hint.Wrap(errors.New("remove what? want contexts or instances, or --name, --instance-id, --all or "+
			"--cluster, or --prune"), "kubectl config get-contexts")
	}
	if !o.which.none() {
		return o.which.validate()
	}
	return nil
}

func (o *kubeconfigRemoveOptions) run(ctx context.Context) error {
	config, err := kubeconfig.Load(ctx, o.path)
	if err != nil {
		return err
	}
	removed, unknown, err := o.choose(ctx, config)
	if err != nil {
		return err
	}
	if len(removed) == 0 {
		o.Note("No context to remove.")
	} else if err := o.remove(ctx, removed); err != nil {
		return err
	}
	if unknown > 0 {
		return fmt.Errorf("%s left alone, because the API could not be asked about them",
			plugin.Count(unknown, "context"))
	}
	return nil
}

// choose returns the contexts to remove, and how many it could not decide about, which was reported.
func (o *kubeconfigRemoveOptions) choose(ctx context.Context, config *api.Config) (removed []kubeconfig.EdgeContext,
	unknown int, err error) {
	ours := kubeconfig.EdgeContexts(config)
	switch {
	case len(o.contexts) > 0:
		for _, argument := range o.contexts {
			meant, err := o.meant(config, ours, argument)
			if err != nil {
				return nil, 0, err
			}
			for _, c := range meant {
				if !slices.Contains(removed, c) {
					removed = append(removed, c)
				}
			}
		}
		return removed, 0, nil
	case o.prune:
		return o.gone(ctx, ours)
	case o.which.none() && !o.clusters.chosen():
		removed, err := o.pick(ctx, config, ours)
		return removed, 0, err
	}
	s, err := o.projectScope()
	if err != nil {
		return nil, 0, err
	}
	removed, left := o.ofScope(ours, s)
	switch {
	case o.ambiguous(removed):
		return nil, 0, usageError{hint.Wrap(fmt.Errorf("edge cluster %s: several instances have one of that name",
			strings.Join(o.clusters.names, ", ")), "add --name or --instance-id; see kubectl config get-contexts")}
	case len(removed) == 0 && !o.which.all && !o.clusters.all:
		return nil, 0, hint.Wrap(fmt.Errorf("no context of such an %s of project %s in %s", o.noun(), s.ProjectID,
			s.Region), "kubectl config get-contexts")
	case left > 0 && len(removed) > 0:
		o.Note("%s of edge clusters left; to remove them: --all-clusters", plugin.Count(left, "context"))
	}
	return removed, 0, nil
}

// pick has a person choose contexts on the terminal.
func (o *kubeconfigRemoveOptions) pick(ctx context.Context, config *api.Config, ours []kubeconfig.EdgeContext) (
	chosen []kubeconfig.EdgeContext, err error) {
	if len(ours) == 0 {
		return nil, nil
	}
	list := picker.List{Title: "Remove", Verb: "remove",
		Columns: []string{"CONTEXT", "INSTANCE", "CLUSTER", "REGION", "PROJECT ID"}}
	for i, c := range ours {
		if c.Name == config.CurrentContext {
			list.At = i
		}
		list.Rows = append(list.Rows, picker.Row{Cells: []string{c.Name, c.Request.InstanceID, c.Request.Cluster,
			c.Request.Region, c.Request.ProjectID}})
	}
	rows, err := picker.ChooseSeveral(ctx, o.Process, list)
	for _, i := range rows {
		chosen = append(chosen, ours[i])
	}
	return chosen, err
}

// fitting returns the contexts that a pattern means: by their names, or, in the project and the region where the
// command works, by their instances and edge clusters.
func (o *kubeconfigRemoveOptions) fitting(ours []kubeconfig.EdgeContext, pattern string) (
	fitting []kubeconfig.EdgeContext, err error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, usageError{fmt.Errorf("%.80q: the pattern is malformed", pattern)}
	}
	w, err := o.workplace()
	if err != nil {
		return nil, err
	}
	for _, c := range ours {
		here := w.ProjectID == "" || c.In(w.Scope)
		if c.Request.Cluster != "" && o.clusters.namespace != "" {
			here = here && c.Request.EdgeCluster.WithDefaults().ClusterNamespace == o.clusters.namespace
		}
		if globMatches(pattern, c.Name) || here && means(pattern, c, false) {
			fitting = append(fitting, c)
		}
	}
	if len(fitting) == 0 {
		return nil, hint.Wrap(fmt.Errorf("no context of kubectl edge in the kubeconfig fits %.80q", pattern),
			"kubectl config get-contexts")
	}
	return fitting, nil
}

// meant returns the contexts that an argument means: the one of this name, else those of the instance, or of the edge
// cluster, or that fit it. The API is not asked: what is gone there can be removed here.
func (o *kubeconfigRemoveOptions) meant(config *api.Config, ours []kubeconfig.EdgeContext,
	argument string) ([]kubeconfig.EdgeContext, error) {
	if i := slices.IndexFunc(ours, func(c kubeconfig.EdgeContext) bool { return c.Name == argument }); i >= 0 {
		return ours[i : i+1], nil
	}
	if config.Contexts[argument] != nil {
		return nil, hint.Wrap(fmt.Errorf("context %q is not one of kubectl edge", argument),
			"kubectl config delete-context %s", hint.Word(argument))
	}
	if isPattern(argument) {
		o.asked = true
		return o.fitting(ours, argument)
	}
	none := hint.Wrap(fmt.Errorf("no context %.80q in the kubeconfig, and none of an instance of that name or id",
		argument), "kubectl config get-contexts")
	var names []string
	for _, c := range ours {
		names = append(names, c.Name, c.Request.InstanceID, stackitid.NameOf(c.Request.InstanceID))
	}
	none = hint.Among(none, "", argument, names)
	var which fleetFlags
	var clusters clusterFlags
	if err := which.take([]string{argument}, &clusters); err != nil {
		return nil, none
	}
	if clusters.chosen() {
		clusters.namespace = o.clusters.namespace
	}
	w, err := o.workplace()
	if err != nil {
		return nil, err
	}
	var meant []kubeconfig.EdgeContext
	for _, c := range ours {
		if !which.matches(c.Request.InstanceID) || w.ProjectID != "" && which.ids == nil && !c.In(w.Scope) {
			continue
		}
		if ofCluster := c.Request.Cluster != ""; ofCluster == clusters.chosen() &&
			(!ofCluster || clusters.matches(c.Request)) {
			meant = append(meant, c)
		}
	}
	if len(meant) == 0 {
		return nil, none
	}
	if i := slices.IndexFunc(meant, func(c kubeconfig.EdgeContext) bool {
		return c.Request.InstanceID != meant[0].Request.InstanceID
	}); i >= 0 {
		return nil, usageError{hint.Wrap(fmt.Errorf("%.80q means several instances: %s and %s", argument,
			meant[0].Request.InstanceID, meant[i].Request.InstanceID), "name its id instead")}
	}
	return meant, nil
}

func (o *kubeconfigRemoveOptions) noun() string {
	if o.clusters.chosen() {
		return "edge cluster"
	}
	return "instance"
}

// ambiguous reports whether edge clusters were named without their instance, and several have them.
func (o *kubeconfigRemoveOptions) ambiguous(contexts []kubeconfig.EdgeContext) bool {
	return o.which.none() && !o.clusters.all && slices.ContainsFunc(contexts, func(c kubeconfig.EdgeContext) bool {
		return c.Request.InstanceID != contexts[0].Request.InstanceID
	})
}

// ofScope returns the contexts that the flags choose, and how many of edge clusters are left of the instances of which
// a context goes.
func (o *kubeconfigRemoveOptions) ofScope(ours []kubeconfig.EdgeContext, s profile.Scope) (
	chosen []kubeconfig.EdgeContext, left int) {
	for _, c := range ours {
		if !c.In(s) || !o.which.none() && !o.which.matches(c.Request.InstanceID) {
			continue
		}
		switch ofCluster := c.Request.Cluster != ""; {
		case ofCluster == o.clusters.chosen() && (!ofCluster || o.clusters.matches(c.Request)):
			chosen = append(chosen, c)
		case ofCluster && !o.clusters.chosen():
			left++
		}
	}
	return chosen, left
}

// matches reports whether the instance is one of those chosen.
func (f *fleetFlags) matches(id string) bool {
	return f.all || slices.ContainsFunc(f.each(), func(one instanceFlags) bool { return one.means(id) })
}

func (o *kubeconfigRemoveOptions) remove(ctx context.Context, contexts []kubeconfig.EdgeContext) error {
	current := false
	var glasses []kubeconfig.EdgeContext
	edit := func(config *api.Config) error {
		glasses = administrators(config)
		for _, c := range contexts {
			if at := config.Contexts[c.Name]; at == nil || !kubeconfig.IsFor(config.AuthInfos[at.AuthInfo], c.Request) {
				continue // changed by another program meanwhile
			}
			current = current || config.CurrentContext == c.Name
			kubeconfig.Remove(config, c.Name)
		}
		glasses = without(glasses, administrators(config))
		return nil
	}
	if o.dryRun {
		return o.preview(ctx, o.path, edit)
	}
	if o.asked || o.prune || o.which.all || o.clusters.all {
		for _, c := range contexts {
			if !o.yes { // which would be asked about
				o.Note("%q (%s of project %s)", c.Name, ofWhat(c.Request), c.Request.ProjectID)
			}
		}
		if err := o.Confirm(ctx, o.yes, fmt.Sprintf("Remove %s?", plugin.Count(len(contexts), "context"))); err != nil {
			return err
		}
	}
	if err := kubeconfig.Edit(ctx, o.path, edit); err != nil {
		return err
	}
	var lines []string
	for _, c := range contexts {
		lines = append(lines, fmt.Sprintf("Removed context %q.", c.Name))
	}
	o.Tell(lines, o.verbose, fmt.Sprintf("Removed %s.", plugin.Count(len(contexts), "context")))
	if current {
		o.Note("It was the current context; there is none now. Choose another with: kubectl edge use")
	}
	return errors.Join(o.forgetContexts(contexts), o.disagreeToBreakGlass(glasses))
}

// ofWhat says what a request is for.
func ofWhat(r tokenrequest.Request) string {
	if r.Cluster == "" {
		return "instance " + r.InstanceID
	}
	return "edge cluster " + r.Cluster + " of instance " + r.InstanceID
}

// forgetInstances removes the cached credentials of the contexts' instances and of all of their edge clusters.
func (a *app) forgetInstances(contexts []kubeconfig.EdgeContext) error {
	return a.forget(contexts, func(tokenrequest.Request, tokencache.Labels) bool { return true })
}

// forgetContexts removes the cached credentials that the contexts ask for: of the instance, or of the role in the edge
// cluster.
func (a *app) forgetContexts(contexts []kubeconfig.EdgeContext) error {
	return a.forget(contexts, func(r tokenrequest.Request, l tokencache.Labels) bool {
		r.EdgeCluster = r.EdgeCluster.WithDefaults()
		asked := tokenrequest.Target{Request: r}.Labels()
		return asked.Cluster == l.Cluster && asked.ClusterNamespace == l.ClusterNamespace && asked.Role == l.Role
	})
}

func (a *app) forget(contexts []kubeconfig.EdgeContext,
	of func(tokenrequest.Request, tokencache.Labels) bool) error {
	_, err := tokencache.All(a.dirs).Clean(func(f tokencache.File) bool {
		l := f.Entry.Labels
		return slices.ContainsFunc(contexts, func(c kubeconfig.EdgeContext) bool {
			return c.Request.InstanceID == l.Instance && strings.EqualFold(c.Request.ProjectID, l.Project) &&
				cmp.Or(c.Request.Region, l.Region) == l.Region && of(c.Request, l)
		})
	})
	return err
}
