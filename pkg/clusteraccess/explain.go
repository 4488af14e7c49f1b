package clusteraccess

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// explain names what is behind an error of the cluster's API server that the administrator was given at date, by the
// server's clock.
func explain(err error, c edgecluster.Cluster, a *edgecluster.Administrator, date time.Time) error {
	secret := c.Namespace + "/" + c.Name + "-kubeconfig"
	unusable := func(format string, args ...any) error {
		return hint.Wrap(&edgecluster.SecretError{Cluster: c.Name, Reason: fmt.Sprintf(format, args...)},
			"ask who manages the instance to renew secret %s", secret)
	}
	if unreachable, ok := errors.AsType[*kubeapi.UnreachableError](err); ok {
		err = unreachable // what was asked does not matter then
	}
	certificate := a.Kind() == tokenrequest.Certificate
	switch {
	case apierrors.IsUnauthorized(err) && certificate && !date.IsZero() && date.After(a.NotAfter):
		return unusable("the administrator's certificate in secret %s has expired at %s", secret,
			a.NotAfter.UTC().Format(time.RFC3339))
	case apierrors.IsForbidden(err) && isAnonymous(err.Error()) && certificate:
		return hint.Wrap(fmt.Errorf("edge cluster %q takes its administrator for nobody: a proxy in front of it ends "+
			"TLS, and "+
			"no certificate passes it", c.Name),
			"ask who manages the instance whether there is another way to the cluster")
	case apierrors.IsUnauthorized(err) && certificate:
		return unusable("the cluster refuses the administrator's certificate in secret %s: it is of other authorities "+
			"than the cluster has now, or a proxy in front of the cluster drops certificates", secret)
	case apierrors.IsUnauthorized(err):
		return unusable("the cluster refuses the administrator's token in secret %s", secret)
	case errors.As(err, new(x509.UnknownAuthorityError)), errors.As(err, new(x509.HostnameError)):
		return unusable("half renewed, or another server: the server at %s has a certificate of other authorities "+
			"than "+
			"secret %s names", a.Server, secret)
	case apierrors.IsNotFound(err) && !kubeapi.Missing(err):
		return hint.Wrap(fmt.Errorf("edge cluster %q: what answers at %s is not the API server of a cluster: %w",
			c.Name, a.Server, err), "the address is the one in secret %s of the instance", secret)
	case errors.As(err, new(*kubeapi.UnreachableError)) && hint.Of(err) == "": // of a proxy's or a clock's
		return hint.Wrap(fmt.Errorf("edge cluster %q: %w", c.Name, err),
			"the address is the one in secret %s of the instance; check the network, a VPN and proxies", secret)
	}
	return fmt.Errorf("edge cluster %q: %w", c.Name, err)
}
