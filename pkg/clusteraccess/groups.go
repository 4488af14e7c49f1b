package clusteraccess

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
)

// GroupBound reports whether a binding of the edge cluster names the group, in whatever namespace. What an authorizer
// other than RBAC gives the group does not show.
func GroupBound(ctx context.Context, client *kubeapi.Client, group string) (bool, error) {
	for _, resource := range []string{"clusterrolebindings", "rolebindings"} {
		bound, err := groupIn(ctx, client, resource, group)
		if bound || err != nil {
			return bound, err
		}
	}
	return false, nil
}

func groupIn(ctx context.Context, client *kubeapi.Client, resource, group string) (bool, error) {
	query := url.Values{"limit": {"500"}} // as kubectl reads long lists
	for {
		var page struct {
			metav1.ListMeta `json:"metadata"`
			Items           []Binding `json:"items"`
		}
		_, err := client.Do(ctx, kubeapi.Call{Method: http.MethodGet,
			Path: []string{"apis", rbacv1.GroupName, "v1", resource}, Query: query}, &page)
		if err != nil {
			return false, fmt.Errorf("look for the group %q in %s: %w", group, resource, err)
		}
		for _, b := range page.Items {
			if slices.ContainsFunc(b.Subjects, func(s rbacv1.Subject) bool {
				return s.Kind == rbacv1.GroupKind && s.Name == group
			}) {
				return true, nil
			}
		}
		if page.Continue == "" || page.Continue == query.Get("continue") {
			return false, nil
		}
		query.Set("continue", page.Continue)
	}
}
