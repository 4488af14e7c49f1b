package stackit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/stackitcloud/stackit-sdk-go/core/config"
	"github.com/stackitcloud/stackit-sdk-go/core/oapierror"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// edgeService is the ID by which service enablement knows Edge Cloud.
const edgeService = "cloud.stackit.edge-cloud"

// maxEnabling is how long enabling may take, as for STACKIT's own waiters.
const maxEnabling = 10 * time.Minute

// States of a service in a project and region.
const (
	ServiceEnabled   = "ENABLED"
	ServiceEnabling  = "ENABLING"
	ServiceDisabled  = "DISABLED"
	ServiceDisabling = "DISABLING"
)

// errNoServiceEnablement is the error when the endpoints have none of service enablement: whether a service is enabled
// cannot be asked.
var errNoServiceEnablement = errors.New("no endpoint of service enablement is configured")

// EdgeService returns the state of Edge Cloud in a project and region: one of the Service constants, or what the API
// says that is none of them. A service that was never enabled is ServiceDisabled.
func (c *Client) EdgeService(ctx context.Context, project, region string) (string, error) {
	state, err := c.edgeService(ctx, http.MethodGet, read, project, region)
	if hasStatus(err, http.StatusNotFound) {
		return ServiceDisabled, nil
	}
	return state, err
}

// EnableEdgeService enables Edge Cloud in a project and region, and waits until it is. progress is called with its
// state after each poll that finds it unfinished.
func (c *Client) EnableEdgeService(ctx context.Context, project, region string, progress func(state string)) error {
	if _, err := c.edgeService(ctx, http.MethodPost, write, project, region); err != nil {
		return err
	}
	pauses, left := polls, maxEnabling
	for {
		state, err := c.EdgeService(ctx, project, region)
		switch {
		case err != nil:
			return err
		case state == ServiceEnabled:
			return nil
		case state == ServiceDisabling:
			return fmt.Errorf("enable Edge Cloud in project %s, region %s: somebody disables it", project, region)
		}
		progress(state)
		pause := pauses.Step()
		if left -= pause; left < 0 {
			return hint.Wrap(fmt.Errorf("enable Edge Cloud in project %s, region %s: it is %s after %s",
				project, region, state, maxEnabling), "try again in a moment")
		}
		if err := c.sleep(ctx, pause); err != nil {
			return fmt.Errorf("wait for Edge Cloud to be enabled in project %s, region %s, last seen %s: %w",
				project, region, state, err)
		}
	}
}

// edgeService sends one request about Edge Cloud to service enablement. The SDK has a module for it, which is more than
// two requests without a body are worth.
func (c *Client) edgeService(ctx context.Context, method string, k kind, project, region string) (string, error) {
	if err := checkPlace(project, region); err != nil {
		return "", err
	}
	if c.endpoints.ServiceEnablement == "" {
		return "", hint.Wrap(errNoServiceEnablement, "kubectl edge config set endpoints.service-enablement URL")
	}
	op := operation{
		attempt:   fmt.Sprintf("ask whether Edge Cloud is enabled in project %s, region %s", project, region),
		kind:      k,
		forbidden: roleHint("owner or editor", project),
		notFound:  "list your projects: kubectl edge project list",
	}
	if method == http.MethodPost {
		op.attempt = fmt.Sprintf("enable Edge Cloud in project %s, region %s", project, region)
	}
	path := fmt.Sprintf("/v2/projects/%s/regions/%s/services/%s", project, region, edgeService)
	answer, err := do(ctx, c, c.endpoints.ServiceEnablement, op,
		func(o ...config.ConfigurationOption) (*serviceStatus, error) {
			return sendService(ctx, method, path, o)
		})
	if err != nil {
		return "", err
	}
	return line(answer.State, ""), nil
}

type serviceStatus struct {
	State string `json:"state"`
}

// sendService is what a generated client of the SDK does with these options.
func sendService(ctx context.Context, method, path string, options []config.ConfigurationOption) (*serviceStatus,
	error) {
	var c config.Configuration
	for _, option := range options {
		if err := option(&c); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.Servers[0].URL+path, nil)
	if err != nil {
		return nil, err
	}
	client := *c.HTTPClient
	client.Transport = c.CustomAuth
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	status := &serviceStatus{}
	if response.StatusCode >= 300 || method == http.MethodGet && json.Unmarshal(body, status) != nil {
		return nil, &oapierror.GenericOpenAPIError{StatusCode: response.StatusCode, Body: body}
	}
	return status, nil
}
