package clusteraccess

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

const (
	// signTimeout is how long a signer has: Kubernetes' own takes a fifth of a second, and 15 and some seconds where
	// another controller manager has to take over first.
	signTimeout = 20 * time.Second
	// lookEvery is how often its work is looked at.
	lookEvery = 30 * time.Millisecond
	// cleanUpTimeout bounds the removal of an object that is no longer needed.
	cleanUpTimeout = 3 * time.Second
	// leftBehind is the age from which one of our objects was left behind by a crash: no mint takes as long.
	leftBehind = 2 * time.Minute
	// masters is the group of administrators, above RBAC. A request for a certificate that is in it is refused.
	masters = "system:masters"
)

// certificateError is that certificates do not work with a cluster.
type certificateError struct{ reason string }

func (e *certificateError) Error() string { return e.reason }

// instead adds to a certificateError what works, perhaps: a token, where the role can be had with one. That is also
// said where the cluster's own rules keep the administrator from asking for certificates.
func instead(err error, asked tokenrequest.EdgeCluster, repair string) error {
	refused := apierrors.IsForbidden(err) && asked.Credential == tokenrequest.Certificate
	if !refused && !errors.As(err, new(*certificateError)) {
		return err
	}
	asked.Credential = tokenrequest.Token
	if tokenrequest.CheckToken(asked) != nil {
		return hint.Wrap(err, "ask who manages the cluster to have it sign certificates for clients")
	}
	return hint.Wrap(err, "to use tokens instead: %s --credential token", repair)
}

func signerError(format string, args ...any) error {
	return &certificateError{"the cluster does not sign certificates: " + fmt.Sprintf(format, args...)}
}

// signing is one certificate signing request, from its creation to its removal.
type signing struct {
	client *kubeapi.Client // as the person, where impersonation is allowed
	person string
	life   time.Duration
}

func requestsPath(more ...string) []string {
	return append([]string{"apis", certificatesv1.GroupName, "v1", "certificatesigningrequests"}, more...)
}

// sign has the cluster sign the request, which is a PKCS #10 in PEM, as the administrator on behalf of the person. It
// returns the certificate in PEM, and when it was there: by the API server's clock, and by this machine's. What it made
// in the cluster is gone when it returns.
func sign(ctx context.Context, administrator *kubeapi.Client, person string, request []byte, life time.Duration) (
	certificate []byte, date, answered time.Time, err error) {
	s := signing{person: person, life: life}
	var created *certificatesv1.CertificateSigningRequest
	s.client, err = onBehalf(administrator, person, func(client *kubeapi.Client) error {
		s.client = client
		created, date, err = s.create(ctx, request)
		return err
	})
	if err != nil {
		return nil, date, answered, err
	}
	defer s.remove(ctx, created)
	s.sweep(ctx, created, date)
	if err := s.check(created, request); err != nil {
		return nil, date, answered, err
	}
	if err := s.approve(ctx, created, request); err != nil {
		return nil, date, answered, err
	}
	certificate, date, err = s.wait(ctx, created)
	answered = time.Now()
	return certificate, date, answered, err
}

func (s *signing) create(ctx context.Context, request []byte) (created *certificatesv1.CertificateSigningRequest,
	date time.Time, err error) {
	csr := certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: manager + "-", // not a name: one that can be guessed can be taken
			Labels:       map[string]string{managedBy: manager},
		},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request: request, SignerName: certificatesv1.KubeAPIServerClientSignerName,
			Usages:            []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth},
			ExpirationSeconds: new(int32(s.life / time.Second)),
		},
	}
	csr.APIVersion, csr.Kind = certificatesv1.SchemeGroupVersion.String(), "CertificateSigningRequest"
	created = new(certificatesv1.CertificateSigningRequest)
	date, err = s.client.Do(ctx, kubeapi.Call{Method: http.MethodPost, Path: requestsPath(), Body: csr}, created)
	if err != nil {
		return nil, date, fmt.Errorf("ask for a certificate: %w", err)
	}
	return created, date, nil
}

// check reports whether what was created is what was asked for: anyone who may change objects on their way in could
// have put another request into it, which would be approved in the person's name.
func (s *signing) check(csr *certificatesv1.CertificateSigningRequest, request []byte) error {
	spec := csr.Spec
	if !bytes.Equal(spec.Request, request) || spec.SignerName != certificatesv1.KubeAPIServerClientSignerName ||
		!slices.Equal(spec.Usages, []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth}) ||
		csr.UID == "" || csr.Name == "" {
		return errors.New("ask for a certificate: the cluster made another request of it, which is not approved")
	}
	return nil
}

// approve approves the very object that was created: by its UID and version, so that one which took its place, or was
// changed, is not approved. Where somebody else only touched it, such as an approver, it is looked at once more.
func (s *signing) approve(ctx context.Context, created *certificatesv1.CertificateSigningRequest,
	request []byte) error {
	csr := created.DeepCopy()
	for range 3 {
		csr.Status.Conditions = append(csr.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{
			Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue, Reason: "KubectlEdge",
			Message: "asked for by " + s.person + " with kubectl edge", LastUpdateTime: metav1.Now(),
		})
		csr.APIVersion, csr.Kind = certificatesv1.SchemeGroupVersion.String(), "CertificateSigningRequest"
		_, err := s.client.Do(ctx, kubeapi.Call{Method: http.MethodPut, Path: requestsPath(csr.Name, "approval"),
			Body: csr}, nil)
		if !apierrors.IsConflict(err) && !kubeapi.Missing(err) {
			if err != nil {
				return fmt.Errorf("approve the request for a certificate: %w", err)
			}
			return nil
		}
		again, errGet := s.get(ctx, created)
		if errGet != nil {
			return errGet
		}
		if err := s.check(again, request); err != nil {
			return err
		}
		if decided(again) {
			return nil // by somebody else, and wait finds out how
		}
		csr = again
	}
	return errors.New("approve the request for a certificate: somebody else changes it all the time")
}

