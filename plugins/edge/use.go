package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"charm.land/huh/v2"
	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
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
	if (asked || s.ProjectID == "") && !(plugin.Terminal(o.In) && plugin.Terminal(o.ErrOut)) {
		return hint.Wrap(errors.New("which instance? there is no terminal to choose it on"),
			"kubectl edge use INSTANCE --project-id UUID; see kubectl edge instance list")
	}
	cloud, err := o.cloud(ctx, s)
	if err != nil {
		return err
	}
	chosen := s.ProjectID == "" || asked && o.choice.ProjectID == ""
	if chosen {
		if cloud.ProjectID, err = o.chooseProject(ctx, cloud); err != nil {
			return err
		}
	}
	if asked {
		if o.which.id, err = o.chooseInstance(ctx, cloud); err != nil {
			return err
		}
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

func (o *useOptions) chooseInstance(ctx context.Context, cloud edgeCloud) (id string, err error) {
	instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
	if err != nil {
		return "", err
	}
	if len(instances) == 0 {
		return "", hint.Wrap(fmt.Errorf("no instances in project %s, region %s", cloud.ProjectID, cloud.Region),
			"kubectl edge use for another project, kubectl edge instance create --help for a first instance")
	}
	options := make([]huh.Option[string], len(instances))
	for i, instance := range instances {
		row := fmt.Sprintf("%-8s  %s  %s", hint.Printable(instance.DisplayName), instance.Id,
			hint.Printable(instance.Status))
		options[i] = huh.NewOption(row, instance.Id)
	}
	return o.choose(ctx, "Instance", options, "")
}

// chooseProject lists the projects of the identity that is logged in, beginning at the profile's.
func (o *useOptions) chooseProject(ctx context.Context, cloud edgeCloud) (id string, err error) {
	principal, err := cloud.principal(ctx)
	if err != nil {
		return "", err
	}
	projects, err := cloud.Projects(ctx, stackit.ProjectFilter{Member: principal})
	if err != nil {
		return "", err
	}
	var options []huh.Option[string]
	for _, p := range projects {
		options = append(options, huh.NewOption(hint.Printable(p.Name)+"  "+p.ProjectId, p.ProjectId))
	}
	if len(options) == 0 {
		return "", hint.Wrap(fmt.Errorf("%s is a member of no project", principal),
			"kubectl edge use INSTANCE --project-id UUID")
	}
	return o.choose(ctx, "Project", options, cloud.ProjectID)
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

// choose has a person choose one of options on the terminal, beginning at the one with the value at.
//
// huh stays for now: it stands on Bubble Tea, which the picker that filters as one types will stand on by itself, and
// smaller libraries of lists neither scroll ten thousand rows nor read a terminal on Windows well.
func (o *useOptions) choose(ctx context.Context, title string, options []huh.Option[string], at string) (string,
	error) {
	const height = 15 // of a long list, which scrolls
	value := at
	list := huh.NewSelect[string]().Title(title).Description("Enter chooses. Ctrl-C leaves everything as it is.").
		Options(options...).Value(&value)
	if len(options) > height {
		list.Height(height)
	}
	input := &listInput{File: o.In.(*os.File)} // see run
	defer input.ended.Store(true)
	form := huh.NewForm(huh.NewGroup(list)).WithInput(input).WithOutput(plugin.File(o.ErrOut))
	err := form.RunWithContext(ctx)
	if errors.Is(err, huh.ErrUserAborted) {
		return "", plugin.WithCode(plugin.ExitInterrupted, plugin.ErrDeclined) // Ctrl-C is a key here, no signal
	}
	if err != nil {
		return "", fmt.Errorf("choose a %s: %w", strings.ToLower(title), err)
	}
	return value, nil
}

// listInput is the terminal for as long as one list is shown. Bubble Tea may leave a goroutine behind that waits for
// the next key, which would then be lost to the next list.
type listInput struct {
	*os.File
	ended atomic.Bool
}

func (i *listInput) Read(p []byte) (int, error) {
	if i.ended.Load() {
		return 0, io.EOF
	}
	return i.File.Read(p)
}
