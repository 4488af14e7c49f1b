package edge

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

type instanceUpdateOptions struct {
	*app
	which               instanceFlags
	planID, description string
	request             stackit.UpdateInstanceRequest
	yes                 bool
	noWait              bool
}

func newInstanceUpdateCmd(a *app) *cobra.Command {
	o := &instanceUpdateOptions{app: a}
	cmd := &cobra.Command{
		Use:   "update [INSTANCE]",
		Short: "Change the plan or the description of an instance",
		Example: `  kubectl edge instance update demo-3714d85 --description 'Line 1'
  kubectl edge instance update --name demo --plan-id 8e1d6a4c-72b9-4f0e-8a3d-6b5c4d3e2f1a --yes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("plan-id") {
				o.request.PlanID = &o.planID
			}
			if cmd.Flags().Changed("description") {
				o.request.Description = &o.description
			}
			if err := o.validate(args); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	o.which.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.planID, "plan-id", "", "UUID of the new plan, see kubectl edge plan list")
	cmd.Flags().StringVarP(&o.description, "description", "d", "",
		`new description, at most 256 characters; "" removes it`)
	plugin.AllowEmpty(cmd.Flags(), "description")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&o.noWait, "no-wait", false, "do not wait until the instance is active again")
	return cmd
}

func (o *instanceUpdateOptions) validate(args []string) error {
	if err := o.which.takeOrPick(o.app, args); err != nil {
		return err
	}
	if o.request.PlanID == nil && o.request.Description == nil {
		return errors.New("nothing to change: want --plan-id or --description")
	}
	if o.request.PlanID != nil {
		return hint.Wrap(stackitid.PlanID(o.planID), "kubectl edge plan list")
	}
	return nil
}

func (o *instanceUpdateOptions) run(ctx context.Context) error {
	cloud, err := o.changedCloud(ctx)
	if err != nil {
		return err
	}
	if err := o.pick(ctx, &o.which, cloud); err != nil {
		return err
	}
	instance, err := o.which.get(ctx, cloud)
	if err != nil {
		return err
	}
	if err := o.Confirm(ctx, o.yes, fmt.Sprintf("Update instance %s of project %s?", instance.Id,
		cloud.ProjectID)); err != nil {
		return err
	}
	if err := cloud.UpdateInstance(ctx, cloud.ProjectID, cloud.Region, instance.Id, o.request); err != nil {
		return err
	}
	if o.noWait {
		o.Note("Instance %s is being updated.", instance.Id)
		return nil
	}
	instance.Status = stackit.StatusReconciling // what was read before the update says active
	if _, err := o.awaitActive(ctx, cloud, instance); err != nil {
		return err
	}
	o.Note("Updated instance %s of project %s.", instance.Id, cloud.ProjectID)
	return nil
}
