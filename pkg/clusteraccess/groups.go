package clusteraccess

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
)

// groupBound reports whether a binding of the edge cluster names the group, in whatever namespace. What an authorizer
// other than RBAC gives the group does not show.
func groupBound(ctx context.Context, client *kubeapi.Client, group string) (bool, error) {
	for _, resource := range []string{"clusterrolebindings", "rolebindings"} {
		bound, err := groupIn(ctx, client, resource, group)
		if bound || err != nil {
			return bound, err
		}
	}
	return false, nil
}

func groupIn(ctx context.Context, client *kubeapi.Client, resource, group string) (bound bool, err error) {
	call := kubeapi.Call{Method: http.MethodGet, Path: []string{"apis", rbacv1.GroupName, "v1", resource}}
	err = kubeapi.List(ctx, client, call, func(items []Binding) (more bool) {
		bound = slices.ContainsFunc(items, func(b Binding) bool {
			return slices.ContainsFunc(b.Subjects, func(s rbacv1.Subject) bool {
				return s.Kind == rbacv1.GroupKind && s.Name == group
			})
		})
		return !bound
	})
	if err != nil {
		return false, fmt.Errorf("look for the group %q in %s: %w", group, resource, err)
	}
	return bound, nil
}
