package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

type useOptions struct {
	*app
	which     instanceFlags
	cluster   string // edge cluster of it; "": the instance itself
	choose    bool   // one of its edge clusters is meant, which a person chooses
	namespace string // of the EdgeCluster in the instance
	rights    rightsFlags
	in        string // namespace of the edge cluster in which the role counts
	patience  patienceFlags
}

func newUseCmd(a *app) *cobra.Command {
	o := &useOptions{app: a}
	cmd := &cobra.Command{
		Use:        "use [INSTANCE[/CLUSTER] | CONTEXT | -]",
		SuggestFor: []string{"ctx", "context", "contexts", "get-contexts"},
		Short:      "Work with an instance, or an edge cluster of it, from now on: choose it from a list, or name it",
		Long: `Work with an instance, or an edge cluster of it, from now on: choose it from a list, or name it.

It makes its context the current one. Where your kubeconfig has such a context already, that is all: nothing is asked
of the network, and no token is minted. Otherwise it adds one, as kubectl edge kubeconfig create does. In an edge
cluster you get the role view, unless there is --role.

A context can be named, too; - is the context that was the current one before.

Without an instance it shows those of the project to choose from; that takes a terminal. The project is that of
--project-id, else that of the current context, else the profile's. Where there is none you choose it first, and it is
kept in the profile.

With a slash behind the instance, as in demo/, it shows its edge clusters to choose from.

In a list, type a part of a name, a folder or an id; Enter chooses, and Esc, q or Ctrl-C leave everything as it is.
ACCESSIBLE=1 has lists numbered rather than drawn, for a screen reader.`,
		Example: `  kubectl edge use
  kubectl edge use demo
  kubectl edge use -
  kubectl edge use demo-3714d85 --project-id 12345678-ffff-4bcd-8fff-123456789abc
  kubectl edge use demo/berlin
  kubectl edge use demo/
  kubectl edge use demo/berlin --role edit --namespace shop`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "-" {
				return o.back(cmd)
			}
			flagged := o.which != (instanceFlags{})
			unfit := o.complete(args)
			if len(args) == 1 && !flagged {
				if done, err := o.switchTo(cmd.Context(), args[0]); done || err != nil {
					return err
				}
			}
			if unfit != nil {
				return usageError{o.suggestContext(cmd.Context(), args, unfit)}
			}
			err := o.run(cmd.Context())
			if stackit.IsGone(err) && !flagged {
				err = o.suggestContext(cmd.Context(), args, err)
			}
			return err
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
	if len(args) == 1 && strings.HasSuffix(args[0], "/") && picker.Possible(o.Process) {
		args, o.choose = []string{strings.TrimSuffix(args[0], "/")}, true
	}
	if len(args) == 1 && strings.Contains(args[0], "/") {
		instance, cluster, err := splitCluster(args[0])
		if err != nil {
			return fmt.Errorf("%.80q: %w", args[0], err)
		}
		args, o.cluster = []string{instance}, cluster
	}
	if o.cluster == "" && !o.choose && (o.rights.given() || o.namespace != "" || o.in != "") {
		return errors.New("--role, --namespace, --bind, --yes and --cluster-namespace want an edge cluster, " +
			"as in demo/berlin")
	}
	return o.which.takeAny(args)
}

func (o *useOptions) run(ctx context.Context) error {
	s, err := o.where()
	if err != nil {
		return err
	}
	if o.choose {
		if err := o.chooseCluster(ctx, s); err != nil {
			return err
		}
	}
	asked := o.which == (instanceFlags{})
	if !asked {
		if done, err := o.switchToInstance(ctx, s); done || err != nil {
			return err
		}
	}
	if asked && !picker.Possible(o.Process) {
		return hint.Wrap(errors.New("which instance? there is no terminal to choose it on"),
			"kubectl edge use INSTANCE --project-id UUID; see kubectl edge instance list")
	}
	chosen := s.ProjectID == ""
	var cloud edgeCloud
	switch {
	case asked || s.ProjectID != "":
		cloud, err = o.personsCloud(ctx, s)
	default:
		cloud, err = o.search(ctx, s)
	}
	if err != nil {
		return err
	}
	if asked {
		other, err := o.ask(ctx, &cloud)
		if err != nil {
			return err
		}
		chosen = chosen || other
		if done, err := o.switchToInstance(ctx, cloud.Scope); done || err != nil {
			return cmp.Or(err, o.keepProjectIf(ctx, chosen, cloud))
		}
	}
	create := kubeconfigCreateOptions{app: o.app, switchContext: true, patience: o.patience, path: o.current.path}
	if o.cluster != "" {
		create.clusters = clusterFlags{names: []string{o.cluster}, namespace: o.namespace}
		create.rights, create.namespace = o.rights, o.in
	}
	create.which.add(o.which)
	if err := create.validate(); err != nil {
		return usageError{err}
	}
	if o.cluster != "" {
		err = create.confirmRole(ctx, &create.rights, &create.namespace,
			func(ctx context.Context) ([]string, error) { return create.namespaces(ctx, cloud) })
	}
	if err != nil {
		return err
	}
	if err := create.create(ctx, cloud); err != nil {
		return err
	}
	return o.keepProjectIf(ctx, chosen, cloud)
}

// chooseCluster has a person choose one of the instance's edge clusters.
func (o *useOptions) chooseCluster(ctx context.Context, s profile.Scope) error {
	cloud, err := o.cloudOf(ctx, s)
	if err != nil {
		return err
	}
	var which fleetFlags
	which.add(o.which)
	found, err := o.findClusters(ctx, cloud, which, clusterFlags{all: true, namespace: o.namespace}, o.patience)
	if err != nil {
		return err
	}
	c, err := o.oneCluster(ctx, found.clusters)
	if err == nil {
		o.which, o.cluster, o.namespace = instanceFlags{id: c.instance.Id}, c.Name, c.Namespace
	}
	return err
}

// ask has a person choose an instance of the project. Unless the project was named, they may choose another one first.
func (o *useOptions) ask(ctx context.Context, cloud *edgeCloud) (otherProject bool, err error) {
	if o.choice.ProjectID != "" {
		o.which.id, err = o.pickInstance(ctx, *cloud)
		return false, err
	}
	if cloud.ProjectID != "" {
		instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
		if err == nil && len(instances) > 0 {
			o.which.id, err = o.pickOf(ctx, *cloud, instances, picker.Row{Cells: []string{"another project …"}})
		}
		if err != nil && deadEnd(err) == "" || o.which.id != "" {
			return false, err
		}
	}
	cloud.ProjectID, o.which.id, err = o.pickPlace(ctx, *cloud, true)
	return true, err
}

// where is the scope to look for the instance in. A current context that nothing can work with, say of a profile that
// is gone, does not keep a person from leaving it.
func (o *useOptions) where() (profile.Scope, error) {
	o.current.warned = true // what is wrong with the kubeconfig ends the command
	s, err := o.currentScope()
	if err != nil && o.current.context == "" && o.current.path == "" {
		return o.scope()
	}
	return s, err
}

// keepProjectIf makes the project the profile's if it was chosen here.
func (o *useOptions) keepProjectIf(ctx context.Context, chosen bool, cloud edgeCloud) error {
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
