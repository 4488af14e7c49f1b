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
	current   bool // the current context is of it, or of an edge cluster of it
	projectID string
	region    string
	project   *stackit.Project // where instances of several are listed
}

// MarshalJSON adds to what the API says.
func (l listedInstance) MarshalJSON() ([]byte, error) {
	fields, err := l.ToMap()
	if err != nil {
		return nil, err
	}
	fields["current"], fields["projectId"], fields["region"] = l.current, l.projectID, l.region
	if l.project != nil {
		fields["projectName"] = l.project.Name
	}
	return json.Marshal(fields)
}

// listed is the instance of the scope as lists show it.
func (a *app) listed(s profile.Scope, i stackit.Instance) listedInstance {
	c, err := a.current.get()
	return listedInstance{Instance: i, current: err == nil && c.isOf(s, i.Id), projectID: s.ProjectID, region: s.Region}
}

type instanceListOptions struct {
	*app
	which       []instanceFlags // none: all
	allProjects bool
	watch       bool
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
rest is printed, and the exit code is 1.

--watch asks again every few seconds, and prints each instance that is new or other than before; one that is gone has
the state "deleted".`,
		Example: `  kubectl edge instance list
  kubectl edge instance list demo plant
  kubectl edge instance list --all-projects
  kubectl edge instance list --watch
  kubectl edge instance list --region eu02 -o wide --sort-by .created
  kubectl edge instance list -o custom-columns=ID:.id,UI:.frontendUrl`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd.Context(), args); err != nil {
				return usageError{err}
			}
			return o.list(cmd.Context())
		},
	}
	cmd.Flags().BoolVarP(&o.allProjects, "all-projects", "A", false, "list the instances of all of your projects")
	addLimit(cmd.Flags(), &o.out.Limit)
	cmd.Flags().BoolVarP(&o.watch, "watch", "w", false, "after the list, print what changes, until Ctrl-C")
	o.out.AddListFlags(cmd.Flags())
	return cmd
}

func (o *instanceListOptions) complete(ctx context.Context, args []string) error {
	if err := o.out.Validate(ctx); err != nil {
		return err
	}
	if o.allProjects && o.choice.ProjectID != "" {
		return errors.New("want either --all-projects or --project-id")
	}
	if o.watch && o.out.Limit > 0 {
		return errors.New("want either --watch or --limit")
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

// foundInstances are instances with the kind of row that shows them.
type foundInstances struct {
	listed   []listedInstance
	kind     output.Kind[listedInstance]
	failed   []string // projects that could not be asked
	errs     []error  // why
	projects int      // how many were to be asked
	none     func()   // says that there are none
}

// find returns the function that asks for the instances.
func (o *instanceListOptions) find(ctx context.Context) (func(context.Context) (foundInstances, error), error) {
	if o.allProjects {
		s, err := o.currentScope()
		if err != nil {
			return nil, err
		}
		cloud, err := o.personsCloud(ctx, s)
		return func(ctx context.Context) (foundInstances, error) { return o.inAll(ctx, cloud) }, err
	}
	cloud, err := o.projectCloud(ctx)
	return func(ctx context.Context) (foundInstances, error) { return o.inProject(ctx, cloud) }, err
}

func (o *instanceListOptions) inProject(ctx context.Context, cloud edgeCloud) (found foundInstances, err error) {
	instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
	found.kind = instanceKind()
	for _, i := range instances {
		found.listed = append(found.listed, o.listed(cloud.Scope, i))
	}
	found.none = func() {
		o.Note("No instances found in project %s, region %s.", cloud.ProjectID, cloud.Region)
		o.askRegion(cloud.Region)
	}
	return found, err
}

// inAll returns the instances of all projects.
func (o *instanceListOptions) inAll(ctx context.Context, cloud edgeCloud) (found foundInstances, err error) {
	all, err := o.allProjectsOf(ctx, cloud)
	if err != nil {
		return found, err
	}
	for i, p := range all.projects {
		for _, instance := range all.instances[i] {
			l := o.listed(all.in(cloud, i).Scope, instance)
			l.project = &p
			found.listed = append(found.listed, l)
		}
	}
	found.failed, found.errs, found.projects = all.failed, all.errs, len(all.projects)
	found.none = func() {
		o.Note("No instances found in %s of %s, region %s.", plugin.Count(len(all.projects), "project"),
			hint.Printable(all.principal), cloud.Region)
		o.askRegion(cloud.Region)
	}
	found.kind = instanceKind()
	found.kind.Columns = slices.Insert(found.kind.Columns, 0, output.Column[listedInstance]{Name: "PROJECT",
		Value: func(l listedInstance) string { return all.name(*l.project) }})
	found.kind.Columns = append(found.kind.Columns, output.Column[listedInstance]{Name: "PROJECT ID", Wide: true,
		Value: func(l listedInstance) string { return l.projectID }})
	return found, nil
}

func (o *instanceListOptions) list(ctx context.Context) error {
	find, err := o.find(ctx)
	if err != nil {
		return err
	}
	found, err := find(ctx)
	if err != nil {
		return err
	}
	o.Report(found.errs, o.verbose)
	if len(found.listed) == 0 && len(found.failed) == 0 && len(o.which) == 0 {
		found.none()
	}
	if o.watch {
		missing, _ := o.missing(found.listed)
		o.Report(missing, o.verbose)
		return o.follow(ctx, found, find)
	}
	return o.print(found)
}

// chosen are those of the list that the arguments choose, or all.
func (o *instanceListOptions) chosen(all []listedInstance) []listedInstance {
	if len(o.which) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(l listedInstance) bool {
		return !slices.ContainsFunc(o.which, func(f instanceFlags) bool { return f.isOf(l.Instance) })
	})
}

// withCurrent adds the column of the current one, if there is one.
func (f foundInstances) withCurrent(listed []listedInstance) output.Kind[listedInstance] {
	kind := f.kind
	if slices.ContainsFunc(listed, func(l listedInstance) bool { return l.current }) {
		kind.Columns = slices.Insert(slices.Clone(kind.Columns), 0, output.Column[listedInstance]{Name: "CURRENT",
			Value: func(l listedInstance) string { return mark(l.current) }})
	}
	return kind
}

// missing are the arguments that are none of the listed, and the errors that say so.
func (o *instanceListOptions) missing(listed []listedInstance) (missing []error, absent []string) {
	for _, f := range o.which {
		if !slices.ContainsFunc(listed, func(l listedInstance) bool { return f.isOf(l.Instance) }) {
			missing = append(missing, f.suggest(hint.Wrap(fmt.Errorf("no instance %q", f.called()),
				"kubectl edge instance list"), instancesOf(listed)))
			absent = append(absent, f.called())
		}
	}
	return missing, absent
}

// print prints what was found. Arguments without an instance, and projects that could not be asked, are an error.
func (o *instanceListOptions) print(found foundInstances) error {
	listed := o.chosen(found.listed)
	missing, absent := o.missing(found.listed)
	if err := output.List(o.Out, o.out, found.withCurrent(listed), listed); err != nil {
		return err
	}
	if err := plugin.Incomplete(found.failed, found.projects, "project", "asked"); err != nil {
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
