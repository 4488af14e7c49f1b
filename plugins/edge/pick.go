package edge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// pickPlace has a person choose a project, and one of its instances if wanted. A project without an instance leads back
// to the projects.
func (a *app) pickPlace(ctx context.Context, cloud edgeCloud, instance bool) (project, id string, err error) {
	principal, projects, err := cloud.ownProjects(ctx)
	if err != nil {
		return "", "", err
	}
	if len(projects) == 0 {
		return "", "", hint.Wrap(fmt.Errorf("%s is a member of no project", principal),
			"kubectl edge use INSTANCE --project-id UUID")
	}
	deadEnds, note := map[string]string{}, ""
	for {
		if cloud.ProjectID, err = a.pickProject(ctx, projects, cloud.ProjectID, deadEnds, note); err != nil {
			return "", "", err
		}
		if !instance {
			return cloud.ProjectID, "", nil
		}
		if len(projects) == 1 {
			one := instanceFlags{}
			err = a.settleIn(ctx, &one, cloud)
			id = one.id
		} else {
			id, err = a.pickInstance(ctx, cloud)
		}
		reason := deadEnd(err)
		if reason == "" {
			return cloud.ProjectID, id, err
		}
		deadEnds[cloud.ProjectID] = reason
		if !slices.ContainsFunc(projects, func(p stackit.Project) bool { return closed(p, deadEnds) == "" }) {
			return "", "", err
		}
		note = err.Error()
	}
}

// pickProject begins at the project with the id at.
func (a *app) pickProject(ctx context.Context, projects []stackit.Project, at string, deadEnds map[string]string,
	note string) (id string, err error) {
	if only := projects[0]; len(projects) == 1 && closed(only, deadEnds) == "" {
		a.Note("Using project %s (%s), the only one of yours.", only.ProjectId, hint.Printable(only.Name))
		return only.ProjectId, nil
	}
	named := map[string]int{}
	for _, p := range projects {
		named[p.Name]++
	}
	list := picker.List{Title: "Project", Columns: []string{"NAME", "FOLDER", "ID"}, Note: note}
	for i, p := range projects {
		if p.ProjectId == at {
			list.At = i
		}
		folder := ""
		if named[p.Name] > 1 {
			folder = p.Parent.ContainerId
		}
		list.Rows = append(list.Rows, picker.Row{
			Cells: []string{p.Name, folder, p.ProjectId}, Also: p.Parent.ContainerId + "\n" + p.Parent.Id,
			Unusable: closed(p, deadEnds),
		})
	}
	i, err := picker.Choose(ctx, a.Process, list)
	if err != nil {
		return "", err
	}
	return projects[i].ProjectId, nil
}

// closed is why a project cannot be chosen, or "".
func closed(p stackit.Project, deadEnds map[string]string) string {
	if p.LifecycleState != stackit.ProjectActive {
		return strings.ToLower(string(p.LifecycleState))
	}
	return deadEnds[p.ProjectId]
}

// errNoInstances is the error of a project that has none.
type errNoInstances struct{ project, region string }

func (e errNoInstances) Error() string {
	return fmt.Sprintf("no instances in project %s, region %s", e.project, e.region)
}

// deadEnd says why a project has no instance to choose from, if that is what err says.
func deadEnd(err error) string {
	if _, none := errors.AsType[errNoInstances](err); none {
		return "no instances"
	}
	if api, refused := errors.AsType[*stackit.APIError](err); refused && api.Status == http.StatusForbidden {
		return "its instances are not yours to see"
	}
	return ""
}

// pickInstance has a person choose an instance of the project.
func (a *app) pickInstance(ctx context.Context, cloud edgeCloud) (id string, err error) {
	instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
	if err != nil {
		return "", err
	}
	return a.pickOf(ctx, cloud, instances)
}

// pickOf has a person choose one of the project's instances; "" is one of the others.
func (a *app) pickOf(ctx context.Context, cloud edgeCloud, instances []stackit.Instance,
	others ...picker.Row) (id string, err error) {
	if len(instances) == 0 {
		return "", hint.Wrap(errNoInstances{cloud.ProjectID, cloud.Region}, "kubectl edge use --project-id UUID for "+
			"another project, kubectl edge instance create --help for a first instance")
	}
	list := picker.List{Title: "Instance", Columns: []string{"NAME", "ID", "STATUS"}}
	for _, i := range instances {
		row := picker.Row{Cells: []string{i.DisplayName, i.Id, i.Status}, Also: i.GetDescription()}
		if i.Status == stackit.StatusDeleting {
			row.Unusable = "is being deleted"
		}
		list.Rows = append(list.Rows, row)
	}
	list.Rows = append(list.Rows, others...)
	i, err := picker.Choose(ctx, a.Process, list)
	if err != nil || i >= len(instances) {
		return "", err
	}
	return instances[i].Id, nil
}
