package edge

import (
	"context"
	"fmt"
	"slices"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// search is the cloud of the project that has the instance, where nothing names a project: it asks each one that the
// identity is a member of.
func (o *useOptions) search(ctx context.Context, s profile.Scope) (edgeCloud, error) {
	cloud, err := o.personsCloud(ctx, s)
	if err != nil {
		return edgeCloud{}, err
	}
	all, err := o.allProjectsOf(ctx, cloud)
	if err != nil {
		return edgeCloud{}, err
	}
	var commands []string // for each that it may be
	var listed []stackit.Instance
	var found edgeCloud
	var id string
	for i, instances := range all.instances {
		for _, instance := range instances {
			if o.which.isOf(instance) {
				found, id = all.in(cloud, i), instance.Id
				commands = append(commands,
					s.Command("use --project-id "+found.ProjectID+" "+hint.Argument(o.argument())))
			}
		}
		listed = append(listed, instances...)
	}
	slices.Sort(commands)
	unsure := len(all.failed) > 0 && (len(commands) == 0 || o.which.name != "") // names repeat, ids do not
	switch {
	case len(commands) > 1:
		return edgeCloud{}, usageError{hint.Wrap(fmt.Errorf("%s is in %d of your projects", o.which.called(),
			len(commands)), "%s", hint.Either(commands...))}
	case unsure:
		o.Report(all.errs, o.verbose)
		err := plugin.Incomplete(all.failed, len(all.projects), "project", "asked")
		return edgeCloud{}, hint.Wrap(fmt.Errorf("look for instance %s: %w", o.which.called(), err), "%s",
			hint.Either(append(commands, "name the project with --project-id")...))
	case len(commands) == 0:
		return edgeCloud{}, o.which.suggest(hint.Wrap(fmt.Errorf("no instance %q in %s of yours, region %s",
			o.which.called(), plugin.Count(len(all.projects), "project"), s.Region),
			"%s", s.Command("instance list --all-projects")), listed)
	}
	o.which = instanceFlags{id: id}
	o.Note("Using project %s, which has instance %s.", found.ProjectID, hint.Printable(o.which.called()))
	return found, nil
}

// argument is how a person has named the instance, or the edge cluster of it.
func (o *useOptions) argument() string {
	if o.cluster != "" {
		return o.which.called() + "/" + o.cluster
	}
	return o.which.called()
}
