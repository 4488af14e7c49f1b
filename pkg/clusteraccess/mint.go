package clusteraccess

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Minter mints credentials of edge clusters.
type Minter struct {
	Now       func() time.Time
	UserAgent string
	// Work has a process of its own do a job: see Job.
	Work func(context.Context, Job) (Outcome, error)
	// Note is given what a person ought to know, although all went well.
	Note func(string)
	// Patience is how long a cluster is waited for that is being created; Waiting is given its state meanwhile.
	Patience time.Duration
	Waiting  func(state string)
	// Attend is called with what is asked, which may take long, and what it returns once there is an answer.
	Attend func(what string) (end func())
}

func (m Minter) attend(cluster string) (end func()) {
	if m.Attend == nil {
		return func() {}
	}
	return m.Attend("edge cluster " + cluster)
}

// Minted is a credential, and where it is taken.
type Minted struct {
	tokencache.Entry
	Server kubeapi.Server
}

// InstanceRefusedError is that the instance does not take its token.
type InstanceRefusedError struct{ error }

// Unwrap returns what the instance said.
func (e *InstanceRefusedError) Unwrap() error { return e.error }

// NotReadyError is that the cluster is still being created.
type NotReadyError struct{ error }

// Unwrap returns what the instance said.
func (e *NotReadyError) Unwrap() error { return e.error }

// ChangedError is that the cluster is not what the kubeconfig says: it was created again, has other certificate
// authorities, or is somewhere else.
type ChangedError struct{ error }

// Unwrap returns what differs.
func (e *ChangedError) Unwrap() error { return e.error }

// workTimeout is how long a job may take if the caller does not say.
const workTimeout = time.Minute

// Mint mints the credential that the request asks for, for the principal, with the instance's API server that config
// leads to. Nothing else knows it yet.
func (m Minter) Mint(ctx context.Context, instance *rest.Config, r tokenrequest.Request, principal string) (Minted,
	error) {
	job, err := m.job(mintTask, instance, r, principal)
	if err != nil {
		return Minted{}, err
	}
	var w *wish
	if job.Cluster.Credential == tokenrequest.Certificate {
		if w, err = newWish(job.Person, GrantOf(job.Cluster), r.Expiration); err != nil {
			return Minted{}, err
		}
		job.Request = w.request
	}
	outcome, err := m.do(ctx, job)
	if err != nil {
		return Minted{}, err
	}
	for _, note := range outcome.Notes {
		m.note(note)
	}
	if job.Cluster.Credential == tokenrequest.Administrator {
		return m.administrators(outcome), nil
	}
	return m.checked(ctx, outcome, job, w)
}

// Located is where a cluster is, and what its administrator has, but not that itself.
type Located struct {
	edgecluster.Address
	Kind     string    // tokenrequest.Certificate or tokenrequest.Token
	NotAfter time.Time // of a certificate
}

// Locate finds out where the cluster of the request is: its administrator's kubeconfig, which the instance keeps, says
// so.
func (m Minter) Locate(ctx context.Context, instance *rest.Config, r tokenrequest.Request) (Located, error) {
	outcome, err := m.do(ctx, jobOf(locateTask, instance, r, m.UserAgent))
	return Located{outcome.Address, outcome.Kind, outcome.End}, err
}

// Bound reports, as the principal, whether the binding of the request's role is there, or any that names its group if
// that is one of the user's own. Where the administrator may not look, it is taken to be.
func (m Minter) Bound(ctx context.Context, instance *rest.Config, r tokenrequest.Request, principal string) (bool,
	error) {
	job, err := m.job(boundTask, instance, r, principal)
	if err != nil {
		return false, err
	}
	outcome, err := m.do(ctx, job)
	return outcome.Bound, err
}

// Bind makes the binding of the request's role, as the principal, and waits until it holds. It is for those who have
// asked somebody: a binding stays.
func (m Minter) Bind(ctx context.Context, instance *rest.Config, r tokenrequest.Request, principal string) error {
	job, err := m.job(bindTask, instance, r, principal)
	if err == nil {
		_, err = m.do(ctx, job)
	}
	return err
}

// job is one in the name of the principal.
func (m Minter) job(task Task, instance *rest.Config, r tokenrequest.Request, principal string) (job Job, err error) {
	job = jobOf(task, instance, r, m.UserAgent)
	job.Person, err = personOf(principal)
	return job, err
}

func jobOf(task Task, instance *rest.Config, r tokenrequest.Request, userAgent string) Job {
	return Job{
		Task: task, Instance: kubeapi.Server{URL: instance.Host, CA: instance.CAData}, Token: instance.BearerToken,
		Cluster: r.EdgeCluster.WithDefaults(), Life: r.Expiration, UserAgent: userAgent, Repair: tokenrequest.Repair(r),
	}
}

