package edge

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// here is the cloud for a command that works with the instance of the current context, or with the only one of the
// project, where the flags name none. It completes the flags then, see settle.
func (a *app) here(ctx context.Context, which *fleetFlags) (edgeCloud, error) {
	cloud, err := a.projectCloud(ctx)
	if err != nil || !which.none() {
		return cloud, err
	}
	var one instanceFlags
	c, err := a.current.get()
	if err != nil {
		return edgeCloud{}, err
	}
	if c.in(cloud.Scope) && c.Cluster != "" { // whose edge clusters are meant
		one.id = c.InstanceID
		a.Note("Using instance %s, of context %s.", one.id, hint.Printable(c.context))
	} else if err := a.settle(ctx, &one, cloud); err != nil {
		return edgeCloud{}, err
	}
	which.add(one)
	return cloud, nil
}

// settle chooses the instance where no flag and no argument did: that of the current context, else the only one that
// there is, else what a person chooses on the terminal.
func (a *app) settle(ctx context.Context, f *instanceFlags, cloud edgeCloud) error {
	if *f != (instanceFlags{}) {
		return nil
	}
	c, err := a.current.get()
	if err != nil {
		return err
	}
	if c.in(cloud.Scope) {
		f.id = c.InstanceID
		if c.Cluster != "" { // a person may think of that
			a.Note("Using instance %s itself, which manages edge cluster %s of context %s.", f.id, c.Cluster,
				hint.Printable(c.context))
			return nil
		}
		a.Note("Using instance %s, of context %s.", f.id, hint.Printable(c.context))
		return nil
	}
	return a.settleIn(ctx, f, cloud)
}

// settleIn chooses the only instance of the project, or has a person choose one.
func (a *app) settleIn(ctx context.Context, f *instanceFlags, cloud edgeCloud) error {
	instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
	switch {
	case err != nil:
		return err
	case len(instances) == 1:
		f.id = instances[0].Id
		a.Note("Using instance %s (%s), the only one of project %s.", f.id, hint.Printable(instances[0].DisplayName),
			cloud.ProjectID)
		return nil
	case len(instances) > 1 && !picker.Possible(a.Process):
		return usageError{errWhich()}
	}
	f.id, err = a.pickOf(ctx, cloud, instances)
	return err
}

// pick is settle for a command that changes or deletes an instance: it takes none that nobody has named, so that it
// asks a person, and fails where there is nobody to ask.
func (a *app) pick(ctx context.Context, f *instanceFlags, cloud edgeCloud) (err error) {
	if *f != (instanceFlags{}) {
		return nil
	}
	f.id, err = a.pickInstance(ctx, cloud)
	return err
}

func errWhich() error {
	return hint.Wrap(errors.New("which instance? want its name or id, --name or --instance-id"),
		"kubectl edge instance list")
}

// projectCloud is cloud for a command that is about one project. Where nothing says which, it is the only one that
// there is, or what a person chooses on the terminal.
func (a *app) projectCloud(ctx context.Context) (edgeCloud, error) {
	a.bundle.ReadAhead()
	s, err := a.currentScope()
	if err != nil {
		return edgeCloud{}, err
	}
	return a.cloudOf(ctx, s)
}

// changedCloud is projectCloud for a command that changes what is in the project. Where nobody has named that but the
// current context, and the profile names another, a warning comes before the change.
func (a *app) changedCloud(ctx context.Context) (edgeCloud, error) {
	cloud, err := a.projectCloud(ctx)
	if err != nil {
		return edgeCloud{}, err
	}
	w, err := a.workplace()
	if err != nil {
		return edgeCloud{}, err
	}
	if own := w.Settings.ProjectID; own != "" && own != cloud.ProjectID && w.choseProject && a.current.context == "" {
		a.Warn("project %s is that of the current context, %s; profile %s has project %s", cloud.ProjectID,
			strings.TrimPrefix(w.origins.project, "context "), w.Name, own)
	}
	return cloud, nil
}

// cloudOf is projectCloud for a scope.
func (a *app) cloudOf(ctx context.Context, s profile.Scope) (edgeCloud, error) {
	if s.ProjectID == "" {
		return a.findProject(ctx, s)
	}
	return a.personsCloud(ctx, s)
}

// findProject is the cloud of a scope without a project, with the project that there is to choose. What hinders the
// search is not said: that a project is missing is what a person can mend.
func (a *app) findProject(ctx context.Context, s profile.Scope) (edgeCloud, error) {
	cloud, err := a.personsCloud(ctx, s)
	switch _, required := errors.AsType[*login.RequiredError](err); {
	case ctx.Err() != nil:
		return edgeCloud{}, ctx.Err()
	case err != nil && a.attended() && !required:
		return edgeCloud{}, err // of a login that was tried, for one
	case err != nil:
		return edgeCloud{}, a.needProject(s)
	}
	s = cloud.Scope
	principal, projects, err := cloud.ownProjects(ctx)
	active := slices.DeleteFunc(slices.Clone(projects),
		func(p stackit.Project) bool { return p.LifecycleState != stackit.ProjectActive })
	switch {
	case ctx.Err() != nil:
		return edgeCloud{}, ctx.Err()
	case err != nil || len(active) == 0 || len(active) > 1 && !picker.Possible(a.Process):
		return edgeCloud{}, a.needProject(s)
	case len(active) == 1:
		cloud.ProjectID = active[0].ProjectId
		a.Note("Using project %s (%s), the only one of %s.", cloud.ProjectID, hint.Printable(active[0].Name),
			hint.Printable(principal))
		return cloud, nil
	}
	cloud.ProjectID, err = a.pickProject(ctx, projects, "", nil, "")
	return cloud, err
}

// ownProjects are the projects of the identity that is logged in.
func (c edgeCloud) ownProjects(ctx context.Context) (principal string, projects []stackit.Project, err error) {
	if principal, err = c.principal(ctx); err != nil {
		return "", nil, err
	}
	projects, err = c.Projects(ctx, stackit.ProjectFilter{Member: principal})
	return principal, projects, err
}

// splitCluster reads INSTANCE/CLUSTER, or CLUSTER alone.
func splitCluster(argument string) (instance, cluster string, err error) {
	before, after, found := strings.Cut(argument, "/")
	if !found {
		return "", argument, nil
	}
	if before == "" || after == "" || strings.Contains(after, "/") {
		return "", "", errors.New("want INSTANCE/CLUSTER, such as demo/berlin")
	}
	return before, after, nil
}
