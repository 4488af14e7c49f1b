package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync/atomic"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// renewalMark lies beside the session from before a request that spends what the session holds, until what came back
// is sealed. A process that was killed in between, or could not save, leaves it: when the provider then refuses the
// session, that is why, and not its age.
type renewalMark struct {
	Generation string `json:"generation"`
	// Sealed is the end of the access token that was sealed then. After a save that is another one.
	Sealed time.Time `json:"sealed,omitzero"`
	Began  time.Time `json:"began"`
}

// maxRenewalMark is the space that a mark needs at most.
const maxRenewalMark = 512

func (a *Account) renewalPath() string { return a.besideSession(".renewing") }

// renewal is one that spends what the session holds.
type renewal struct {
	account *Account
	grant   grant
	place   *secretstore.Reservation
	last    *renewalMark // of the last one if nothing was sealed after it
}

// begin makes the place for what the session holds next, and marks the renewal. Where that fails, nothing is spent.
func (a *Account) begin(session profile.Session, g grant, sealed AccessToken) (*renewal, error) {
	place, err := a.reserve(secretName(session))
	if err != nil {
		return nil, err
	}
	r := &renewal{account: a, grant: g, place: place}
	mark := renewalMark{Generation: session.Generation, Sealed: sealed.Expires, Began: a.Now().UTC()}
	last, ok := a.lastRenewal()
	if ok && last.Generation == mark.Generation && last.Sealed.Equal(mark.Sealed) {
		r.last = &last
	}
	if err := a.writeMark(mark); err != nil {
		place.Release()
		return nil, a.nothingAsked(err)
	}
	return r, nil
}

// renew is the grant's. The mark of one that certainly spent nothing gives its place back to the one before.
func (r *renewal) renew(ctx context.Context, a *Account) (AccessToken, error) {
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}
	token, err := r.grant.renew(httptrace.WithClientTrace(ctx, trace), a)
	if err != nil && (!sent.Load() || spentNothing(err)) {
		if r.last == nil || r.account.writeMark(*r.last) != nil {
			_ = os.Remove(r.account.renewalPath())
		}
	}
	return token, err
}

// spentNothing reports whether err is an answer without which nothing was spent. A server with a problem, and one that
// does not answer, may have taken what it was sent.
func spentNothing(err error) bool {
	e, ok := errors.AsType[*tokenError](err)
	return ok && e.Status < http.StatusInternalServerError
}

// save seals what came back, and takes the mark away.
func (r *renewal) save(plaintext, additionalData []byte) error {
	if err := r.place.Save(plaintext, additionalData); err != nil {
		return err
	}
	_ = os.Remove(r.account.renewalPath()) // one that stays is known by the token that was sealed
	return nil
}

// why is why the provider takes what the session holds no longer, which it said with err.
func (r *renewal) why(err error) string {
	if r.last == nil {
		return refusal(err)
	}
	return fmt.Sprintf("the last renewal could not be saved, or was cut off, at %s",
		r.last.Began.Local().Format(time.DateTime))
}

func (a *Account) lastRenewal() (renewalMark, bool) {
	data, err := securefile.ReadOwn(a.renewalPath(), securefile.Private)
	if err != nil {
		return renewalMark{}, false
	}
	var m renewalMark
	err = json.Unmarshal(data, &m)
	return m, err == nil
}

func (a *Account) writeMark(m renewalMark) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return atomicfile.WriteOwn(a.renewalPath(), data)
}
