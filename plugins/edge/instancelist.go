package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// listedInstance is an instance as lists show it.
type listedInstance struct {
	stackit.Instance
	current bool             // the current context is of it, or of an edge cluster of it
	project *stackit.Project // where instances of several are listed
}

// MarshalJSON adds to what the API says.
func (l listedInstance) MarshalJSON() ([]byte, error) {
	fields, err := l.ToMap()
	if err != nil {
		return nil, err
	}
	fields["current"] = l.current
	if l.project != nil {
		fields["projectId"], fields["projectName"] = l.project.ProjectId, l.project.Name
	}
	return json.Marshal(fields)
}

// listed is the instance of the scope as lists show it.
func (a *app) listed(s profile.Scope, i stackit.Instance) listedInstance {
	c, err := a.current.get()
	return listedInstance{Instance: i, current: err == nil && c.isOf(s, i.Id)}
}

type instanceListOptions struct {
	*app
	which       []instanceFlags // none: all
	allProjects bool
	limit       limitFlag
	out         output.Flags
}

func newInstanceListCmd(a *app) *cobra.Command {
	o := &instanceListOptions{app: a}
	cmd := &cobra.Command{
		Use:   "list [INSTANCE…]",
		Short: "List the instances of a project, or of all projects",
		Long: `List the instances of a project, or of all projects.

If the current context is of one of them, that has a * in the column CURRENT, and "current": true in -o json.

--all-projects asks each project that you are a member of, in the region. Those that cannot be asked are reported, the
rest is printed, and the exit code is 1.`,
		Example: `  kubectl edge instance list
  kubectl edge instance list demo plant
  kubectl edge instance list --all-projects
  kubectl edge instance list --region eu02 -o wide
  kubectl edge instance list -o custom-columns=ID:.id,UI:.frontendUrl`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd.Context(), args); err != nil {
				return usageError{err}
			}
			if o.allProjects {
				return o.listAll(cmd.Context())
			}
			return o.list(cmd.Context())
		},
	}
	cmd.Flags().BoolVarP(&o.allProjects, "all-projects", "A", false, "list the instances of all of your projects")
	o.limit.addFlags(cmd.Flags())
	o.out.AddFlags(cmd.Flags())
	return cmd
}

func (o *instanceListOptions) complete(ctx context.Context, args []string) error {
	if err := o.out.Validate(ctx); err != nil {
		return err
	}
	if o.allProjects && o.choice.ProjectID != "" {
		return errors.New("want either --all-projects or --project-id")
	}
	for _, arg := range args {
		one, err := named(arg)
		if err != nil {
			return err
		}
		o.which = append(o.which, one)
	}
	return nil
}

// askRegion asks whether another region was meant than one in which there is nothing: the API knows no wrong ones.
func (a *app) askRegion(region string) {
	var likely []string
	for _, known := range hint.Alike(region, a.knownRegions()) {
		if known == region {
			return
		}
		likely = append(likely, "--region "+known)
	}
	if question := hint.Question(likely...); question != "" {
		a.Note("hint: %s", question)
	}
}

func (o *instanceListOptions) list(ctx context.Context) error {
	cloud, err := o.projectCloud(ctx)
	if err != nil {
		return err
	}
	instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
	if err != nil {
		return err
	}
	if len(instances) == 0 && len(o.which) == 0 {
		o.Note("No instances found in project %s, region %s.", cloud.ProjectID, cloud.Region)
		o.askRegion(cloud.Region)
	}
	var listed []listedInstance
	for _, i := range instances {
		listed = append(listed, o.listed(cloud.Scope, i))
	}
	return o.print(instanceKind(), listed, nil, 0)
}

