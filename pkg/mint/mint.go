// Package mint gets tokens into pkg/tokencache: one mint for any number of processes that want the same token, and a
// memory of failures, so that they do not all send the same hopeless request.
package mint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/backoff"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// Func mints one token. It is called at most once per call of Flight.Token.
type Func func(context.Context) (tokencache.Entry, error)

// Flight is the single flight of all processes that share a store.
type Flight struct {
	Store tokencache.Store
	Now   func() time.Time
	// Warn gets the reason, once per call, why a token could not be shared with other processes. It may be nil.
	Warn func(error)
	// Memory says how long an error is remembered. It may be nil, which remembers all but what says nothing about the
	// next attempt: an interruption, and what went wrong on this machine, such as a full disk.
	Memory func(error) Memory
	// Code is the exit code that goes with an error, which a remembered one keeps. It may be nil.
	Code func(error) int
	// Current reports whether the key is still the one of the session that it was computed for: a token that was minted
	// for one which has ended meanwhile is not kept. It may be nil.
	Current func() bool
	// Waiting is called when the wait for another process that mints is one that a person notices. It may be nil.
	Waiting func()
}

// noticedAfter is when a person who waits wants to know what for.
const noticedAfter = 2 * time.Second

// Memory is how long a failed mint is remembered: for that time it is not tried again.
type Memory int

const (
	// Remember backs off further with each failure.
	Remember Memory = iota
	// RememberBriefly backs off for the first pause alone, however many failures there were. It is for what a person
	// may mend at any moment without our hearing of it.
	RememberBriefly
	// Transient errors say nothing about the next attempt, and are not remembered.
	Transient
)

// pauses are those after failed mints: 2, 4, 8, 16 and then 30 seconds.
var pauses = wait.Backoff{Duration: 2 * time.Second, Factor: 2, Cap: 30 * time.Second, Steps: 10}

// Want says which token will do.
type Want struct {
	// Refused is the Tag of a token that a server has refused: another one is wanted.
	Refused string
	// Left wants a token that lives at least so long.
	Left time.Duration
	// NotAgeing wants a token that is not in the last part of its life, as refreshing ahead does.
	NotAgeing bool
	// Also, if set, says whether a cached token that is good otherwise will do.
	Also func(tokencache.Entry) bool
	// Retry mints although a mint has just failed: a person asks, who may have mended what was wrong.
	Retry bool
	// Force asks for a mint whatever is cached or remembered, as a person does.
	Force bool
}

// Token returns the cached token named by k, or mints, stores and returns a new one while all others wait. Within the
// back-off after a failure it returns that failure again without trying.
//
// When the store cannot be used it mints all the same.
func (f Flight) Token(ctx context.Context, k tokencache.Key, want Want, mint Func) (tokencache.Entry, error) {
	if err := f.Store.Prepare(); err != nil {
		f.warn(err)
		return mint(ctx)
	}
	unlock, err := f.lock(ctx, k)
	if err != nil {
		if ctx.Err() != nil {
			return tokencache.Entry{}, hint.Wrap(fmt.Errorf("mint a token: %w", err),
				"try again in a moment; kubectl edge doctor looks for what is slow")
		}
		f.warn(err)
		return mint(ctx)
	}
	defer unlock()

	cached, err := f.Store.Get(k, f.Now())
	if err == nil && f.satisfies(cached, want) {
		return cached, nil
	}
	if failure, ok := f.Store.Failure(k, f.Now()); ok && !want.Force && !want.Retry &&
		f.Now().Before(failure.RetryAt) {
		return tokencache.Entry{}, remembered(failure)
	}
	return f.mint(ctx, k, cached, want, mint)
}

// lock waits for other processes that mint, and says so.
func (f Flight) lock(ctx context.Context, k tokencache.Key) (unlock func(), err error) {
	if f.Waiting != nil {
		said := make(chan struct{})
		timer := time.AfterFunc(noticedAfter, func() {
			f.Waiting()
			close(said)
		})
		defer func() {
			if !timer.Stop() {
				<-said // before anything else is
			}
		}()
		ctx = filelock.WithoutWait(ctx)
	}
	return filelock.Lock(ctx, f.Store.LockPath(k))
}

func (f Flight) satisfies(cached tokencache.Entry, want Want) bool {
	switch {
	case want.Force, want.Also != nil && !want.Also(cached):
		return false
	case want.Refused != "" && cached.Tag() == want.Refused:
		return !cached.Replaceable(f.Now())
	case want.Left > 0:
		return !f.Now().Add(want.Left).After(cached.Expires)
	case want.NotAgeing:
		return !cached.Ageing(f.Now())
	default:
		return true
	}
}

func (f Flight) mint(
	ctx context.Context, k tokencache.Key, cached tokencache.Entry, want Want, mint Func,
) (tokencache.Entry, error) {
	e, err := mint(ctx)
	if err != nil {
		f.remember(k, err)
		return tokencache.Entry{}, err
	}
	if want.Refused != "" && cached.Tag() == want.Refused {
		e.Replaced = f.Now()
	}
	f.keep(k, e)
	f.Store.Succeed(k)
	return e, nil
}

// keep caches e, unless the session ended while it was minted. A logout ends the session before it removes the tokens,
// so one that ends it after the first look either removes e, or is seen by the second.
func (f Flight) keep(k tokencache.Key, e tokencache.Entry) {
	if !f.current() {
		return
	}
	err := f.Store.Put(k, e)
	if !f.current() {
		err = errors.Join(err, f.Store.Remove(k))
	}
	if err != nil {
		f.warn(err)
	}
}

func (f Flight) current() bool { return f.Current == nil || f.Current() }

func (f Flight) remember(k tokencache.Key, err error) {
	if errors.Is(err, context.Canceled) || local(err) { // Ctrl-C says nothing either
		return
	}
	memory := Remember
	if f.Memory != nil {
		memory = f.Memory(err)
	}
	switch memory {
	case Transient:
		return
	case RememberBriefly:
		f.Store.Succeed(k) // forgets the earlier ones
	}
	pause := func(failures int) time.Duration { return backoff.After(pauses, failures) }
	failure := tokencache.Failure{Message: err.Error(), Hint: hint.Of(err)}
	if f.Code != nil {
		failure.Code = f.Code(err)
	}
	f.Store.Fail(k, f.Now(), pause, failure)
}

// local reports whether err is about this machine's files, which the next process may find in order: a full disk, a
// folder without permission.
func local(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	var insecure *securefile.Error
	return errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &insecure)
}

func (f Flight) warn(err error) {
	if f.Warn != nil && !errors.Is(err, tokencache.ErrDisabled) {
		f.Warn(err)
	}
}

// RememberedError is the failure of an earlier attempt, by this or another process, after which it is too early to try
// again.
type RememberedError struct {
	text    string
	Message string // of the failure
	Code    int    // that Flight.Code gave it, or 0
}

func (e *RememberedError) Error() string { return e.text }

// remembered is the error of an earlier attempt, by this or another process, after which it is too early to try again.
func remembered(failure tokencache.Failure) error {
	text := fmt.Sprintf("%s (at %s; not tried again before %s)", failure.Message,
		failure.Time.Local().Format(time.TimeOnly), failure.RetryAt.Local().Format(time.TimeOnly))
	err := &RememberedError{Message: failure.Message, Code: failure.Code, text: text}
	if failure.Hint == "" {
		return err
	}
	return hint.Wrap(err, "%s", failure.Hint)
}
