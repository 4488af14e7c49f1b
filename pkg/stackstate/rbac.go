package stackstate

import (
	"context"
	"net/http"
	"net/url"
)

// SystemResource is what a permission that is about no single thing is granted on.
const SystemResource = "system"

// BuiltInRoles are the roles that each server has.
func BuiltInRoles() []string {
	return []string{"stackstate-admin", "stackstate-power-user", "stackstate-k8s-troubleshooter", "stackstate-guest"}
}

// queryVersion is the version of the query language, which goes with every query.
const queryVersion = "0.0.1"

// Subject is who permissions are granted to: a role.
type Subject struct {
	Handle string `json:"handle"`
	Source string `json:"source"` // Static, Observability or Kubernetes
}

// SubjectPermissions is what a subject may do.
type SubjectPermissions struct {
	Subject     string              `json:"subjectHandle"`
	Sources     []string            `json:"fromSources,omitempty"`
	Permissions map[string][]string `json:"permissions"` // by resource
}

// PermissionFilter selects permissions; what is empty selects all.
type PermissionFilter struct{ Permission, Resource, Source string }

// Permissions lists all permissions that there are.
func (c *Client) Permissions(ctx context.Context) ([]string, error) {
	var answer struct {
		Permissions []string `json:"permissions"`
	}
	err := c.call(ctx, http.MethodGet, "/security/permissions/list", nil, &answer)
	return answer.Permissions, err
}

// Subjects lists all subjects.
func (c *Client) Subjects(ctx context.Context) ([]Subject, error) {
	list := []Subject{}
	err := c.call(ctx, http.MethodGet, "/security/subjects", nil, &list)
	return list, err
}

// CreateSubject makes a subject, or changes its scope: a query that all topology is narrowed by, or "". With createOnly
// it is an error if there is one of that name.
func (c *Client) CreateSubject(ctx context.Context, subject, scope string, createOnly bool) error {
	body := struct {
		Query   string `json:"query,omitempty"`
		Version string `json:"version,omitempty"`
	}{Query: scope}
	if scope != "" {
		body.Version = queryVersion
	}
	path := "/security/subjects/" + url.PathEscape(subject)
	if createOnly {
		path += "?createOnly=true"
	}
	return c.call(ctx, http.MethodPut, path, body, nil)
}

// DeleteSubject deletes a subject with its permissions.
func (c *Client) DeleteSubject(ctx context.Context, subject string) error {
	return c.call(ctx, http.MethodDelete, "/security/subjects/"+url.PathEscape(subject), nil, nil)
}

// SubjectPermissions describes what a subject may do.
func (c *Client) SubjectPermissions(ctx context.Context, subject string, f PermissionFilter) (SubjectPermissions,
	error) {
	query := url.Values{}
	for name, value := range map[string]string{"permission": f.Permission, "resource": f.Resource, "source": f.Source} {
		if value != "" {
			query.Set(name, value)
		}
	}
	path := "/security/permissions/" + url.PathEscape(subject)
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var answer SubjectPermissions
	err := c.call(ctx, http.MethodGet, path, nil, &answer)
	return answer, err
}

// Grant grants a permission on a resource to a subject.
func (c *Client) Grant(ctx context.Context, subject, permission, resource string) error {
	body := struct {
		Permission string `json:"permission"`
		Resource   string `json:"resourceName"`
	}{permission, resource}
	return c.call(ctx, http.MethodPost, "/security/permissions/"+url.PathEscape(subject), body, nil)
}

// Revoke takes back what Grant granted.
func (c *Client) Revoke(ctx context.Context, subject, permission, resource string) error {
	query := url.Values{"permission": {permission}, "resource": {resource}}
	return c.call(ctx, http.MethodDelete, "/security/permissions/"+url.PathEscape(subject)+"?"+query.Encode(), nil, nil)
}
