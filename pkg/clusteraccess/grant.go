// Package clusteraccess gives a person access to an edge cluster for a while, out of its administrator's credential,
// which it uses in memory alone: a client certificate, or a token of a service account, with the person's name on it
// and no more rights than were asked for.
package clusteraccess

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Grant is what a person may do in an edge cluster.
type Grant struct {
	Role      string // see tokenrequest.EdgeCluster
	Namespace string // "" is the whole cluster
}

// GrantOf is what the request asks for.
func GrantOf(e tokenrequest.EdgeCluster) Grant {
	e = e.WithDefaults()
	return Grant{Role: e.Role, Namespace: e.Namespace}
}

// Group is the group that has the rights. One of a namespace has its name in it, so that somebody who asked for one
// namespace does not get what was bound for another.
func (g Grant) Group() string {
	switch {
	case !tokenrequest.BuiltIn(g.Role):
		return g.Role
	case g.Namespace != "":
		return tokenrequest.GroupPrefix + g.Role + ":" + g.Namespace
	}
	return tokenrequest.GroupPrefix + g.Role
}

// Bound reports whether the group's binding is kubectl edge's to make. That of a group of the user's own is not.
func (g Grant) Bound() bool { return tokenrequest.BuiltIn(g.Role) }

// Binding is the binding that gives the rights to the subjects, which are the group alone if none are named: of the
// namespace, or of the whole cluster. A binding of the group has the name that people know, kubectl-edge:view. It is
// nil where Bound is false.
func (g Grant) Binding(subjects ...rbacv1.Subject) *Binding {
	if !g.Bound() {
		return nil
	}
	if len(subjects) == 0 {
		subjects = []rbacv1.Subject{{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: g.Group()}}
	}
	b := &Binding{Subjects: subjects, RoleRef: rbacv1.RoleRef{
		APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: g.Role,
	}}
	b.APIVersion = rbacv1.SchemeGroupVersion.String()
	b.Kind, b.Name, b.Namespace = "ClusterRoleBinding", tokenrequest.GroupPrefix+g.Role, g.Namespace
	if g.Namespace != "" {
		b.Kind = "RoleBinding"
	}
	b.Labels = map[string]string{managedBy: manager}
	return b
}

// Binding is a RoleBinding, or a ClusterRoleBinding, which differ in their kind and namespace alone.
type Binding struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Subjects []rbacv1.Subject `json:"subjects,omitempty"`
	RoleRef  rbacv1.RoleRef   `json:"roleRef"`
}

// managedBy is the label of all objects that kubectl edge makes in an edge cluster; its value is kubectl-edge.
const (
	managedBy = "app.kubernetes.io/managed-by"
	manager   = "kubectl-edge"
)

func (b *Binding) path() []string {
	if b.Namespace == "" {
		return []string{"apis", rbacv1.GroupName, "v1", "clusterrolebindings"}
	}
	return []string{"apis", rbacv1.GroupName, "v1", "namespaces", b.Namespace, "rolebindings"}
}
