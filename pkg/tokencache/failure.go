package tokencache

import (
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// forgetFailure is how long a failure counts; after as long a quiet time the back-off starts over.
const forgetFailure = 10 * time.Minute

// Failure is a mint that did not work, kept so that the next processes do not all try again at once.
type Failure struct {
	Time    time.Time `json:"time"`
	RetryAt time.Time `json:"retryAt"` // when the next attempt may be made
	Count   int       `json:"count"`
	Message string    `json:"message"`
	Hint    string    `json:"hint,omitempty"`
	Code    int       `json:"code,omitempty"` // exit code, where a program has several
}

// Failure returns the last failure under k that still counts at now, and whether there is one.
func (s Store) Failure(k Key, now time.Time) (Failure, bool) {
	if s.dir == "" {
		return Failure{}, false
	}
	data, err := securefile.ReadOwn(s.path(k, failureSuffix), securefile.Private)
	if err != nil {
		return Failure{}, false
	}
	var f Failure
	if json.Unmarshal(data, &f) != nil || f.Time.After(now.Add(time.Second)) || now.Sub(f.Time) > forgetFailure {
		return Failure{}, false
	}
	return f, true
}

// Fail remembers that minting under k failed at now with the message, hint and code of f, and is not to be tried again
// for the pause that is right after this many failures in a row. The pause is the caller's: who computes it well does
// not fit the helper's diet. Message and hint are shown until then; they hold no secret. A store that cannot be written
// to remembers nothing.
func (s Store) Fail(k Key, now time.Time, pause func(failures int) time.Duration, f Failure) {
	if s.dir == "" {
		return
	}
	last, _ := s.Failure(k, now)
	f.Time, f.Count = now, last.Count+1
	f.RetryAt = now.Add(pause(f.Count))
	data, err := json.Marshal(f)
	if err == nil && s.Prepare() == nil {
		_ = atomicfile.WriteOwn(s.path(k, failureSuffix), data)
	}
}

// Succeed forgets the failures under k.
func (s Store) Succeed(k Key) {
	if s.dir != "" {
		_ = os.Remove(s.path(k, failureSuffix))
	}
}

// ForgetFailures forgets all failures: the next commands try again.
func (stores Stores) ForgetFailures() {
	for _, s := range stores {
		names, _ := s.names()
		for _, name := range names {
			stem, found := strings.CutSuffix(name, failureSuffix)
			if k, ok := parseKey(stem); found && ok {
				s.Succeed(k)
			}
		}
	}
}
