package edge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// patienceFlags say how long a command waits for an instance that gives out no credentials yet. Whether it does is not
// to be seen from its state: it is asked, and only what refuses is waited for.
type patienceFlags struct {
	noWait  bool
	timeout time.Duration
	flags   *pflag.FlagSet
}

func (f *patienceFlags) addFlags(fs *pflag.FlagSet) {
	f.flags = fs
	fs.BoolVar(&f.noWait, "no-wait", false, "fail rather than wait for an instance that gives out no credentials yet")
	fs.DurationVar(&f.timeout, "timeout", 10*time.Minute,
		"how long to wait for an instance that gives out no credentials yet")
}

func (f *patienceFlags) validate() error {
	if f.timeout <= 0 {
		return errors.New("--timeout: want a time such as 10m; to wait for nothing there is --no-wait")
	}
	return nil
}

// forAll is the patience of a command for all that there is: nobody has named the one that is not ready, and wants the
// others to wait for it minutes long, unless a time is given.
func (f *patienceFlags) forAll(all bool) {
	f.noWait = f.noWait || all && (f.flags == nil || !f.flags.Changed("timeout"))
}

// duration is how long to wait, at most.
func (f *patienceFlags) duration() time.Duration {
	if f.noWait {
		return 0
	}
	return f.timeout
}

// patient is the cloud for a command that waits for credentials, and says so through p.
func (f *patienceFlags) patient(cloud edgeCloud, p *plugin.Progress, notify func(stackit.Instance)) edgeCloud {
	patience := stackit.Patience{
		NotReady: f.duration(), Waiting: notify,
		Busy: func(id string, pause time.Duration) {
			p.Note("instance %s: too many requests, asking again in about %s", id, expiration.String(pause))
		},
	}
	cloud.Client = cloud.Patient(patience)
	return cloud
}

// patient is the cloud for a command that waits for the credentials of several instances, and notes so. end is to be
// called at the end.
func (a *app) patient(cloud edgeCloud, f patienceFlags) (patient edgeCloud, end func()) {
	p := a.Progress("waiting")
	return f.patient(cloud, p, noteWaiting(p)), p.End
}

// parallel is how many instances are worked on at once.
const parallel = 8

// askAll is plugin.Several for work that asks the API about an instance, patiently. A line says how many have answered.
func askAll[T any](
	ctx context.Context, a *app, cloud edgeCloud, patience patienceFlags, items []T,
	work func(cloud edgeCloud, i int, item T) error,
) ([]error, error) {
	p := a.Progress("instances asked")
	p.Count(len(items))
	defer p.End()
	cloud = patience.patient(cloud, p, noteWaiting(p))
	return plugin.Several(ctx, parallel, items, func(i int, item T) error {
		err := work(cloud, i, item)
		p.Step()
		return err
	})
}

// noteWaiting notes through p, once for each instance, that it is waited for.
func noteWaiting(p *plugin.Progress) func(stackit.Instance) {
	var noted sync.Map // ids
	return func(i stackit.Instance) {
		if _, ok := noted.LoadOrStore(i.Id, nil); !ok {
			p.Note("waiting for instance %s: %s", i.Id, i.Status)
		}
	}
}
