package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

type kubeconfigRemoveOptions struct {
	*app
	contexts []string
	which    fleetFlags
	prune    bool
	path     string
	dryRun   bool
	yes      bool
}

func newKubeconfigRemoveCmd(a *app) *cobra.Command {
	o := &kubeconfigRemoveOptions{app: a}
	cmd := &cobra.Command{
		Use:   "remove [CONTEXT…]",
		Short: "Remove instances from your kubeconfig, and their cached tokens",
		Long: `Remove instances from your kubeconfig, and their cached tokens.

Only contexts that call kubectl-edge_credential are removed, with their clusters and users unless other contexts use
them.

--prune removes those whose instances are gone. It asks the API for each project and region that your kubeconfig
names, with the profile that it names. Where the API cannot be asked, the contexts stay.`,
		Example: `  kubectl edge kubeconfig remove edge_eu01_demo-3714d85
  kubectl edge kubeconfig remove --name demo
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
	cmd.Flags().BoolVar(&o.prune, "prune", false, "remove all whose instances are gone")
	cmd.Flags().StringVar(&o.path, "kubeconfig", "", "file to change (default: as kubectl chooses it)")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print what would change as a diff, and write nothing")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask before --prune and --all remove")
	return cmd
}

func (o *kubeconfigRemoveOptions) validate() error {
	instances := o.which.all || len(o.which.each()) > 0
	ways := 0
	for _, way := range []bool{len(o.contexts) > 0, instances, o.prune} {
		if way {
			ways++
		}
	}
	if ways != 1 {
		return hint.Wrap(errors.New("remove what? want names of contexts, or --name, --instance-id or --all, or "+
			"--prune"), "kubectl config get-contexts")
	}
	if instances {
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
		for _, name := range o.contexts {
			i := slices.IndexFunc(ours, func(c kubeconfig.EdgeContext) bool { return c.Name == name })
			if i < 0 && config.Contexts[name] == nil {
				return nil, 0, hint.Wrap(fmt.Errorf("no context %.80q in the kubeconfig", name),
					"kubectl config get-contexts")
			} else if i < 0 {
				return nil, 0, hint.Wrap(fmt.Errorf("context %q is not one of kubectl edge", name),
					"kubectl config delete-context %s", name)
			}
			removed = append(removed, ours[i])
		}
		return removed, 0, nil
	case o.prune:
		return o.gone(ctx, ours)
	}
	s, err := o.projectScope()
	if err != nil {
		return nil, 0, err
	}
	for _, c := range ours {
		if c.In(s) && o.which.matches(c.Request.InstanceID) {
			removed = append(removed, c)
		}
	}
	if len(removed) == 0 && !o.which.all {
		return nil, 0, hint.Wrap(fmt.Errorf("no context of such an instance of project %s in %s", s.ProjectID,
			s.Region), "kubectl config get-contexts")
	}
	return removed, 0, nil
}

// matches reports whether the instance is one of those chosen. Its name is what stands before the last hyphen of its
// id.
func (f *fleetFlags) matches(id string) bool {
	name := id[:max(0, strings.LastIndex(id, "-"))]
	return f.all || slices.Contains(f.ids, id) || slices.Contains(f.names, name)
}

// gone returns those contexts whose instances the API no longer has.
func (o *kubeconfigRemoveOptions) gone(
	ctx context.Context, ours []kubeconfig.EdgeContext,
) (gone []kubeconfig.EdgeContext, unknown int, err error) {
	place := func(c kubeconfig.EdgeContext) profile.Choice {
		return profile.Choice{Profile: c.Request.Profile, ProjectID: c.Request.ProjectID, Region: c.Request.Region}
	}
	ours = slices.DeleteFunc(slices.Clone(ours), func(c kubeconfig.EdgeContext) bool {
		at := place(c)
		return o.choice.Profile != "" && at.Profile != o.choice.Profile ||
			o.choice.ProjectID != "" && !strings.EqualFold(at.ProjectID, o.choice.ProjectID) ||
			o.choice.Region != "" && at.Region != o.choice.Region
	})
	var places []profile.Choice
	for _, c := range ours {
		if !slices.Contains(places, place(c)) {
			places = append(places, place(c))
		}
	}
	ids := make([]map[string]bool, len(places)) // nil where they could not be had
	errs, err := plugin.Several(ctx, parallel, places, func(i int, at profile.Choice) (err error) {
		ids[i], err = o.instanceIDs(ctx, at)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	o.Report(errs)
	for _, c := range ours {
		switch at := ids[slices.Index(places, place(c))]; {
		case at == nil:
			unknown++
		case !at[c.Request.InstanceID]:
			gone = append(gone, c)
		}
	}
	return gone, unknown, nil
}

// instanceIDs asks as the profile that a kubeconfig names, at the endpoints that the person configured for it.
func (o *kubeconfigRemoveOptions) instanceIDs(ctx context.Context, at profile.Choice) (map[string]bool, error) {
	s, err := o.scopeOf(at)
	if err != nil {
		return nil, err
	}
	if err := s.NeedProject(); err != nil {
		return nil, err
	}
	cloud, err := o.cloud(ctx, s)
	if err != nil {
		return nil, err
	}
	instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, instance := range instances {
		ids[instance.Id] = true
	}
	return ids, nil
}

func (o *kubeconfigRemoveOptions) remove(ctx context.Context, contexts []kubeconfig.EdgeContext) error {
	current := false
	edit := func(config *api.Config) error {
		for _, c := range contexts {
			if at := config.Contexts[c.Name]; at == nil || !kubeconfig.IsFor(config.AuthInfos[at.AuthInfo], c.Request) {
				continue // changed by another program meanwhile
			}
			current = current || config.CurrentContext == c.Name
			kubeconfig.Remove(config, c.Name)
		}
		return nil
	}
	if o.dryRun {
		return o.preview(ctx, o.path, edit)
	}
	if o.prune || o.which.all {
		for _, c := range contexts {
			o.Note("%q (instance %s of project %s)", c.Name, c.Request.InstanceID, c.Request.ProjectID)
		}
		if err := o.Confirm(ctx, o.yes, fmt.Sprintf("Remove %s?", plugin.Count(len(contexts), "context"))); err != nil {
			return err
		}
	}
	if err := kubeconfig.Edit(ctx, o.path, edit); err != nil {
		return err
	}
	for _, c := range contexts {
		o.Note("Removed context %q.", c.Name)
	}
	if current {
		o.Note("It was the current context; there is none now. Choose another with: kubectl config use-context NAME")
	}
	return o.forgetInstances(contexts)
}

// forgetInstances removes the cached tokens of the contexts' instances.
func (a *app) forgetInstances(contexts []kubeconfig.EdgeContext) error {
	_, err := tokencache.All(a.dirs).Clean(func(f tokencache.File) bool {
		l := f.Entry.Labels
		return slices.ContainsFunc(contexts, func(c kubeconfig.EdgeContext) bool {
			return c.Request.InstanceID == l.Instance && strings.EqualFold(c.Request.ProjectID, l.Project) &&
				cmp.Or(c.Request.Region, l.Region) == l.Region
		})
	})
	return err
}
