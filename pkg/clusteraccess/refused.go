package clusteraccess

import (
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
)

// Refused names what is behind an error of the cluster's API server at date if that is about the administrator's
// credential or the way to the server, and leaves any other error as it is.
func Refused(err error, c edgecluster.Cluster, a *edgecluster.Administrator, date time.Time) error {
	_, unreachable := errors.AsType[*kubeapi.UnreachableError](err)
	if unreachable || apierrors.IsUnauthorized(err) || apierrors.IsForbidden(err) && isAnonymous(err.Error()) {
		return explain(err, c, a, date)
	}
	return err
}
