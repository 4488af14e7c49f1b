package stackit

import (
	"cmp"
	"context"
	"fmt"
	"unicode/utf8"

	edgeapi "github.com/stackitcloud/stackit-sdk-go/services/edge/v1beta1api"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// Instance is a STEC instance as the API describes it. What this version of the SDK does not know, such as acl, is in
// its AdditionalProperties and thus in its JSON.
type Instance = edgeapi.Instance

// Plan is a size in which instances are offered.
type Plan = edgeapi.Plan

// The values of Instance.Status.
const (
	StatusActive      = "active"
	StatusReconciling = "reconciling"
	StatusDeleting    = "deleting"
	StatusError       = "error"
)

// CreateInstanceRequest describes an instance to be made.
type CreateInstanceRequest struct {
	DisplayName string // 4 to 8 characters, see stackitid.DisplayName; unique in its project
	PlanID      string // UUID, see Plans
	Description string // at most 256 characters; may be empty
}

// UpdateInstanceRequest says what to change; nil leaves a field as it is.
type UpdateInstanceRequest struct {
	PlanID      *string
	Description *string
}

// Instances lists the instances of a project in a region.
func (c *Client) Instances(ctx context.Context, project, region string) ([]Instance, error) {
	if err := checkPlace(project, region); err != nil {
		return nil, err
	}
	op := operation{
		attempt:   fmt.Sprintf("list instances of project %s in %s", project, region),
		notFound:  "list your projects: kubectl edge project list",
		forbidden: roleHint("edge.reader or edge.admin", project),
	}
	list, err := edge(ctx, c, op, func(api edgeapi.DefaultAPI) (*edgeapi.InstanceList, error) {
		return api.ListInstances(ctx, project, region).Execute()
	})
	if err != nil {
		return nil, err
	}
	return list.Instances, nil
}

// Instance gets one instance by its id.
func (c *Client) Instance(ctx context.Context, project, region, id string) (Instance, error) {
	return c.instance(ctx, read, project, region, id)
}

func (c *Client) instance(ctx context.Context, k kind, project, region, id string) (Instance, error) {
	if err := cmp.Or(checkPlace(project, region), stackitid.InstanceID(id)); err != nil {
		return Instance{}, err
	}
	instance, err := edge(ctx, c, instanceOperation(k, "get", project, region, id),
		func(api edgeapi.DefaultAPI) (*Instance, error) {
			return api.GetInstance(ctx, project, region, id).Execute()
		})
	if err != nil {
		return Instance{}, err
	}
	return *instance, nil
}

// InstanceByName gets one instance by its display name.
func (c *Client) InstanceByName(ctx context.Context, project, region, name string) (Instance, error) {
	if err := cmp.Or(checkPlace(project, region), stackitid.DisplayName(name)); err != nil {
		return Instance{}, err
	}
	instance, err := edge(ctx, c, instanceOperation(read, "get", project, region, name),
		func(api edgeapi.DefaultAPI) (*Instance, error) {
			return api.GetInstanceByName(ctx, project, region, name).Execute()
		})
	if err != nil {
		return Instance{}, err
	}
	return *instance, nil
}

// CreateInstance starts the making of an instance and returns it as it is then, usually reconciling; see WaitActive.
func (c *Client) CreateInstance(ctx context.Context, project, region string, r CreateInstanceRequest) (Instance,
	error) {
	err := cmp.Or(checkPlace(project, region), stackitid.DisplayName(r.DisplayName), stackitid.PlanID(r.PlanID),
		checkDescription(r.Description))
	if err != nil {
		return Instance{}, err
	}
	payload := edgeapi.NewCreateInstancePayload(r.DisplayName, r.PlanID)
	if r.Description != "" {
		payload.SetDescription(r.Description)
	}
	op := instanceOperation(write, "create", project, region, r.DisplayName)
	op.gone, op.notFound = "", "list your projects: kubectl edge project list"
	instance, err := edge(ctx, c, op, func(api edgeapi.DefaultAPI) (*Instance, error) {
		return api.CreateInstance(ctx, project, region).CreateInstancePayload(*payload).Execute()
	})
	if err != nil {
		return Instance{}, err
	}
	return *instance, nil
}

// UpdateInstance starts a change of an instance; see WaitActive.
func (c *Client) UpdateInstance(ctx context.Context, project, region, id string, r UpdateInstanceRequest) error {
	err := cmp.Or(checkPlace(project, region), stackitid.InstanceID(id))
	if r.PlanID != nil {
		err = cmp.Or(err, stackitid.PlanID(*r.PlanID))
	}
	if r.Description != nil {
		err = cmp.Or(err, checkDescription(*r.Description))
	}
	if err != nil {
		return err
	}
	payload := edgeapi.UpdateInstancePayload{PlanId: r.PlanID, Description: r.Description}
	_, err = edge(ctx, c, instanceOperation(write, "update", project, region, id),
		func(api edgeapi.DefaultAPI) (*struct{}, error) {
			return &struct{}{}, api.UpdateInstance(ctx, project, region, id).UpdateInstancePayload(payload).Execute()
		})
	return err
}

// DeleteInstance starts the removal of an instance and of everything in it; see WaitDeleted.
func (c *Client) DeleteInstance(ctx context.Context, project, region, id string) error {
	if err := cmp.Or(checkPlace(project, region), stackitid.InstanceID(id)); err != nil {
		return err
	}
	_, err := edge(ctx, c, instanceOperation(write, "delete", project, region, id),
		func(api edgeapi.DefaultAPI) (*struct{}, error) {
			return &struct{}{}, api.DeleteInstance(ctx, project, region, id).Execute()
		})
	return err
}

// Plans lists the plans that a project can choose from.
func (c *Client) Plans(ctx context.Context, project string) ([]Plan, error) {
	if err := stackitid.ProjectID(project); err != nil {
		return nil, err
	}
	op := operation{
		attempt:   "list plans of project " + project,
		notFound:  "list your projects: kubectl edge project list",
		forbidden: roleHint("edge.reader or edge.admin", project),
	}
	list, err := edge(ctx, c, op, func(api edgeapi.DefaultAPI) (*edgeapi.PlanList, error) {
		return api.ListPlansProject(ctx, project).Execute()
	})
	if err != nil {
		return nil, err
	}
	return list.ValidPlans, nil
}

// instanceOperation is an operation on the instance that has this id or name.
func instanceOperation(k kind, verb, project, region, instance string) operation {
	role := "edge.reader or edge.admin"
	if k == write || k == mint {
		role = "edge.admin"
	}
	return operation{
		attempt: fmt.Sprintf("%s instance %s of project %s in %s", verb, instance, project, region),
		gone:    fmt.Sprintf("no instance %q in project %s, region %s", instance, project, region),
		kind:    k,
		notFound: fmt.Sprintf("list the instances there: kubectl edge instance list --project-id %s --region %s",
			project, region),
		forbidden: roleHint(role, project),
	}
}

func roleHint(role, project string) string {
	return fmt.Sprintf("you need the role %s in project %s, or in a folder above it", role, project)
}

func checkPlace(project, region string) error {
	return cmp.Or(stackitid.ProjectID(project), stackitid.Region(region))
}

func checkDescription(s string) error {
	if n := utf8.RuneCountInString(s); n > 256 {
		return fmt.Errorf("description has %d characters, the API takes 256", n)
	}
	return nil
}
