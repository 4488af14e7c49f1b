package edge

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// locate finds out where the place's edge cluster is: its own kubeconfig says so, which the instance keeps. One that is
// still being created is waited for, and say is given its state meanwhile. The request then takes no other.
func (a *app) locate(ctx context.Context, p *place, patience patienceFlags, say func(state string)) (
	clusteraccess.Located, error) {
	m := a.clusterMinter()
	m.Waiting, m.Patience = say, patience.duration()
	located, err := m.Locate(ctx, p.cluster.api, p.request)
	if errors.As(err, new(*clusteraccess.NotReadyError)) {
		return located, hint.Wrap(err, "kubectl edge cluster describe %s/%s",
			hint.Word(p.cluster.instance.DisplayName), p.cluster.Name)
	}
	p.request.ClusterUID, p.request.CA, p.request.Server = p.cluster.UID, located.CAHash(), located.ServerHash()
	return located, err
}

// look is locate for the edge cluster as it is now.
func (c *managedCluster) look(ctx context.Context, a *app) (clusteraccess.Located, error) {
	p := &place{cluster: c}
	p.request.InstanceID, p.request.EdgeCluster = c.instance.Id, c.request(tokenrequest.EdgeCluster{})
	return a.locate(ctx, p, patienceFlags{noWait: true}, nil)
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
	progress := a.Progress("edge clusters " + what)
	progress.Count(len(places))
	errs, err := plugin.Several(ctx, parallel, places, func(_ int, p *place) error {
		last := ""
		err := work(p, func(state string) {
			if state != last {
				progress.Note("waiting for %s: %s", p, state)
			}
			last = state
		})
		progress.Step()
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
