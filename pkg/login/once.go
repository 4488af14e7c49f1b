package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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
func (s *Sessions) LoginOnce(ctx context.Context, c Credential, because *RequiredError) (profile.Session, error) {
	if err := s.prepare(); err != nil {
		return profile.Session{}, fmt.Errorf("log in: %w", err)
	}
	unlock, err := filelock.Lock(ctx, s.besideSession(".login.lock"))
	if err != nil {
		return profile.Session{}, fmt.Errorf("wait for another process to log in: %w", err)
	}
	defer unlock()
	session, err := profile.LoadSession(s.Dirs, s.Name)
	if err == nil && session.Generation != because.Generation {
		return session, nil // another process was first
	}
	if last, ok := s.lastFailure(); ok && s.Now().Before(last.retryAt()) {
		return profile.Session{}, hint.Wrap(fmt.Errorf("log in: %s (at %s; not tried again on its own before %s)",
			last.Reason,
			last.Time.Local().Format(time.TimeOnly), last.retryAt().Local().Format(time.TimeOnly)), "%s",
			s.command("login"))
	}
	session, err = s.Login(ctx, c)
	if err != nil {
		s.rememberFailure(err)
	}
	return session, err
}

func (s *Sessions) lastFailure() (failure, bool) {
	data, err := securefile.ReadOwn(s.failurePath(), securefile.Private)
	if err != nil {
		return failure{}, false
	}
	var f failure
	now := s.Now()
	if json.Unmarshal(data, &f) != nil || f.Count < 1 || f.Time.After(now) || now.Sub(f.Time) > forgetFailure {
		return failure{}, false
	}
	return f, true
}

// rememberFailure keeps what happened if it can. Being interrupted counts too: it is how a person says no.
func (s *Sessions) rememberFailure(err error) {
	last, _ := s.lastFailure()
	reason := strings.TrimPrefix(err.Error(), "log in: ")
	if errors.Is(err, context.Canceled) {
		reason = "the login was interrupted"
	}
	data, err := json.Marshal(failure{Time: s.Now(), Count: last.Count + 1, Reason: reason})
	if err == nil {
		_ = atomicfile.WriteOwn(s.failurePath(), data)
	}
}

func (s *Sessions) failurePath() string { return s.besideSession(".login-failed") }

// besideSession is the path of a file of the profile's, by its suffix.
func (s *Sessions) besideSession(suffix string) string {
	return strings.TrimSuffix(profile.SessionPath(s.Dirs, s.Name), ".json") + suffix
}

// prepare makes the folder of the sessions.
func (s *Sessions) prepare() error {
	if err := profile.CheckName(s.Name); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Dir(profile.SessionPath(s.Dirs, s.Name)), 0o700)
}
