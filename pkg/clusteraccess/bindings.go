package clusteraccess

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// boundAt reports whether the binding of the grant is there, and the time of the answer, by the server's clock. A
// binding of its name that gives another role is an error: it is somebody else's.
func boundAt(ctx context.Context, client *kubeapi.Client, g Grant) (bool, time.Time, error) {
	if !g.Bound() {
		return true, time.Time{}, nil
	}
	found, date, err := find(ctx, client, g.Binding())
	return found != nil && found.includes(g.Binding().Subjects), date, err
}

// find returns the binding with the name of b, or nil without one.
func find(ctx context.Context, client *kubeapi.Client, b *Binding) (*Binding, time.Time, error) {
	var found Binding
	date, err := client.Do(ctx, kubeapi.Call{Method: http.MethodGet, Path: append(b.path(), b.Name)}, &found)
	switch {
	case kubeapi.Missing(err):
		return nil, date, nil
	case err != nil:
		return nil, date, fmt.Errorf("look for %s: %w", b.title(), err)
	case found.RoleRef.Kind != b.RoleRef.Kind || found.RoleRef.Name != b.RoleRef.Name:
		return nil, date, hint.Wrap(fmt.Errorf("%s is there, and gives %s %s rather than %s %s", b.title(),
			found.RoleRef.Kind, found.RoleRef.Name, b.RoleRef.Kind, b.RoleRef.Name),
			"somebody else made it: have a look "+
				"at it, and delete it if nobody needs it")
	}
	found.APIVersion, found.Kind = b.APIVersion, b.Kind
	return &found, date, nil
}

func (b *Binding) title() string {
	if b.Namespace != "" {
		return fmt.Sprintf("%s %q in namespace %q", b.Kind, b.Name, b.Namespace)
	}
	return fmt.Sprintf("%s %q", b.Kind, b.Name)
}

func (b *Binding) includes(subjects []rbacv1.Subject) bool {
	for _, s := range subjects {
		if !slices.Contains(b.Subjects, s) {
			return false
		}
	}
	return true
}

// bind makes the binding of the grant if it is not there, and waits until it holds. It is for those who have asked
// somebody: a binding stays.
func bind(ctx context.Context, client *kubeapi.Client, g Grant) error {
	if !g.Bound() {
		return nil
	}
	if err := ensure(ctx, client, g.Binding()); err != nil {
		return err
	}
	return waitUntilItHolds(ctx, client, g, "kubectl-edge", g.Group())
}

// ensure makes b, or adds its subjects to what is there under its name.
func ensure(ctx context.Context, client *kubeapi.Client, b *Binding) error {
	for {
		found, _, err := find(ctx, client, b)
		if err != nil {
			return err
		}
		call := kubeapi.Call{Method: http.MethodPost, Path: b.path(), Body: b}
		switch {
		case found == nil:
		case found.includes(b.Subjects):
			return nil
		default:
			for _, s := range b.Subjects {
				if !slices.Contains(found.Subjects, s) {
					found.Subjects = append(found.Subjects, s)
				}
			}
			call = kubeapi.Call{Method: http.MethodPut, Path: append(b.path(), b.Name), Body: found}
		}
		_, err = client.Do(ctx, call, nil)
		switch {
		case err == nil:
			return nil
		case apierrors.IsAlreadyExists(err), apierrors.IsConflict(err):
			continue // somebody else was first
		case kubeapi.Missing(err) && b.Namespace != "":
			return hint.Wrap(fmt.Errorf("make %s: the cluster has no such namespace", b.title()),
				"create it first, or choose another --namespace")
		}
		return fmt.Errorf("make %s: %w", b.title(), err)
	}
}

const (
	// holdsInARow is how often the API server has to say that a binding holds, each time on a new connection. A server
	// answers from a cache of its own, and behind one address there may be several: one may know a binding, another not
	// yet (hypershift#8263).
	holdsInARow = 5
	// holdsTimeout bounds the wait for it.
	holdsTimeout = 30 * time.Second
	holdsPause   = 50 * time.Millisecond
)

// waitUntilItHolds waits until every API server gives the grant to the user with that group.
func waitUntilItHolds(ctx context.Context, client *kubeapi.Client, g Grant, user string, groups ...string) error {
	ctx, cancel := context.WithTimeout(ctx, holdsTimeout)
	defer cancel()
	for inARow := 0; inARow < holdsInARow; {
		client.Close() // the next connection may lead to another server
		allowed, err := allows(ctx, client, g, user, groups)
		switch {
		case err != nil && ctx.Err() != nil, err == nil && !allowed && ctx.Err() != nil:
			return hint.Wrap(fmt.Errorf("%s was made, and does not hold after %s", g.Binding().title(), holdsTimeout),
				"see what the cluster's ClusterRole %s holds: kubectl describe clusterrole %s", g.Role, g.Role)
		case err != nil:
			return fmt.Errorf("ask whether %s holds: %w", g.Binding().title(), err)
		case allowed:
			inARow++
			continue
		}
		inARow = 0
		select {
		case <-ctx.Done():
		case <-time.After(holdsPause):
		}
	}
	return nil
}

// allows asks whether the user may do what the role is for.
func allows(ctx context.Context, client *kubeapi.Client, g Grant, user string, groups []string) (bool, error) {
	attributes := &authorizationv1.ResourceAttributes{Namespace: g.Namespace}
	switch g.Role {
	case tokenrequest.RoleView:
		attributes.Verb, attributes.Resource = "list", "pods"
	case tokenrequest.RoleEdit:
		attributes.Verb, attributes.Resource = "create", "configmaps"
	case tokenrequest.RoleAdmin:
		attributes.Verb, attributes.Group, attributes.Resource = "create", rbacv1.GroupName, "rolebindings"
	case tokenrequest.RoleClusterAdmin:
		attributes.Verb, attributes.Group, attributes.Resource = "*", "*", "*"
	}
	review := authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		ResourceAttributes: attributes, User: user, Groups: append([]string{"system:authenticated"}, groups...),
	}}
	review.APIVersion, review.Kind = authorizationv1.SchemeGroupVersion.String(), "SubjectAccessReview"
	_, err := client.Do(ctx, kubeapi.Call{Method: http.MethodPost,
		Path: []string{"apis", authorizationv1.GroupName, "v1", "subjectaccessreviews"}, Body: review}, &review)
	return review.Status.Allowed, err
}
