package edge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

type useOptions struct {
	*app
	which     instanceFlags
	cluster   string // edge cluster of it; "": the instance itself
	namespace string // of the EdgeCluster in the instance
	rights    rightsFlags
	in        string // namespace of the edge cluster in which the role counts
	patience  patienceFlags
}

func newUseCmd(a *app) *cobra.Command {
	o := &useOptions{app: a}
	cmd := &cobra.Command{
		Use:   "use [INSTANCE[/CLUSTER]]",
		Short: "Work with an instance, or an edge cluster of it, from now on: choose it from a list, or name it",
		Long: `Work with an instance, or an edge cluster of it, from now on: choose it from a list, or name it.

It adds the instance or the edge cluster to your kubeconfig as kubectl edge kubeconfig create does, and makes it the
current context. In an edge cluster you get the role view, unless there is --role.

Without --project-id and without an instance it shows the projects and then the instances to choose from, and keeps
the project in the profile. That takes a terminal; with an instance and a project nothing is asked.`,
		Example: `  kubectl edge use
  kubectl edge use demo
  kubectl edge use demo-3714d85 --project-id 12345678-ffff-4bcd-8fff-123456789abc
  kubectl edge use demo/berlin
  kubectl edge use demo/berlin --role edit --namespace shop`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	o.which.addFlags(cmd.Flags())
	addClusterNamespace(cmd.Flags(), &o.namespace)
	f := cmd.Flags()
	f.StringVar(&o.rights.role, "role", "", roleHelp)
	f.StringVar(&o.in, "namespace", "", "namespace of the edge cluster in which the role counts, and of the context")
	f.BoolVar(&o.rights.bind, "bind", false, bindHelp)
	f.BoolVarP(&o.rights.yes, "yes", "y", false, "do not ask whether "+rightsAsked+" is meant")
	o.patience.addFlags(cmd.Flags())
	return cmd
}

// complete has the argument stand for an instance, or for an edge cluster of one.
func (o *useOptions) complete(args []string) error {
	if len(args) == 1 && strings.Contains(args[0], "/") {
		instance, cluster, err := splitCluster(args[0])
		if err != nil {
			return fmt.Errorf("%.80q: %w", args[0], err)
		}
		args, o.cluster = []string{instance}, cluster
	}
	if o.cluster == "" && (o.rights.given() || o.namespace != "" || o.in != "") {
		return errors.New("--role, --namespace, --bind, --yes and --cluster-namespace want an edge cluster, " +
			"as in demo/berlin")
	}
	if len(args) == 0 && o.which == (instanceFlags{}) {
		return nil
	}
	return o.which.take(args)
}

func (o *useOptions) run(ctx context.Context) error {
	s, err := o.scope()
	if err != nil {
		return err
	}
	asked := o.which == (instanceFlags{})
	if (asked || s.ProjectID == "") && !picker.Possible(o.Process) {
		return hint.Wrap(errors.New("which instance? there is no terminal to choose it on"),
			"kubectl edge use INSTANCE --project-id UUID; see kubectl edge instance list")
	}
	cloud, err := o.cloud(ctx, s)
	if err != nil {
		return err
	}
	chosen := s.ProjectID == "" || asked && o.choice.ProjectID == ""
	if chosen {
		cloud.ProjectID, o.which.id, err = o.pickPlace(ctx, cloud, asked)
	} else if asked {
		o.which.id, err = o.pickInstance(ctx, cloud)
	}
	if err != nil {
		return err
	}
	create := kubeconfigCreateOptions{app: o.app, switchContext: true, patience: o.patience}
	if o.cluster != "" {
		create.clusters = clusterFlags{names: []string{o.cluster}, namespace: o.namespace}
		create.rights, create.namespace = o.rights, o.in
	}
	create.which.add(o.which)
	if err := create.validate(); err != nil {
		return usageError{err}
	}
	if o.cluster != "" {
		err = create.confirmRole(ctx, &create.rights, &create.namespace)
	}
	if err != nil {
		return err
	}
	if err := create.create(ctx, cloud); err != nil {
		return err
	}
	if !chosen {
		return nil
	}
	return o.keepProject(ctx, cloud)
}

// keepProject makes the chosen project the profile's.
func (o *useOptions) keepProject(ctx context.Context, cloud edgeCloud) error {
	if cloud.Settings.ProjectID == cloud.ProjectID {
		return nil
	}
	return o.changeConfig(ctx, func(config *profile.Config) error {
		p := config.Profiles[cloud.Name]
		p.ProjectID = cloud.ProjectID
		config.Put(cloud.Name, p)
		return nil
	})
}
