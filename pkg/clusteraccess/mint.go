package clusteraccess

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/client-go/rest"

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

// workTimeout is how long a job may take if the caller does not say.
const workTimeout = time.Minute

// Mint mints the credential that the request asks for, for the principal, with the instance's API server that config
// leads to. Nothing else knows it yet.
func (m Minter) Mint(ctx context.Context, instance *rest.Config, r tokenrequest.Request, principal string) (Minted,
	error) {
	person, err := Person(principal)
	if err != nil {
		return Minted{}, err
	}
	asked := r.EdgeCluster.WithDefaults()
	job := Job{
		Instance: kubeapi.Server{URL: instance.Host, CA: instance.CAData}, Token: instance.BearerToken,
		Cluster: asked, Person: person, Life: r.Expiration, UserAgent: m.UserAgent, Timeout: workTimeout,
		Repair: tokenrequest.Repair(r),
	}
	if deadline, ok := ctx.Deadline(); ok {
		job.Timeout = time.Until(deadline)
	}
	var w *wish
	if asked.Credential == tokenrequest.Certificate {
		if w, err = newWish(person, GrantOf(asked), r.Expiration); err != nil {
			return Minted{}, err
		}
		job.Request = w.request
	}
	outcome, err := m.Work(ctx, job)
	switch {
	case err != nil:
		return Minted{}, err
	case outcome.InstanceRefused:
		return Minted{}, &InstanceRefusedError{errors.New(outcome.Error)}
	case outcome.Error != "" && outcome.Hint != "":
		return Minted{}, hint.Wrap(errors.New(outcome.Error), "%s", outcome.Hint)
	case outcome.Error != "":
		return Minted{}, errors.New(outcome.Error)
	}
	for _, note := range outcome.Notes {
		m.note(note)
	}
	if asked.Credential == tokenrequest.Administrator {
		return m.administrators(outcome), nil
	}
	return m.checked(ctx, outcome, job, w)
}

// administrators is the administrator's own credential, which is as good as it is.
func (m Minter) administrators(o Outcome) Minted {
	now := m.Now()
	e := tokencache.Entry{Token: o.Token, Issued: now, Expires: now.Add(askAgain)}
	if o.Token == "" {
		e.Certificate, e.PrivateKey = string(o.Certificates), string(o.Key)
	}
	return Minted{e, o.Server}
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
		err = review(ctx, o.Server, e, job.UserAgent, name, groups)
	}
	if err != nil {
		return Minted{}, instead(fmt.Errorf("edge cluster %q: %w",
			job.Cluster.Cluster, err), job.Cluster, job.Repair)
	}
	m.noteSkew(received.Sub(date), job.Cluster.Cluster)
	return Minted{e, o.Server}, nil
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
