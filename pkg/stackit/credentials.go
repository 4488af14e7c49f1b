package stackit

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	edgeapi "github.com/stackitcloud/stackit-sdk-go/services/edge/v1beta1api"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// NotReadyError says that an instance exists but cannot give out credentials, or cannot become active; see its Status.
type NotReadyError struct {
	Instance Instance
}

// Error says in which state the instance is.
func (e *NotReadyError) Error() string {
	switch e.Instance.Status {
	case StatusActive: // the API knows better than the status
		return fmt.Sprintf("instance %s is active but gives out no credentials yet", e.Instance.Id)
	case StatusReconciling:
		return fmt.Sprintf("instance %s is not ready yet (reconciling)", e.Instance.Id)
	}
	return fmt.Sprintf("instance %s is not ready (%s)", e.Instance.Id, line(e.Instance.Status, ""))
}

// Token mints a token for the instance's Kubernetes API that is valid for about d. Each makes a token that nobody can
// revoke, so a request is repeated only after a refusal, see Patience. Whether an instance gives out credentials is its
// answer's to say, not its status': one that gives out none is a *NotReadyError.
func (c *Client) Token(ctx context.Context, project, region, id string, d time.Duration) (string, error) {
	op := mintOperation("token", project, region, id)
	answer, err := mintFor(ctx, c, op, project, region, id, d,
		func(api edgeapi.DefaultAPI, seconds int64) (*edgeapi.Token, error) {
			return api.GetTokenByInstanceId(ctx, project, region, id).ExpirationSeconds(seconds).Execute()
		})
	if err != nil {
		return "", err
	}
	if answer.Token == "" {
		return "", fmt.Errorf("%s: the API answered without a token", op.attempt)
	}
	return answer.Token, nil
}

// Kubeconfig mints a token like Token and returns it within a kubeconfig, as JSON. The names in it are the API's own
// and the same for several instances.
func (c *Client) Kubeconfig(ctx context.Context, project, region, id string, d time.Duration) ([]byte, error) {
	op := mintOperation("kubeconfig", project, region, id)
	answer, err := mintFor(ctx, c, op, project, region, id, d,
		func(api edgeapi.DefaultAPI, seconds int64) (*edgeapi.Kubeconfig, error) {
			return api.GetKubeconfigByInstanceId(ctx, project, region, id).ExpirationSeconds(seconds).Execute()
		})
	if err != nil {
		return nil, err
	}
	if len(answer.Kubeconfig) == 0 {
		return nil, fmt.Errorf("%s: the API answered without a kubeconfig", op.attempt)
	}
	return json.Marshal(answer.Kubeconfig)
}

func mintOperation(what, project, region, id string) operation {
	op := instanceOperation(mint, "create", project, region, id)
	op.gone = "" // or not ready
	op.attempt = fmt.Sprintf("create %s for instance %s of project %s in %s", what, id, project, region)
	return op
}

func mintFor[T any](
	ctx context.Context, c *Client, op operation, project, region, id string, d time.Duration,
	call func(edgeapi.DefaultAPI, int64) (*T, error),
) (*T, error) {
	if err := cmp.Or(checkPlace(project, region), stackitid.InstanceID(id), expiration.Check(d)); err != nil {
		return nil, err
	}
	patient := c.patient()
	for {
		if c.asking != nil {
			c.asking()
		}
		answer, err := edge(ctx, c, op, func(api edgeapi.DefaultAPI) (*T,
			error) {
			return call(api, int64(d/time.Second))
		})
		if err == nil {
			return answer, nil
		}
		if hasStatus(err, http.StatusNotFound) {
			err = c.notFoundOrNotReady(ctx, op, project, region, id, err)
		}
		if err = patient.again(ctx, id, err); err != nil {
			return nil, err
		}
	}
}

// notFoundOrNotReady finds out which of the two err is about: the API says 404 for both.
func (c *Client) notFoundOrNotReady(ctx context.Context, op operation, project, region, id string, err error) error {
	instance, getErr := c.Instance(ctx, project, region, id)
	switch {
	case getErr != nil && ctx.Err() != nil:
		return getErr
	case IsGone(getErr):
		return getErr
	case getErr != nil:
		return err
	}
	return hint.Wrap(fmt.Errorf("%s: %w", op.attempt, &NotReadyError{Instance: instance}),
		"watch its state: kubectl edge instance describe %s --project-id %s --region %s", id, project, region)
}
