package stackit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Patience is for commands that would rather wait for credentials than fail. After two answers a mint may be repeated,
// since they are refusals, so that nothing was minted: the API says that there are too many requests (429), or that the
// instance gives out no credentials yet (404, although there is such an instance). After any other failure something
// may have been.
type Patience struct {
	// NotReady is how long to wait for an instance that gives out no credentials yet.
	NotReady time.Duration
	// Waiting, unless nil, is called with the instance before each pause because of that.
	Waiting func(Instance)
	// Busy, unless nil, is called with the instance's id before a pause because of too many requests, unless it is as
	// long as the one before.
	Busy func(id string, pause time.Duration)
}

// Patient returns a client that waits for credentials. Other clients ask once.
func (c *Client) Patient(p Patience) *Client {
	patient := *c
	patient.patience = &p
	return &patient
}

// Asking returns a client that calls asked before each request that mints: a token that was waited for begins to live
// with the last.
func (c *Client) Asking(asked func()) *Client {
	asking := *c
	asking.asking = asked
	return &asking
}

// The API may ask to wait this long before an instance is asked again, and this long in all.
const (
	longestPause = time.Minute
	busyPatience = 3 * time.Minute
)

// busyPauses are those after too many requests where the API does not say when to ask again.
var busyPauses = wait.Backoff{Duration: time.Second, Factor: 2, Cap: longestPause, Steps: 10}

// patient is the state of one wait for credentials.
type patient struct {
	*Patience   // nil: ask once
	sleep       func(context.Context, time.Duration) error
	busy, polls wait.Backoff
	busyLeft    time.Duration
	announced   time.Duration // pause after too many requests
	started     time.Time
	waited      time.Duration // in pauses because the instance is not ready
}

func (c *Client) patient() *patient {
	return &patient{
		Patience: c.patience, sleep: c.sleep, busy: busyPauses, polls: polls, busyLeft: busyPatience,
		started: time.Now(),
	}
}

// again waits until a mint that failed with err may be repeated. It returns nil then, else what the mint ends with.
func (p *patient) again(ctx context.Context, id string, err error) error {
	var notReady *NotReadyError
	switch {
	case p.Patience == nil:
	case hasStatus(err, http.StatusTooManyRequests):
		return p.afterBusy(ctx, id, err)
	case p.NotReady > 0 && errors.As(err, &notReady):
		return p.afterNotReady(ctx, notReady, err)
	}
	return err
}

// afterBusy waits as long as the API asks, else twice as long each time. Each pause is up to a quarter longer, so that
// what was refused at once is not asked at once.
func (p *patient) afterBusy(ctx context.Context, id string, err error) error {
	asked := askedPause(err)
	pause := max(asked, time.Second)
	if asked == 0 {
		pause = p.busy.Step()
	}
	jittered := pause + rand.N(pause/4)
	if p.busyLeft -= jittered; pause > longestPause || p.busyLeft < 0 {
		return err
	}
	if p.Busy != nil && pause != p.announced {
		p.Busy(id, pause)
		p.announced = pause
	}
	return p.sleep(ctx, jittered)
}

func (p *patient) afterNotReady(ctx context.Context, notReady *NotReadyError, err error) error {
	if notReady.Instance.Status == StatusError || notReady.Instance.Status == StatusDeleting {
		return err // which no waiting mends
	}
	pause := p.polls.Step()
	if waited := max(p.waited, time.Since(p.started)); waited+pause > p.NotReady {
		return hint.Wrap(fmt.Errorf("%w; waited %s for it", err, waited.Round(time.Second)), "%s", hint.Of(err))
	}
	p.waited += pause
	if p.Waiting != nil {
		p.Waiting(notReady.Instance)
	}
	return p.sleep(ctx, pause)
}
