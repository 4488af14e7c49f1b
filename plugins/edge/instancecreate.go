package edge

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

type instanceCreateOptions struct {
	*app
	request stackit.CreateInstanceRequest
	enable  bool
	yes     bool
	noWait  bool
	out     output.Flags
}

func newInstanceCreateCmd(a *app) *cobra.Command {
	o := &instanceCreateOptions{app: a}
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create an instance, and wait until it is active",
		Long: `Create an instance, and wait until it is active.

Edge Cloud has to be enabled in the project. Where it is not, --enable-service enables it, after a question on a
terminal.

Ctrl-C while it waits leaves the instance in the making: kubectl edge instance list shows how far it is.`,
		Example: `  kubectl edge instance create --name demo --plan-id 5c3f0b2e-1d7a-4c7e-9c55-0f6a8a1b2c3d
  kubectl edge instance create --name demo --plan-id 5c3f0b2e-1d7a-4c7e-9c55-0f6a8a1b2c3d --yes --no-wait -o name`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().StringVarP(&o.request.DisplayName, "name", "n", "",
		"name of the instance: 4 to 8 lower case letters, digits and hyphens, a letter first")
	cmd.Flags().StringVar(&o.request.PlanID, "plan-id", "", "UUID of the plan, see kubectl edge plan list")
	cmd.Flags().StringVarP(&o.request.Description, "description", "d", "",
		"what the instance is for, at most 256 characters")
	cmd.Flags().BoolVar(&o.enable, "enable-service", false, "enable Edge Cloud in the project if it is not")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&o.noWait, "no-wait", false, "do not wait until the instance is active")
	o.out.AddFlags(cmd.Flags())
	return cmd
}

func (o *instanceCreateOptions) validate(ctx context.Context) error {
	switch {
	case o.request.DisplayName == "":
		return errors.New("--name is missing")
	case o.request.PlanID == "":
		return hint.Wrap(errors.New("--plan-id is missing"), "kubectl edge plan list")
	}
	if err := stackitid.DisplayName(o.request.DisplayName); err != nil {
		return err
	}
	if err := stackitid.PlanID(o.request.PlanID); err != nil {
		return hint.Wrap(err, "kubectl edge plan list")
	}
	return o.out.Validate(ctx)
}

func (o *instanceCreateOptions) run(ctx context.Context) error {
	cloud, err := o.changedCloud(ctx)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("Create instance %q in project %s, region %s?", o.request.DisplayName, cloud.ProjectID,
		cloud.Region)
	if err := o.Confirm(ctx, o.yes, question); err != nil {
		return err
	}
	if err := o.enableService(ctx, cloud); err != nil {
		return err
	}
	instance, err := cloud.CreateInstance(ctx, cloud.ProjectID, cloud.Region, o.request)
	if err != nil {
		return err
	}
	if o.noWait {
		o.Note("Instance %q is being created. Its id is %s.", instance.DisplayName, instance.Id)
	} else {
		if instance, err = o.awaitActive(ctx, cloud, instance); err != nil {
			return err
		}
		o.Note("Created instance %q of project %s. Its id is %s.", instance.DisplayName, cloud.ProjectID, instance.Id)
		o.Note("Use it with: kubectl edge kubeconfig create --instance-id %s --switch-context", instance.Id)
	}
	if o.out.Format == "" {
		return nil
	}
	return output.One(o.Out, o.out, instanceKind(), o.listed(cloud.Scope, instance))
}

// enableService sees to it that Edge Cloud is enabled in the project. Where that cannot be asked, the creation will
// tell.
func (o *instanceCreateOptions) enableService(ctx context.Context, cloud edgeCloud) error {
	state, err := cloud.EdgeService(ctx, cloud.ProjectID, cloud.Region)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && o.enable:
		return err
	case err != nil || state == stackit.ServiceEnabled:
		return nil
	}
	disabled := fmt.Errorf("project %s has not enabled Edge Cloud in region %s", cloud.ProjectID, cloud.Region)
	if !o.enable && (o.yes || !plugin.Terminal(o.In)) {
		return hint.Wrap(disabled, "enable it, too: kubectl edge instance create --enable-service …")
	}
	if err := o.Confirm(ctx, o.enable, disabled.Error()+". Enable it?"); err != nil {
		return err
	}
	p := o.Progress("enabling Edge Cloud in project " + cloud.ProjectID)
	defer p.End()
	if err := cloud.EnableEdgeService(ctx, cloud.ProjectID, cloud.Region, p.Say); err != nil {
		return err
	}
	o.Note("Enabled Edge Cloud in project %s, region %s.", cloud.ProjectID, cloud.Region)
	return nil
}
