package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/backoff"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Back-off after logins that failed or were abandoned: 15 seconds, doubled each time up to 4 minutes; forgotten after a
// quarter of an hour, or with a login that works.
var pauses = wait.Backoff{Duration: 15 * time.Second, Factor: 2, Cap: 4 * time.Minute, Steps: 10}

const forgetFailure = 15 * time.Minute

// failure is a login that a command made on its own and that did not work.
type failure struct {
	Time   time.Time `json:"time"`
	Count  int       `json:"count"`
	Reason string    `json:"reason"`
}

func (f failure) retryAt() time.Time {
	return f.Time.Add(backoff.After(pauses, f.Count))
}

// LoginOnce logs in because a source asked for it: one process does, all others wait for it and share the new session.
// It is Login for commands that a person did not start to log in, of which there may be many: after a failure the next
// ones fail at once for a while.
func (a *Account) LoginOnce(ctx context.Context, c Credential, because *RequiredError) (profile.Session, error) {
	if err := a.prepare(); err != nil {
		return profile.Session{}, fmt.Errorf("log in: %w", err)
	}
	session, unlock, err := a.awaitLogin(ctx, because)
	if err != nil {
		return profile.Session{}, fmt.Errorf("wait for another process to log in: %w", err)
	}
	if unlock == nil {
		return session, nil // another process was first
	}
	defer unlock()
	last, ok := a.lastFailure()
	if ok && a.Now().Before(last.retryAt()) {
		return profile.Session{}, hint.Wrap(fmt.Errorf("log in: %s (at %s; not tried again on its own before %s)",
			last.Reason,
			last.Time.Local().Format(time.TimeOnly), last.retryAt().Local().Format(time.TimeOnly)), "%s",
			a.Command("login"))
	}
	a.say("%v: sign in to go on, or press Ctrl-C to stop", because)
	// Before the browser opens: clients that lose patience kill their helper (SIGKILL from Python's subprocess and Go's
	// os/exec), and each of its successors would open another tab.
	a.remember(failure{Time: a.Now(), Count: last.Count + 1, Reason: "the process that asked for a sign-in was killed"})
	session, err = a.Login(ctx, c)
	if left, ok := errors.AsType[*LeftBehindError](err); ok {
		if a.Warn != nil {
			a.Warn(left)
		}
		return session, nil
	}
	if err != nil {
		a.remember(failure{Time: a.Now(), Count: last.Count + 1, Reason: reason(err)})
	}
	return session, err
}

const (
	waitSilently = 2 * time.Second        // for another process's sign-in
	lookAgain    = 200 * time.Millisecond // whether there is a session
)

// awaitLogin returns when this process is the one that logs in, with unlock, or there is a session other than the one
// that ended: also one that was made elsewhere, while the process that holds the lock still waits for its own sign-in.
func (a *Account) awaitLogin(ctx context.Context, ended *RequiredError) (_ profile.Session, unlock func(), err error) {
	type lock struct {
		unlock func()
		err    error
	}
	waiting, cancel := context.WithCancel(ctx)
	locked := make(chan lock, 1)
	go func() {
		unlock, err := filelock.Lock(waiting, a.besideSession(".login.lock"))
		if err == nil {
			unlock = a.signHolder(unlock)
		}
		locked <- lock{unlock, err}
	}()
	giveUp := func() {
		cancel()
		if l := <-locked; l.err == nil {
			l.unlock()
		}
	}
	look, say := time.NewTicker(lookAgain), time.NewTimer(waitSilently)
	defer look.Stop()
	defer say.Stop()
	for {
		select {
		case l := <-locked:
			cancel()
			if l.err != nil {
				return profile.Session{}, nil, l.err
			}
			if session, ok := a.other(ended); ok {
				l.unlock()
				return session, nil, nil
			}
			return profile.Session{}, l.unlock, nil
		case <-look.C:
			if session, ok := a.other(ended); ok {
				giveUp()
				return session, nil, nil
			}
		case <-say.C:
			a.say("Waiting for %s, which asks for a sign-in for profile %q; "+
				"%s elsewhere ends the wait too, and Ctrl-C stops it.", a.holder(), a.Name, a.Command("login"))
		}
	}
}

// other returns the profile's session if it is not the one that ended.
func (a *Account) other(ended *RequiredError) (profile.Session, bool) {
	session, err := profile.LoadSession(a.Dirs, a.Name)
	return session, err == nil && session.Generation != ended.Generation
}

// say tells the person something while they wait.
func (a *Account) say(format string, args ...any) {
	if a.Say != nil {
		a.Say(format, args...)
	}
}

func (a *Account) lastFailure() (failure, bool) {
	data, err := securefile.ReadOwn(a.failurePath(), securefile.Private)
	if err != nil {
		return failure{}, false
	}
	var f failure
	now := a.Now()
	if json.Unmarshal(data, &f) != nil || f.Count < 1 || f.Time.After(now) || now.Sub(f.Time) > forgetFailure {
		return failure{}, false
	}
	return f, true
}

// reason says why a login did not work. Being interrupted counts too: it is how a person says no.
func reason(err error) string {
	if errors.Is(err, context.Canceled) {
		return "the login was interrupted"
	}
	return strings.TrimPrefix(err.Error(), "log in: ")
}

// remember keeps what happened if it can.
func (a *Account) remember(f failure) {
	data, err := json.Marshal(f)
	if err == nil {
		_ = atomicfile.WriteOwn(a.failurePath(), data)
	}
}

func (a *Account) failurePath() string { return a.besideSession(".login-failed") }

// besideSession is the path of a file of the profile's, by its suffix.
func (a *Account) besideSession(suffix string) string {
	return strings.TrimSuffix(profile.SessionPath(a.Dirs, a.Name), ".json") + suffix
}

// prepare makes the folder of the sessions.
func (a *Account) prepare() error {
	if err := profile.CheckName(a.Name); err != nil {
		return err
	}
	return securefile.MakeOwn(filepath.Dir(profile.SessionPath(a.Dirs, a.Name)))
}