func decided(csr *certificatesv1.CertificateSigningRequest) bool {
	return slices.ContainsFunc(csr.Status.Conditions, func(c certificatesv1.CertificateSigningRequestCondition) bool {
		return c.Type == certificatesv1.CertificateApproved || c.Type == certificatesv1.CertificateDenied
	})
}

// get returns the object that was created, as it is now.
func (s *signing) get(ctx context.Context, created *certificatesv1.CertificateSigningRequest) (
	*certificatesv1.CertificateSigningRequest, error) {
	csr, _, err := s.getAt(ctx, created)
	return csr, err
}

func (s *signing) getAt(ctx context.Context, created *certificatesv1.CertificateSigningRequest) (
	*certificatesv1.CertificateSigningRequest, time.Time, error) {
	var csr certificatesv1.CertificateSigningRequest
	date, err := s.client.Do(ctx, kubeapi.Call{Method: http.MethodGet, Path: requestsPath(created.Name)}, &csr)
	switch {
	case kubeapi.Missing(err), err == nil && csr.UID != created.UID:
		return nil, date, errors.New("ask for a certificate: somebody deleted or replaced the request, so nothing " +
			"was " +
			"approved")
	case err != nil:
		return nil, date, fmt.Errorf("ask for a certificate: %w", err)
	}
	return &csr, date, nil
}

// wait waits for the certificate.
func (s *signing) wait(ctx context.Context, created *certificatesv1.CertificateSigningRequest) ([]byte, time.Time,
	error) {
	enough := time.After(signTimeout)
	for {
		csr, date, err := s.getAt(ctx, created)
		if err != nil {
			return nil, date, err
		}
		said := ""
		for _, c := range csr.Status.Conditions {
			words := conditionWords(c)
			switch c.Type {
			case certificatesv1.CertificateFailed:
				return nil, date, signerError("it failed (%s)", words)
			case certificatesv1.CertificateDenied:
				return nil, date, signerError("the request was denied (%s)", words)
			case certificatesv1.CertificateApproved:
			default:
				said = ": " + string(c.Type) + " (" + words + ")"
			}
		}
		if len(csr.Status.Certificate) > 0 {
			return csr.Status.Certificate, date, nil
		}
		select {
		case <-ctx.Done():
			return nil, date, fmt.Errorf("wait for a certificate: %w", context.Cause(ctx))
		case <-enough:
			return nil, date, signerError("no signer answered within %s%s", signTimeout, said)
		case <-time.After(lookEvery):
		}
	}
}

func conditionWords(c certificatesv1.CertificateSigningRequestCondition) string {
	const most = 200
	words := hint.Printable(strings.Trim(c.Reason+": "+c.Message, ": "))
	if len(words) > most {
		words = words[:most] + "…"
	}
	return cmp.Or(words, "it does not say why")
}

// remove deletes the object, and none that took its name.
func (s *signing) remove(ctx context.Context, csr *certificatesv1.CertificateSigningRequest) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTimeout)
	defer cancel()
	_ = s.delete(ctx, csr) // what cannot be removed now, the next mint sweeps
}

func (s *signing) delete(ctx context.Context, csr *certificatesv1.CertificateSigningRequest) error {
	_, err := s.client.Do(ctx, kubeapi.Call{Method: http.MethodDelete, Path: requestsPath(csr.Name),
		Body: metav1.DeleteOptions{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"},
			Preconditions: metav1.NewUIDPreconditions(string(csr.UID))}}, nil)
	return err
}

// sweep removes the requests that mints left behind when they were killed. Kubernetes keeps those that were not
// approved for a day. They are ours by their label, and by who made them, which the API server writes: another's object
// with our label stays.
func (s *signing) sweep(ctx context.Context, created *certificatesv1.CertificateSigningRequest, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, cleanUpTimeout)
	defer cancel()
	call := kubeapi.Call{Method: http.MethodGet, Path: requestsPath(),
		Query: url.Values{"labelSelector": {managedBy + "=" + manager}}}
	var left []certificatesv1.CertificateSigningRequest
	// What an error keeps from being seen, the next mint sees.
	_ = kubeapi.List(ctx, s.client, call, func(items []certificatesv1.CertificateSigningRequest) bool {
		for _, csr := range items {
			if csr.UID != created.UID && ours(&csr, created) && now.Sub(csr.CreationTimestamp.Time) > leftBehind {
				left = append(left, csr)
			}
		}
		return true
	})
	for i := range left {
		_ = s.delete(ctx, &left[i]) // the next mint tries again
	}
}

// ours reports whether a mint made csr: one that impersonated a person, whose groups nobody else has, or one that did
// it in the same name as that which made created.
func ours(csr, created *certificatesv1.CertificateSigningRequest) bool {
	if !strings.HasPrefix(csr.Name, manager+"-") {
		return false
	}
	impersonated := strings.HasPrefix(csr.Spec.Username, tokenrequest.GroupPrefix) &&
		slices.Contains(csr.Spec.Groups, masters)
	return impersonated || csr.Spec.Username == created.Spec.Username
}
