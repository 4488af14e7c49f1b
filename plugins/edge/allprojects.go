package edge

import (
	"context"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// projectInstances are the instances of all projects of somebody.
type projectInstances struct {
	principal string
	projects  []stackit.Project // the active ones
	instances [][]stackit.Instance
	errs      []error  // why projects could not be asked
	failed    []string // these projects
	named     map[string]int
}

// allProjectsOf asks each project of the identity that is logged in, in the region of the cloud.
func (a *app) allProjectsOf(ctx context.Context, cloud edgeCloud) (all projectInstances, err error) {
	if all.principal, all.projects, err = cloud.ownProjects(ctx); err != nil {
		return all, err
	}
	all.projects = slices.DeleteFunc(all.projects, func(p stackit.Project) bool {
		return p.LifecycleState != stackit.ProjectActive
	})
	all.instances = make([][]stackit.Instance, len(all.projects))
	all.errs, err = plugin.Several(ctx, parallel, all.projects, func(i int, p stackit.Project) (err error) {
		all.instances[i], err = cloud.Instances(ctx, p.ProjectId, cloud.Region)
		if forbidden(err) && cloud.lacksEdge(ctx, p) {
			return nil
		}
		return err
	})
	if err != nil {
		return all, err
	}
	all.named = map[string]int{}
	for _, p := range all.projects {
		all.named[p.Name]++
	}
	all.failed = plugin.Those(all.errs, all.projects, all.name)
	return all, nil
}

// name is that of a project. Names are not unique, so where one repeats, the id is with it, as much of it as tells the
// projects apart: a row of a table has no room for more.
func (all projectInstances) name(p stackit.Project) string {
	if all.named[p.Name] < 2 {
		return p.Name
	}
	const least = 8
	n := least
	for _, other := range all.projects {
		if other.ProjectId == p.ProjectId || other.Name != p.Name {
			continue
		}
		for n < len(p.ProjectId) && strings.HasPrefix(other.ProjectId, p.ProjectId[:n]) {
			n++
		}
	}
	short := p.ProjectId[:min(n, len(p.ProjectId))]
	if len(short) < len(p.ProjectId) {
		short += "…"
	}
	return p.Name + " (" + short + ")"
}

// in is the cloud in the project of that index.
func (all projectInstances) in(cloud edgeCloud, i int) edgeCloud {
	cloud.ProjectID = all.projects[i].ProjectId
	return cloud
}
