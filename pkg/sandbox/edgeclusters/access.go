package edgeclusters

import (
	"context"
	"fmt"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// The binding that the manifests make, and the role without secrets that it can be for instead.
const (
	usersBinding  = "edge-admin"
	allRole       = "cluster-admin"
	noSecretsRole = "edge-admin-without-secrets"
)

// letReadSecrets binds the instance's users to a role with or without secrets. A binding's role cannot be changed, so
// another takes its place.
func (o *objects) letReadSecrets(ctx context.Context, may bool) error {
	bindings := o.client.RbacV1().ClusterRoleBindings()
	old, err := bindings.Get(ctx, usersBinding, metav1.GetOptions{})
	if err != nil {
		return err
	}
	role := allRole
	if !may {
		role = noSecretsRole
	}
	if old.RoleRef.Name == role {
		return nil
	}
	if !may {
		if err := o.makeRole(ctx); err != nil {
			return err
		}
	}
	if err := bindings.Delete(ctx, usersBinding, metav1.DeleteOptions{}); err != nil {
		return err
	}
	old.ObjectMeta = metav1.ObjectMeta{Name: usersBinding}
	old.RoleRef.Name = role
	if _, err := bindings.Create(ctx, old, metav1.CreateOptions{}); err != nil {
		return err
	}
	return o.awaitAccess(ctx, may)
}

// makeRole makes the role of users who may not read secrets. RBAC only adds: all but secrets has to be listed.
func (o *objects) makeRole(ctx context.Context) error {
	all := []string{"*"}
	_, err := o.client.RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: noSecretsRole},
		Rules: []rbacv1.PolicyRule{
			{Verbs: all, APIGroups: []string{edgeGroup, "apps", "batch", "coordination.k8s.io",
				"apiextensions.k8s.io", "rbac.authorization.k8s.io", "authorization.k8s.io"}, Resources: all},
			{Verbs: all, APIGroups: []string{""}, Resources: []string{"configmaps", "events", "namespaces", "nodes",
				"pods", "services", "serviceaccounts"}},
			{Verbs: all, NonResourceURLs: all},
		},
	}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// awaitAccess waits until the API server decides by a new binding: it learns of it a moment later.
func (o *objects) awaitAccess(ctx context.Context, may bool) error {
	return awaitReview(ctx, o.client, authorizationv1.SubjectAccessReviewSpec{
		User: sandbox.InstanceUser, Groups: []string{sandbox.InstanceGroup},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: inNamespace, Verb: "get", Resource: "secrets", Name: kubeconfigSecret("berlin"),
		},
	}, may)
}

// awaitReview waits until an API server answers a question about rights as it should.
func awaitReview(
	ctx context.Context, client kubernetes.Interface, spec authorizationv1.SubjectAccessReviewSpec, may bool,
) error {
	for {
		review, err := client.AuthorizationV1().SubjectAccessReviews().Create(ctx,
			&authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		if review.Status.Allowed == may {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for a binding: %w", ctx.Err())
		case <-time.After(pollInterval):
		}
	}
}

// Groups of administrators who may not do all, and what they may do: each verb but those that they lack.
const (
	noImpersonationGroup = "edge-sandbox:no-impersonation"
	noApprovalGroup      = "edge-sandbox:no-approval"
)

// limitedVerbs are those of administrators who may not impersonate. The verb approve is left out for those who may not
// approve either: to impersonate would be to approve by way of system:masters.
func limitedVerbs(approve bool) []string {
	verbs := []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "sign", "bind",
		"escalate"}
	if approve {
		verbs = append(verbs, "approve")
	}
	return verbs
}

// limitAdministrators makes the roles of administrators who may not do all, in an edge cluster.
func limitAdministrators(ctx context.Context, client kubernetes.Interface) error {
	for group, approve := range map[string]bool{noImpersonationGroup: true, noApprovalGroup: false} {
		all := []string{"*"}
		role := &rbacv1.ClusterRole{
			ObjectMeta: metav1.ObjectMeta{Name: group},
			Rules: []rbacv1.PolicyRule{
				{Verbs: limitedVerbs(approve), APIGroups: all, Resources: all},
				{Verbs: []string{"get"}, NonResourceURLs: all},
			},
		}
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: group},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: group},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "Group", Name: group}},
		}
		rbac := client.RbacV1()
		if _, err := rbac.ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); ignoreExisting(err) != nil {
			return err
		}
		_, err := rbac.ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{})
		if ignoreExisting(err) != nil {
			return err
		}
		if err := awaitReview(ctx, client, authorizationv1.SubjectAccessReviewSpec{
			User: "edge-sandbox", Groups: []string{group},
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "get", Resource: "nodes"},
		}, true); err != nil {
			return err
		}
	}
	return nil
}

func ignoreExisting(err error) error {
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
