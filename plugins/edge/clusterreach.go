package edge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// clusterPolls are the pauses of those who wait for an edge cluster, which takes minutes to be created.
var clusterPolls = wait.Backoff{Duration: time.Second, Factor: 1.5, Cap: 5 * time.Second, Steps: 10}

// administrator reads the edge cluster's administrator credential, whose public part is where the edge cluster is. One
// that is still being created is waited for, and say is given its state meanwhile.
func (a *app) administrator(ctx context.Context, c *managedCluster, patience patienceFlags,
	say func(state string)) (*edgecluster.Administrator, error) {
	deadline, pauses := a.Now().Add(patience.timeout), clusterPolls
	for {
		admin, err := edgecluster.ReadAdministrator(ctx, c.api, c.Cluster)
		notReady, waits := errors.AsType[*edgecluster.NotReadyError](err)
		if !waits || notReady.Cluster.Deleting || patience.noWait {
			return admin, err
		}
		if !a.Now().Before(deadline) {
			return nil, hint.Wrap(fmt.Errorf("%w (waited for %s)", err, patience.timeout),
				"kubectl edge cluster describe %s/%s", hint.Word(c.instance.DisplayName), c.Name)
		}
		say(notReady.Cluster.Reason)
		timer := time.NewTimer(min(pauses.Step(), deadline.Sub(a.Now())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		if c.Cluster, err = edgecluster.Get(ctx, c.api, c.Namespace, c.Name); err != nil {
			return nil, err
		}
	}
}

// eachPlace does work for each place of an edge cluster, several at once. The failure of the only one is returned as it
// is; of several, each is reported and named, and takes its place out of the rest.
func (a *app) eachPlace(ctx context.Context, several bool, what string, places []*place,
	work func(p *place, say func(string)) error) (done []*place, failed []string, err error) {
	if !several && len(places) == 1 {
		progress := a.Progress("waiting for " + places[0].String())
		defer progress.End()
		return places, nil, work(places[0], progress.Say)
	}
	progress := a.Progress(what)
	progress.Count(len(places))
	errs, err := plugin.Several(ctx, parallel, places, func(_ int, p *place) error {
		last := ""
		err := work(p, func(state string) {
			if state != last {
				progress.Note("waiting for %s: %s", p, state)
			}
			last = state
		})
		progress.Step(p.cluster.String())
		return err
	})
	progress.End()
	if err != nil {
		return nil, nil, err
	}
	for i, p := range places {
		if errs[i] == nil {
			done = append(done, p)
		} else {
			failed = append(failed, p.instance.Id+"/"+p.cluster.Name)
			errs[i] = fmt.Errorf("%s: %w", p, errs[i])
		}
	}
	a.Report(errs, a.verbose)
	return done, failed, nil
}
