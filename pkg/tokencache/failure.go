package tokencache

import (
	"encoding/json"
	"os"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Back-off after failed mints: 2, 4, 8, 16 and then 30 seconds; forgotten after ten quiet minutes.
const (
	firstBackOff  = 2 * time.Second
	maxBackOff    = 30 * time.Second
	forgetFailure = 10 * time.Minute
)

// Failure is a mint that did not work, kept so that the next processes do not all try again at once.
type Failure struct {
	Time    time.Time `json:"time"`
	Count   int       `json:"count"`
	Message string    `json:"message"`
	Hint    string    `json:"hint,omitempty"`
}

// RetryAt is when the next attempt may be made.
func (f Failure) RetryAt() time.Time {
	backOff := maxBackOff
	if f.Count < 5 {
		backOff = firstBackOff << max(f.Count-1, 0)
	}
	return f.Time.Add(backOff)
}

// Failure returns the last failure under k that still counts at now, and whether there is one.
func (s Store) Failure(k Key, now time.Time) (Failure, bool) {
	if s.dir == "" {
		return Failure{}, false
	}
	data, err := securefile.Read(s.path(k, failureSuffix), securefile.Private)
	if err != nil {
		return Failure{}, false
	}
	var f Failure
	if json.Unmarshal(data, &f) != nil || f.Time.After(now.Add(time.Second)) || now.Sub(f.Time) > forgetFailure {
		return Failure{}, false
	}
	return f, true
}

// Fail remembers that minting under k failed at now. message and next are shown to whoever asks before the time of
// RetryAt; they hold no secret. A store that cannot be written to remembers nothing.
func (s Store) Fail(k Key, now time.Time, message, next string) {
	if s.dir == "" {
		return
	}
	last, _ := s.Failure(k, now)
	data, err := json.Marshal(Failure{Time: now, Count: last.Count + 1, Message: message, Hint: next})
	if err == nil && s.Prepare() == nil {
		_ = atomicfile.Write(s.path(k, failureSuffix), data, 0o600)
	}
}

// Succeed forgets the failures under k.
func (s Store) Succeed(k Key) {
	if s.dir != "" {
		_ = os.Remove(s.path(k, failureSuffix))
	}
}
