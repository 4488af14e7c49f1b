package clusteraccess

import (
	"encoding/json"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

func TestGrant(t *testing.T) {
	for _, c := range []struct {
		asked   tokenrequest.EdgeCluster
		group   string
		binding string // in JSON, without its labels
	}{
		{tokenrequest.EdgeCluster{Cluster: "berlin"}, "kubectl-edge:view",
			`{"kind":"ClusterRoleBinding","apiVersion":"rbac.authorization.k8s.io/v1",` +
				`"metadata":{"name":"kubectl-edge:view"},` +
				`"subjects":[{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"kubectl-edge:view"}],` +
				`"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"}}`},
		{tokenrequest.EdgeCluster{Cluster: "berlin", Role: "edit", Namespace: "shop"}, "kubectl-edge:edit:shop",
			`{"kind":"RoleBinding","apiVersion":"rbac.authorization.k8s.io/v1",` +
				`"metadata":{"name":"kubectl-edge:edit","namespace":"shop"},` +
				`"subjects":[{"kind":"Group","apiGroup":"rbac.authorization.k8s.io",` +
				`"name":"kubectl-edge:edit:shop"}],` +
				`"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"edit"}}`},
		{tokenrequest.EdgeCluster{Cluster: "berlin", Role: "oidc:ops"}, "oidc:ops", "null"},
	} {
		g := GrantOf(c.asked)
		if got := g.Group(); got != c.group {
			t.Errorf("%+v: group %s, want %s", c.asked, got, c.group)
		}
		b := g.Binding()
		if b != nil {
			if b.Labels["app.kubernetes.io/managed-by"] != "kubectl-edge" {
				t.Errorf("labels %v", b.Labels)
			}
			b.Labels = nil
		}
		got, err := json.Marshal(b)
		if err != nil || string(got) != c.binding {
			t.Errorf("%+v:\ngot  %s, %v\nwant %s", c.asked, got, err, c.binding)
		}
	}
}
