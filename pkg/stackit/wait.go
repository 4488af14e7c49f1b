package stackit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// polls are the pauses of those who wait for an instance.
var polls = wait.Backoff{Duration: time.Second, Factor: 1.5, Cap: maxPoll, Steps: 10}

const (
	maxPoll = 5 * time.Second
	// maxFailures is how many polls in a row may fail before a wait gives up: half a minute of a gateway's 502.
	maxFailures = 8
)

// WaitActive polls the instance until it is active and returns it then. It ends at once with a *NotReadyError when the
// instance is in error or being deleted, with the last error when the API stays away, and when ctx does; it has no time
// limit of its own. progress, unless nil, is called with the instance after each poll that leaves it unfinished.
//
// The SDK's waiter is not used: it takes the first 502 or 504 for the end and returns neither an instance nor an error.
func (c *Client) WaitActive(ctx context.Context, project, region, id string, progress func(Instance)) (Instance,
	error) {
	return c.wait(ctx, project, region, id, progress, func(i Instance, err error) (bool, error) {
		if err != nil {
			return false, err
		}
		switch i.Status {
		case StatusActive:
			return true, nil
		case StatusError, StatusDeleting:
			return false, &NotReadyError{Instance: i}
		}
		return false, nil
	})
}

// WaitDeleted polls the instance until it is gone. An instance that may no longer be seen (403) counts as gone, as it
// does for STACKIT's own waiter. ctx and progress are as for WaitActive.
func (c *Client) WaitDeleted(ctx context.Context, project, region, id string, progress func(Instance)) error {
	_, err := c.wait(ctx, project, region, id, progress, func(_ Instance, err error) (bool, error) {
		if hasStatus(err, http.StatusForbidden, http.StatusNotFound, http.StatusGone) {
			return true, nil
		}
		return false, err
	})
	return err
}

// wait gets the instance until done says so or returns an error that will not pass by itself.
func (c *Client) wait(
	ctx context.Context, project, region, id string, progress func(Instance), done func(Instance, error) (bool, error),
) (Instance, error) {
	pauses, failures := polls, 0
	status := "unknown"
	for {
		instance, err := c.instance(ctx, poll, project, region, id)
		finished, err := done(instance, err)
		if finished {
			return instance, nil
		}
		next := pauses.Step()
		if err != nil {
			failures++
			if !Transient(err) || failures >= maxFailures {
				return Instance{}, err
			}
			next = max(next, min(askedPause(err), 10*maxPoll))
		} else {
			failures, status = 0, instance.Status
			if progress != nil {
				progress(instance)
			}
		}
		if err := c.sleep(ctx, next); err != nil {
			return Instance{}, fmt.Errorf("wait for instance %s, last seen %s: %w", id, status, err)
		}
	}
}

// Transient reports whether a poll that failed with err is worth another: the API or the network is away, but neither a
// certificate nor a redirect is wrong.
func Transient(err error) bool {
	var network *networkError
	var op *net.OpError
	return temporary(err) || errors.As(err, &network) && (network.timeout() || errors.As(err, &op))
}
