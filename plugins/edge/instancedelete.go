package edge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

type instanceDeleteOptions struct {
	*app
	which        instanceFlags
	path         string
	keepContexts bool
	yes          bool
	noWait       bool
}

func newInstanceDeleteCmd(a *app) *cobra.Command {
	o := &instanceDeleteOptions{app: a}
	cmd := &cobra.Command{
		Use:   "delete [INSTANCE]",
		Short: "Delete an instance with everything in it, and wait until it is gone",
		Long: `Delete an instance with everything in it, and wait until it is gone.

Contexts of your kubeconfig that call kubectl-edge_credential for it are removed, too, with their clusters and users,
and so are its cached tokens: a person is asked first, and --yes agrees. --keep-contexts leaves both alone.`,
		Example: `  kubectl edge instance delete demo-3714d85
  kubectl edge instance delete --name demo --yes --keep-contexts`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.which.takeOrPick(a, args); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	o.which.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.path, "kubeconfig", "",
		"file to remove the contexts from (default: as kubectl chooses it)")
	cmd.Flags().BoolVar(&o.keepContexts, "keep-contexts", false, "leave the kubeconfig and the cached tokens alone")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&o.noWait, "no-wait", false, "do not wait until the instance is gone")
	return cmd
}

func (o *instanceDeleteOptions) run(ctx context.Context) error {
	cloud, err := o.changedCloud(ctx)
	if err != nil {
		return err
	}
	if err := o.pick(ctx, &o.which, cloud); err != nil {
		return err
	}
	instance, err := o.which.get(ctx, cloud)
	if o.which.id != "" && stackit.IsGone(err) {
		return o.finish(ctx, cloud, err)
	}
	if err != nil {
		return err
	}
	question := fmt.Sprintf("Delete instance %s (%q) of project %s, with everything in it?", instance.Id,
		instance.DisplayName, cloud.ProjectID)
	if err := o.Confirm(ctx, o.yes, question); err != nil {
		return err
	}
	contexts, err := o.contextsOf(ctx, cloud, instance) // asked before the wait, at whose end nobody may be there
	if err != nil {
		return err
	}
	if instance.Status != stackit.StatusDeleting { // as one that was interrupted while it waited has left it
		if err := cloud.DeleteInstance(ctx, cloud.ProjectID, cloud.Region, instance.Id); err != nil {
			return err
		}
	}
	if o.noWait {
		o.Note("Instance %s is being deleted.", instance.Id)
	} else {
		if err := o.awaitDeleted(ctx, cloud, instance.Id); err != nil {
			return err
		}
		o.Note("Deleted instance %s of project %s.", instance.Id, cloud.ProjectID)
	}
	if o.keepContexts || contexts == nil {
		return nil
	}
	return o.forget(ctx, cloud, instance.Id, contexts)
}

// finish does the rest for an instance that is gone: a delete that was interrupted may have left contexts and tokens.
// Where there are no contexts, that it is gone is the answer.
func (o *instanceDeleteOptions) finish(ctx context.Context, cloud edgeCloud, gone error) error {
	if o.keepContexts {
		return gone
	}
	contexts, err := o.contextsOf(ctx, cloud, stackit.Instance{Id: o.which.id})
	if err != nil {
		return err
	}
	if len(contexts) > 0 {
		o.Note("Instance %s of project %s is gone.", o.which.id, cloud.ProjectID)
		gone = nil
	} else if contexts == nil {
		return gone // somebody wants to keep them
	}
	if err := o.forget(ctx, cloud, o.which.id, contexts); err != nil {
		return err
	}
	return gone
}

func (o *instanceDeleteOptions) awaitDeleted(ctx context.Context, cloud edgeCloud, id string) error {
	p := o.Progress("waiting for instance " + id)
	defer p.End()
	return cloud.WaitDeleted(ctx, cloud.ProjectID, cloud.Region, id, func(i stackit.Instance) { p.Say(i.Status) })
}

// contextsOf returns the contexts of the instance that are to be removed, nil if a person wants to keep them. A
// kubeconfig that cannot be read is not worth keeping an instance for.
func (o *instanceDeleteOptions) contextsOf(ctx context.Context, cloud edgeCloud,
	instance stackit.Instance) ([]kubeconfig.EdgeContext, error) {
	contexts := []kubeconfig.EdgeContext{}
	if o.keepContexts {
		return contexts, nil
	}
	config, err := kubeconfig.Load(ctx, o.path)
	if err != nil {
		o.Note("warning: contexts of the instance are not removed: %v", err)
		return contexts, nil
	}
	var names []string
	for _, c := range kubeconfig.EdgeContexts(config) {
		if c.In(cloud.Scope) && c.Request.InstanceID == instance.Id {
			contexts, names = append(contexts, c), append(names, c.Name)
		}
	}
	if len(contexts) == 0 {
		return contexts, nil
	}
	err = o.Confirm(ctx, o.yes, fmt.Sprintf("Remove %s from your kubeconfig, too?", strings.Join(names, ", ")))
	if errors.Is(err, plugin.ErrDeclined) {
		return nil, nil
	}
	return contexts, err
}

// forget removes the contexts and the instance's cached tokens.
func (o *instanceDeleteOptions) forget(ctx context.Context, cloud edgeCloud, id string,
	contexts []kubeconfig.EdgeContext) error {
	var removed []string
	edit := func(config *api.Config) error {
		removed = nil
		for _, c := range contexts {
			if at := config.Contexts[c.Name]; at != nil && kubeconfig.IsFor(config.AuthInfos[at.AuthInfo], c.Request) {
				kubeconfig.Remove(config, c.Name)
				removed = append(removed, c.Name)
			}
		}
		return nil
	}
	if len(contexts) > 0 {
		if err := kubeconfig.Edit(ctx, o.path, edit); err != nil {
			return hint.Wrap(fmt.Errorf("the instance is deleted, its contexts are not: %w", err),
				"kubectl edge kubeconfig remove --prune")
		}
	}
	for _, name := range removed {
		o.Note("Removed context %q.", name)
	}
	return o.forgetInstances([]kubeconfig.EdgeContext{{Request: tokenrequest.Request{ProjectID: cloud.ProjectID,
		Region: cloud.Region, InstanceID: id}}})
}
