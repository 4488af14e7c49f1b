// Package tokenreview lets a sandbox StackState ask a real Kubernetes API server about tokens. It is apart from the
// server so that only who wants that pays for client-go.
package tokenreview

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
)

// observabilityGroup is the API group in which Kubernetes RBAC speaks about StackState.
const observabilityGroup = "instance.observability.cattle.io"

// New returns a TokenReview for stackstate.Options that asks a Kubernetes API server: a TokenReview for who holds the
// token, and a SubjectAccessReview for each permission on service tokens, so that a ClusterRole with the resource
// service-tokens of the group instance.observability.cattle.io and the verbs get, create and delete grants them. With
// no audiences the token must be meant for the API server itself.
func New(client kubernetes.Interface, audiences ...string) func(ctx context.Context, token string) (stackstate.User,
	error) {
	return func(ctx context.Context, token string) (stackstate.User, error) {
		review, err := client.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{
			Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences},
		}, metav1.CreateOptions{})
		if err != nil {
			return stackstate.User{}, fmt.Errorf("review token: %w", err)
		}
		if !review.Status.Authenticated {
			return stackstate.User{}, stackstate.ErrTokenRefused
		}
		who := review.Status.User
		u := stackstate.User{Name: who.Username}
		for verb, permission := range map[string]string{
			"get": stackstate.GetServiceTokens, "create": stackstate.CreateServiceTokens,
			"delete": stackstate.DeleteServiceTokens,
		} {
			allowed, err := allows(ctx, client, who, verb)
			if err != nil {
				return stackstate.User{}, err
			}
			if allowed {
				u.Permissions = append(u.Permissions, permission)
			}
		}
		return u, nil
	}
}

func allows(ctx context.Context, client kubernetes.Interface, who authenticationv1.UserInfo, verb string) (bool,
	error) {
	extra := map[string]authorizationv1.ExtraValue{}
	for key, values := range who.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	review, err := client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:   who.Username,
			UID:    who.UID,
			Groups: who.Groups,
			Extra:  extra,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Group: observabilityGroup, Resource: "service-tokens", Verb: verb,
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("review access of %s: %w", who.Username, err)
	}
	return review.Status.Allowed, nil
}