// pauses are those of who waits for a cluster, which takes minutes to be created.
var pauses = wait.Backoff{Duration: time.Second, Factor: 1.5, Cap: 5 * time.Second, Steps: 10}

// do has the job done, again and again while the cluster is being created.
func (m Minter) do(ctx context.Context, job Job) (Outcome, error) {
	until, pauses := m.Now().Add(m.Patience), pauses
	for {
		job.Timeout = workTimeout
		if deadline, ok := ctx.Deadline(); ok {
			job.Timeout = time.Until(deadline)
		}
		end := m.attend(job.Cluster.Cluster)
		outcome, err := m.Work(ctx, job)
		end()
		if err == nil {
			err = outcome.failure()
		}
		switch {
		case err == nil || !outcome.NotReady || m.Patience <= 0:
			return outcome, err
		case !m.Now().Before(until):
			return outcome, hint.Wrap(fmt.Errorf("%w (waited for %s)", err, expiration.String(m.Patience)), "%s",
				outcome.Hint)
		}
		if m.Waiting != nil {
			m.Waiting(outcome.State)
		}
		select {
		case <-ctx.Done():
			return outcome, context.Cause(ctx)
		case <-time.After(min(pauses.Step(), until.Sub(m.Now()))):
		}
	}
}

func (o Outcome) server() kubeapi.Server {
	return kubeapi.Server{URL: o.Address.Server, CA: o.Address.CAData}
}

// failure is what went wrong, if anything did.
func (o Outcome) failure() error {
	switch {
	case o.InstanceRefused:
		return &InstanceRefusedError{errors.New(o.Error)}
	case o.Error == "":
		return nil
	}
	err := errors.New(o.Error)
	switch {
	case o.NotReady:
		err = &NotReadyError{err}
	case o.Changed:
		err = &ChangedError{err}
	}
	if o.Hint == "" {
		return err
	}
	return hint.Wrap(err, "%s", o.Hint)
}

// administrators is the administrator's own credential, which is as good as it is.
func (m Minter) administrators(o Outcome) Minted {
	now := m.Now()
	e := tokencache.Entry{Token: o.Token, Issued: now, Expires: now.Add(askAgain)}
	if o.Token == "" {
		e.Certificate, e.PrivateKey = string(o.Certificates), string(o.Key)
	}
	return Minted{e, o.server()}
}

// askAgain is how soon a client asks again for the administrator's own credential.
const askAgain = 15 * time.Minute

// checked checks what the cluster answered, and tries it.
func (m Minter) checked(ctx context.Context, o Outcome, job Job, w *wish) (Minted, error) {
	received := m.Now().Add(-o.Age)
	date := o.Date
	if date.IsZero() {
		date = received
	}
	var e tokencache.Entry
	var err error
	name, groups := job.Person, []string{"system:authenticated"}
	if w != nil {
		e, err = w.entry(o.Certificates, date, received)
		groups = append(groups, w.subject.Organization...)
	} else {
		e, err = tokenEntry(o.Token, job.Life, o.End, date, received)
		a := account{job.Person, GrantOf(job.Cluster)}
		name, groups = a.user(), append(groups, a.groups()...)
	}
	if err == nil {
		end := m.attend(job.Cluster.Cluster)
		err = review(ctx, o.server(), e, job.UserAgent, name, groups)
		end()
	}
	if err != nil {
		return Minted{}, instead(fmt.Errorf("edge cluster %q: %w",
			job.Cluster.Cluster, err), job.Cluster, job.Repair)
	}
	m.noteSkew(received.Sub(date), job.Cluster.Cluster)
	return Minted{e, o.server()}, nil
}

// noticedSkew is how wrong a clock is that a person should know of: certificates are dated back by five minutes, and
// clocks that somebody looks after differ by less than a second.
const noticedSkew = 2 * time.Minute

// noteSkew says that this machine's clock is wrong. What is minted is used all the same: how long it lives is counted
// from its receipt, by whatever clock.
func (m Minter) noteSkew(ahead time.Duration, cluster string) {
	if ahead.Abs() < noticedSkew {
		return
	}
	word := "ahead of"
	if ahead < 0 {
		word = "behind"
	}
	m.note(fmt.Sprintf("this machine's clock is %s %s that of edge cluster %q; set it: other programs will take what "+
		"is "+
		"valid for expired", ahead.Abs().Round(time.Minute), word, cluster))
}

func (m Minter) note(text string) {
	if m.Note != nil {
		m.Note(text)
	}
}
