package stackit

import (
	"context"
	"errors"
	"fmt"
	"time"

	rmapi "github.com/stackitcloud/stackit-sdk-go/services/resourcemanager/v0api"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Project is a project as the resource manager describes it. Its Name is not unique.
type Project = rmapi.Project

// ProjectActive is the state of a project that can be used.
const ProjectActive = rmapi.LIFECYCLESTATE_ACTIVE

// ProjectFilter says which projects to list. The resource manager wants ParentID, IDs or Member, and combines them by
// AND.
type ProjectFilter struct {
	ParentID     string    // container id or UUID of a folder or an organization; its direct children are listed
	IDs          []string  // UUIDs of projects; the API takes those below one parent
	Member       string    // e-mail address of a user or service account with a role in the project
	CreatedAfter time.Time // if it is not zero
	Name         string    // exact name, compared here
	Limit        int       // the most to list; 0 for all
}

const (
	pageSize = 50 // what the STACKIT CLI asks for
	maxPages = 200
)

// Projects lists the projects that match f, in the API's order.
func (c *Client) Projects(ctx context.Context, f ProjectFilter) ([]Project, error) {
	op := operation{
		attempt:   "list projects",
		notFound:  "check the ID of the parent folder or organization",
		forbidden: "you need a role in the parent folder or organization, such as owner or project reader",
	}
	if f.ParentID != "" {
		op.attempt += " below " + quote(f.ParentID)
	}
	if f.ParentID == "" && f.Member == "" && len(f.IDs) == 0 {
		return nil, hint.Wrap(errors.New("list projects: neither a parent nor a member is given"),
			"name the folder or organization: --parent-id ID")
	}
	var projects []Project
	firstOfPage := ""
	for offset, pages := 0, 0; ; pages++ {
		if pages == maxPages { // an API that makes up pages would never end
			return nil, fmt.Errorf("list projects: the API has more than %d pages of them", maxPages)
		}
		page, err := resourceManager(ctx, c, op, func(api rmapi.DefaultAPI) (*rmapi.ListProjectsResponse, error) {
			r := api.ListProjects(ctx).Offset(float32(offset)).Limit(pageSize)
			if f.ParentID != "" {
				r = r.ContainerParentId(f.ParentID)
			}
			if len(f.IDs) > 0 {
				r = r.ContainerIds(f.IDs)
			}
			if f.Member != "" {
				r = r.Member(f.Member)
			}
			if !f.CreatedAfter.IsZero() {
				r = r.CreationTimeStart(f.CreatedAfter)
			}
			return r.Execute()
		})
		if err != nil {
			return nil, err
		}
		if len(page.Items) > 0 {
			if page.Items[0].ProjectId == firstOfPage { // it would never end
				return nil, errors.New("list projects: the API repeats its first page")
			}
			firstOfPage = page.Items[0].ProjectId
		}
		for _, p := range page.Items {
			if f.Name == "" || p.Name == f.Name {
				projects = append(projects, p)
			}
			if f.Limit > 0 && len(projects) == f.Limit {
				return projects, nil
			}
		}
		size := pageSize
		if page.Limit >= 1 { // the API may give less than was asked for, and says so
			size = min(size, int(page.Limit))
		}
		if len(page.Items) < size {
			return projects, nil
		}
		offset += len(page.Items)
	}
}

func quote(s string) string { return fmt.Sprintf("%.64q", s) }
