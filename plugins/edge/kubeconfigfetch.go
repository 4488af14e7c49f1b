package edge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// checkFree refuses names that are taken in the kubeconfig.
func (o *kubeconfigCreateOptions) checkFree(places []*place) error {
	if o.format != "" {
		return nil
	}
	config, err := kubeconfig.Load(o.path)
	if err != nil {
		return err
	}
	for _, p := range places {
		if err := o.free(config, p); err != nil {
			return err
		}
	}
	return nil
}

// free reports whether p can be written without replacing what is not the instance's.
func (o *kubeconfigCreateOptions) free(config *api.Config, p *place) error {
	if o.overwrite {
		return nil
	}
	taken := func(what string) error {
		return hint.Wrap(fmt.Errorf("%s %q is there already and is not this instance's", what, p.name),
			"write to another file with --kubeconfig, choose another --context-name, or replace it with --overwrite")
	}
	user, cluster, context := config.AuthInfos[p.name], config.Clusters[p.name], config.Contexts[p.name]
	switch {
	case user != nil && !kubeconfig.IsFor(user, p.request):
		return taken("user")
	case context != nil && (context.AuthInfo != p.name || context.Cluster != p.name):
		return taken("context")
	case cluster != nil && user == nil:
		return taken("cluster")
	}
	return nil
}

// fetchAll asks for the entries, and returns how many could not be had. A single failure is returned as it is; of several,
// each is reported, and none stops the others.
func (o *kubeconfigCreateOptions) fetchAll(ctx context.Context, cloud edgeCloud, places []*place) (failed int, err error) {
	if !o.which.several() {
		return 0, o.fetchOne(ctx, cloud, places[0], o.progress)
	}
	errs := make([]error, len(places))
	meter := o.meter(len(places))
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, p := range places {
		group.Go(func() error {
			errs[i] = o.fetchOne(ctx, cloud, p, nil)
			meter.done(p.instance.Id)
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	meter.finish()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	for i, p := range places {
		var notReady *stackit.NotReadyError
		switch {
		case errs[i] == nil:
		case o.which.all && errors.As(errs[i], &notReady):
			o.Note("Passed over instance %s: it gives out no credentials yet.", p.instance.Id)
		default:
			failed++
			hint.Print(o.ErrOut, errs[i])
		}
	}
	return failed, nil
}

// fetchOne gets the entry of p, when it is ready. Waiting is told as awaitActive does.
func (o *kubeconfigCreateOptions) fetchOne(ctx context.Context, cloud edgeCloud, p *place, tell func(what string) *progress) (err error) {
	if p.instance, err = o.awaitActive(ctx, cloud, p.instance, o.noWait, tell); err != nil {
		return err
	}
	entry, err := o.fetch(ctx, cloud, p.request)
	if err != nil {
		return err
	}
	entry.Name = p.name
	if o.namespace != "" {
		entry.Namespace = o.namespace
	}
	p.entry = entry
	return nil
}

// The API may ask to wait this long before an instance is asked again, and this long in all.
const (
	longestPause = time.Minute
	patience     = 3 * time.Minute
)

// patiently asks for a new token, and again when there were too many requests. That is the one failure after which a mint
// may be repeated: it is a refusal, so nothing was minted. After any other, something may have been. Where the API does not say
// when to ask again, the pauses double. Each is up to a quarter longer, so that what was refused at once is not asked at once.
func (a *app) patiently(ctx context.Context, instance string, mint func() error) error {
	var told time.Duration
	own, left := time.Second, patience
	for {
		err := mint()
		var refusal *stackit.APIError
		if !errors.As(err, &refusal) || refusal.Status != http.StatusTooManyRequests {
			return err
		}
		pause := max(refusal.RetryAfter, time.Second)
		if refusal.RetryAfter == 0 {
			pause, own = own, min(2*own, longestPause)
		}
		wait := pause + rand.N(pause/4)
		if left -= wait; pause > longestPause || left < 0 {
			return err
		}
		if pause != told {
			a.noteAbove("instance %s: too many requests, asking again in about %s", instance, expiration.String(pause))
			told = pause
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// meter tells how many of a number of things are done: a bar on a terminal, else a line for each.
type meter struct {
	*app
	bar *progressbar.ProgressBar
}

func (a *app) meter(total int) meter {
	if !plugin.Terminal(a.ErrOut) {
		return meter{app: a}
	}
	return meter{a, progressbar.NewOptions(total, progressbar.OptionSetWriter(plugin.File(a.ErrOut)), progressbar.OptionSetDescription("instances"),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionSetRenderBlankState(true), progressbar.OptionClearOnFinish())}
}

func (m meter) done(what string) {
	if m.bar == nil {
		m.Note("asked instance %s", what)
		return
	}
	_ = m.bar.Add(1) // what cannot be drawn is no loss
}

func (m meter) finish() {
	if m.bar != nil {
		_ = m.bar.Clear()
	}
}
