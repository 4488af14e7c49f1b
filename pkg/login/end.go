package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// End is when and why a session was over. It is kept beside where the session was until the next login or logout, and
// holds no secret.
type End struct {
	Time   time.Time `json:"expirationTimestamp"`
	Reason string    `json:"reason"`
}

// Ago says why and how long before now, in words that follow "the session ended".
func (e End) Ago(now time.Time) string {
	return fmt.Sprintf("%s, %s ago", e.Reason, duration.HumanDuration(max(now.Sub(e.Time), 0)))
}

// keptEnd is an End with the session that it is of.
type keptEnd struct {
	End
	Generation string `json:"generation"`
}

// maxReason bounds a reason: the file may lie in a folder that a kubeconfig's author has chosen.
const maxReason = 300

// LastEnd is the end of the profile's session: of the one that there is, if its time is over, or of the last one, if
// nobody has logged in or out since.
func (a *Account) LastEnd() (End, bool) {
	session, err := a.session()
	if err == nil {
		over := !session.Expires.IsZero() && !session.Expires.After(a.Now())
		return End{session.Expires, "its time was over"}, over
	}
	kept, ok := a.keptEnd()
	return kept.End, ok
}

func (a *Account) keptEnd() (keptEnd, bool) {
	data, err := securefile.ReadOwn(a.endPath(), securefile.Private)
	if err != nil {
		return keptEnd{}, false
	}
	var e keptEnd
	if json.Unmarshal(data, &e) != nil || e.Reason == "" || len(e.Reason) > maxReason {
		return keptEnd{}, false
	}
	e.Reason = hint.Printable(e.Reason)
	return e, true
}

// end forgets the session, which is over, and keeps why. The caller holds the lock.
func (a *Account) end(session profile.Session, reason string) error {
	err := a.forget()
	data, errJSON := json.Marshal(keptEnd{End{a.Now().UTC().Truncate(time.Second), reason}, session.Generation})
	if errJSON == nil {
		_ = atomicfile.WriteOwn(a.endPath(), data) // it is for people alone
	}
	return errors.Join(a.required(session, "the session has ended: "+reason), err)
}

// endOf is why the session is over, if it is, and this is known.
func (a *Account) endOf(session profile.Session) string {
	if kept, ok := a.keptEnd(); ok && kept.Generation == session.Generation {
		return "the session has ended: " + kept.Reason
	}
	return "the session has ended, or its secret is gone"
}

// nobody is why nobody is logged in.
func (a *Account) nobody() string {
	if kept, ok := a.keptEnd(); ok {
		return "nobody is logged in since the session ended: " + kept.Ago(a.Now())
	}
	return "nobody is logged in"
}

func (a *Account) endPath() string { return a.besideSession(".ended") }

// refusal says that the provider takes what the session holds no longer, and what it said.
func refusal(err error) string {
	e, ok := errors.AsType[*tokenError](err)
	if !ok {
		return "the provider refused to renew it"
	}
	said := e.Description
	if said == "" && e.Code == "invalid_grant" {
		said = "too old, or revoked"
	}
	return "the provider refused to renew it (" + strings.TrimSuffix(e.Code+": "+said, ": ") + ")"
}