// listAll lists the instances of all projects.
func (o *instanceListOptions) listAll(ctx context.Context) error {
	s, err := o.currentScope()
	if err != nil {
		return err
	}
	cloud, err := o.cloud(ctx, s)
	if err != nil {
		return err
	}
	principal, projects, err := cloud.ownProjects(ctx)
	if err != nil {
		return err
	}
	projects = slices.DeleteFunc(projects, func(p stackit.Project) bool {
		return p.LifecycleState != stackit.ProjectActive
	})
	found := make([][]listedInstance, len(projects))
	errs, err := plugin.Several(ctx, parallel, projects, func(i int, p stackit.Project) error {
		at := s
		at.ProjectID = p.ProjectId
		instances, err := cloud.Instances(ctx, p.ProjectId, s.Region)
		if forbidden(err) && cloud.lacksEdge(ctx, p) {
			return nil
		}
		for _, instance := range instances {
			l := o.listed(at, instance)
			l.project = &p
			found[i] = append(found[i], l)
		}
		return err
	})
	if err != nil {
		return err
	}
	o.Report(errs, o.verbose)
	names := map[string]int{}
	for _, p := range projects {
		names[p.Name]++
	}
	// Names of projects are not unique.
	name := func(p stackit.Project) string {
		if names[p.Name] > 1 {
			return p.Name + " (" + p.ProjectId + ")"
		}
		return p.Name
	}
	listed := slices.Concat(found...)
	failed := plugin.Those(errs, projects, name)
	if len(listed) == 0 && len(failed) == 0 {
		o.Note("No instances found in %s of %s, region %s.", plugin.Count(len(projects), "project"),
			hint.Printable(principal), s.Region)
		o.askRegion(s.Region)
	}
	kind := instanceKind()
	kind.Columns = slices.Insert(kind.Columns, 0,
		output.Column[listedInstance]{Name: "PROJECT",
			Value: func(l listedInstance) string { return name(*l.project) }})
	kind.Columns = append(kind.Columns, output.Column[listedInstance]{Name: "PROJECT ID", Wide: true,
		Value: func(l listedInstance) string { return l.project.ProjectId }})
	return o.print(kind, listed, failed, len(projects))
}

// print prints those of the list that the arguments choose. Arguments without an instance, and projects that could not
// be asked, are an error.
func (o *instanceListOptions) print(kind output.Kind[listedInstance], listed []listedInstance, failed []string,
	projects int) error {
	var missing []error
	var absent []string
	if len(o.which) > 0 {
		all := listed
		listed = nil
		for _, l := range all {
			if slices.ContainsFunc(o.which, func(f instanceFlags) bool { return f.isOf(l.Instance) }) {
				listed = append(listed, l)
			}
		}
		for _, f := range o.which {
			if !slices.ContainsFunc(listed, func(l listedInstance) bool { return f.isOf(l.Instance) }) {
				missing = append(missing, f.suggest(hint.Wrap(fmt.Errorf("no instance %q", f.called()),
					"kubectl edge instance list"), instancesOf(all)))
				absent = append(absent, f.called())
			}
		}
	}
	if slices.ContainsFunc(listed, func(l listedInstance) bool { return l.current }) {
		kind.Columns = slices.Insert(kind.Columns, 0, output.Column[listedInstance]{Name: "CURRENT",
			Value: func(l listedInstance) string { return mark(l.current) }})
	}
	if err := output.List(o.Out, o.out, kind, limited(listed, o.limit)); err != nil {
		return err
	}
	if err := plugin.Incomplete(failed, projects, "project", "asked"); err != nil {
		return err
	}
	if len(missing) == 1 {
		return missing[0]
	}
	o.Report(missing, o.verbose)
	return plugin.Incomplete(absent, len(o.which), "instance", "found")
}

// lacksEdge reports whether it is known that a project has not enabled Edge Cloud, so that it has no instances.
func (c edgeCloud) lacksEdge(ctx context.Context, p stackit.Project) bool {
	state, err := c.EdgeService(ctx, p.ProjectId, c.Region)
	return err == nil && state != stackit.ServiceEnabled
}

func instancesOf(listed []listedInstance) []stackit.Instance {
	var instances []stackit.Instance
	for _, l := range listed {
		instances = append(instances, l.Instance)
	}
	return instances
}

func instanceKind() output.Kind[listedInstance] {
	return output.Kind[listedInstance]{
		Name: "Instance",
		ID:   func(l listedInstance) string { return l.Id },
		Columns: []output.Column[listedInstance]{
			{Name: "ID", Value: func(l listedInstance) string { return l.Id }},
			{Name: "NAME", Value: func(l listedInstance) string { return l.DisplayName }},
			{Name: "UI", Value: func(l listedInstance) string { return l.FrontendUrl }},
			{Name: "STATE", Value: func(l listedInstance) string { return l.Status }},
			{Name: "PLAN", Wide: true, Value: func(l listedInstance) string { return l.PlanId }},
			{Name: "CREATED", Wide: true,
				Value: func(l listedInstance) string { return l.Created.Format(time.RFC3339) }},
			{Name: "DESCRIPTION", Wide: true, Value: func(l listedInstance) string { return l.GetDescription() }},
		},
	}
}

// mark is what the column CURRENT of a list shows.
func mark(current bool) string {
	if current {
		return "*"
	}
	return ""
}
