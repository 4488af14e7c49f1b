package clusteraccess

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/jwtclaims"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

const accountNamespace = tokenrequest.AccountNamespace

// What an account is for. Its name cannot say it: it may have neither a colon nor an @ in it.
const (
	personAnnotation = "kubectl-edge/person"
	groupAnnotation  = "kubectl-edge/group"
)

// account is a service account of one person for one grant. One for all grants of a person would give to each of the
// person's tokens what was asked for another.
type account struct {
	person string
	grant  Grant
}

func (a account) name() string {
	sum := sha256.Sum256([]byte(a.person + "\x00" + a.grant.Group()))
	return "person-" + hex.EncodeToString(sum[:10])
}

// user is what the account is to the API server.
func (a account) user() string { return "system:serviceaccount:" + accountNamespace + ":" + a.name() }

func (a account) groups() []string {
	return []string{"system:serviceaccounts", "system:serviceaccounts:" + accountNamespace}
}

// binding is bound as the group is, in a binding of its own, whose name no other grant has.
func (a account) binding() *Binding {
	b := a.grant.Binding(rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: accountNamespace, Name: a.name()})
	b.Name += ":" + a.name()
	return b
}

// requestToken has the API server make a token for the account of the person, which is made if it is not there. That
// the role may be given is decided once, for certificates and tokens alike: by the binding of the group.
func requestToken(ctx context.Context, administrator *kubeapi.Client, person string, g Grant, life time.Duration,
	repair string) (token string, end, date, answered time.Time, err error) {
	var bound bool
	client, err := onBehalf(administrator, person, func(client *kubeapi.Client) error {
		bound, date, err = boundAt(ctx, client, g)
		return err
	})
	if err == nil && !bound {
		err = notBound(g, repair)
	}
	if err != nil {
		return "", end, date, answered, err
	}
	a := account{person: person, grant: g}
	token, end, date, err = a.request(ctx, client, life)
	if kubeapi.Missing(err) {
		if err = a.make(ctx, client); err == nil {
			token, end, date, err = a.request(ctx, client, life)
		}
	}
	answered = time.Now()
	if err != nil {
		return "", end, date, answered, fmt.Errorf("ask for a token: %w", err)
	}
	// Also for an account that was there: the process that made it may have been killed in between.
	found, _, err := find(ctx, client, a.binding())
	if err == nil && (found == nil || !found.includes(a.binding().Subjects)) {
		if err = ensure(ctx, client, a.binding()); err == nil {
			err = waitUntilItHolds(ctx, client, g, a.user(), a.groups()...)
		}
	}
	return token, end, date, answered, err
}

func notBound(g Grant, repair string) error {
	return hint.Wrap(fmt.Errorf("the cluster does not give the role %s to anybody: %s is missing", g.Role,
		g.Binding().title()), "%s --bind", repair)
}

func (a account) request(ctx context.Context, client *kubeapi.Client, life time.Duration) (string, time.Time, time.Time,
	error) {
	request := authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: new(int64(life / time.Second)),
	}}
	request.APIVersion, request.Kind = authenticationv1.SchemeGroupVersion.String(), "TokenRequest"
	date, err := client.Do(ctx, kubeapi.Call{Method: http.MethodPost, Path: []string{"api", "v1", "namespaces",
		accountNamespace, "serviceaccounts", a.name(), "token"}, Body: request}, &request)
	return request.Status.Token, request.Status.ExpirationTimestamp.Time, date, err
}

// make makes the account and its namespace.
func (a account) make(ctx context.Context, client *kubeapi.Client) error {
	namespace := corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: accountNamespace,
		Labels: map[string]string{managedBy: manager}}}
	namespace.APIVersion, namespace.Kind = "v1", "Namespace"
	serviceAccount := corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: a.name(), Namespace: accountNamespace,
			Labels:      map[string]string{managedBy: manager},
			Annotations: map[string]string{personAnnotation: a.person, groupAnnotation: a.grant.Group()}},
		AutomountServiceAccountToken: new(false),
	}
	serviceAccount.APIVersion, serviceAccount.Kind = "v1", "ServiceAccount"
	for _, call := range []kubeapi.Call{
		{Path: []string{"api", "v1", "namespaces"}, Body: namespace},
		{Path: []string{"api", "v1", "namespaces", accountNamespace, "serviceaccounts"}, Body: serviceAccount},
	} {
		call.Method = http.MethodPost
		if _, err := client.Do(ctx, call, nil); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

// tokenEntry is what is cached of a token that ends at end, by the clock that said date, which was received here.
func tokenEntry(token string, life time.Duration, end, date, received time.Time) (tokencache.Entry, error) {
	if !edgetoken.WellFormed(token) {
		return tokencache.Entry{}, errors.New("what the cluster answered is not a token")
	}
	expires := jwtclaims.Lifetime(token, received, life)
	if span := end.Sub(date); !end.IsZero() && received.Add(span).Before(expires) {
		expires = received.Add(span)
	}
	claims := jwtclaims.Read(token)
	if lives := max(end.Sub(date), claims.Expires.Sub(claims.IssuedAt)); lives > life+tolerance {
		return tokencache.Entry{}, fmt.Errorf("the cluster answered a token that is valid for %s although %s were "+
			"asked for, and nobody could end it", expiration.String(lives.Round(time.Second)), expiration.String(life))
	}
	if !received.Before(expires) {
		return tokencache.Entry{}, errors.New("the cluster answered a token that has expired")
	}
	return tokencache.Entry{Token: token, Issued: received, Expires: expires}, nil
}
