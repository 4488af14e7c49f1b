package login

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// Credential is what a profile logs in with.
type Credential interface {
	Method() string
	// authenticate gets one access token, and what can get the next ones.
	authenticate(ctx context.Context, a *Account) (result, error)
}

// result is what a credential is good for.
type result struct {
	grant grant
	token AccessToken
	// report, if set, is called at the end with who was logged in or why nobody was, for a person who waits elsewhere.
	report func(principal string, err error)
}

// grant gets access tokens. It is sealed with the session, as JSON.
type grant interface {
	Method() string
	// renew gets a new access token. The grant may change: it is saved before the token is used.
	renew(ctx context.Context, a *Account) (AccessToken, error)
	// refused is the error for a token that STACKIT refused, and that renew cannot get another one in place of.
	refused(a *Account) error
	// revoke has the provider forget what the grant holds, if it holds something there.
	revoke(ctx context.Context, a *Account) error
	// ended reports whether renew failed with err because the session is over, so that only a login brings it back.
	ended(err error) bool
	// spends reports whether renew spends what the grant holds: the place of the successor has to be made first.
	spends() bool
	// outside reports whether the credential lies elsewhere and is taken from there at each use. It is then not sealed
	// to endpoints, and its tokens are not kept, since it may end without our hearing of it.
	outside() bool
	// ends is when what the grant holds ends, if it says so itself; else zero.
	ends() time.Time
}

// plain is what most grants have in common.
type plain struct{}

func (plain) revoke(context.Context, *Account) error { return nil }
func (plain) ended(error) bool                       { return false }
func (plain) spends() bool                           { return false }
func (plain) outside() bool                          { return false }
func (plain) ends() time.Time                        { return time.Time{} }

// firstToken gets a grant's first access token.
func firstToken(ctx context.Context, a *Account, g grant) (result, error) {
	token, err := g.renew(ctx, a)
	return result{grant: g, token: token}, err
}

// The secret half of a session is sealed under a name of its own generation, and the public half, which names the
// generation, is replaced last: until then the old session is complete, from then on the new one.

// secretVersion is the version of a session's secret half.
const secretVersion = 1

type secret struct {
	Version int             `json:"version"`
	Method  string          `json:"method"`
	Grant   json.RawMessage `json:"grant"`
	Access  AccessToken     `json:"access"` // the last one, so that not every process has to exchange again
}

// LeftBehindError says that a login holds, and what of the earlier one could not be removed. The next login tries
// again.
type LeftBehindError struct{ err error }

func (e *LeftBehindError) Error() string { return "a secret of the earlier session: " + e.err.Error() }

func (e *LeftBehindError) Unwrap() error { return e.err }

// Login authenticates with one exchange, then seals it and replaces the profile's session, all or nothing. With a
// *LeftBehindError it is logged in all the same.
func (a *Account) Login(ctx context.Context, c Credential) (profile.Session, error) {
	if err := trust.CheckEndpoints(a.Profile.Endpoints, a.Trusted); err != nil {
		return profile.Session{}, fmt.Errorf("log in: %w", err)
	}
	if a.Foreign {
		return profile.Session{}, fmt.Errorf("log in: %w", a.errForeign())
	}
	if err := securefile.MakeDir(filepath.Dir(profile.SessionPath(a.Dirs, a.Name))); err != nil {
		return profile.Session{}, fmt.Errorf("log in: %w", err) // a sign-in would be in vain
	}
	generation := newGeneration()
	place, err := a.reserve(secretName(profile.Session{Profile: a.Name, Generation: generation}))
	if err != nil {
		return profile.Session{}, fmt.Errorf("log in: %w", err)
	}
	defer place.Release()
	r, err := c.authenticate(ctx, a)
	if err != nil {
		return profile.Session{}, fmt.Errorf("log in: %w", err)
	}
	session, err := a.commit(ctx, r, generation, place)
	if err != nil {
		_ = r.grant.revoke(ctx, a) // what cannot be kept is not left behind at the provider either
		err = fmt.Errorf("log in: %w", err)
	}
	if r.report != nil {
		r.report(session.Principal, err)
	}
	if err != nil {
		return session, err
	}
	if err := a.forgetSecrets(session.Generation); err != nil {
		return session, &LeftBehindError{err}
	}
	return session, nil
}

// commit makes the result the profile's session.
func (a *Account) commit(ctx context.Context, r result, generation string,
	place *secretstore.Reservation) (profile.Session, error) {
	session := profile.Session{
		Profile:    a.Name,
		Method:     r.grant.Method(),
		Principal:  r.token.Principal,
		Generation: generation,
		Created:    a.Now().UTC().Truncate(time.Second),
		Expires:    r.grant.ends(),
		Endpoints:  a.Profile.Endpoints,
	}
	unlock, err := a.lock(ctx)
	if err != nil {
		return profile.Session{}, err
	}
	defer unlock()
	if err := a.seal(place.Save, session, r.grant, r.token); err != nil {
		return profile.Session{}, err
	}
	if err := session.Save(a.Dirs); err != nil {
		return profile.Session{}, errors.Join(err, a.Secrets.Delete(secretName(session)))
	}
	_ = os.Remove(a.failurePath())
	_ = os.Remove(a.renewalPath())
	_ = os.Remove(a.endPath())
	_ = atomicfile.SweepDir(filepath.Dir(a.renewalPath()))
	return session, nil
}

// Logout ends the profile's session and forgets its secrets, then revokes what it held at the identity provider if that
// can be done, also when something stayed behind here. An error may be about either alone. It is no error when there is
// no session.
func (a *Account) Logout(ctx context.Context) error {
	unlock, err := a.lock(ctx)
	if err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	defer unlock()
	var g grant
	if session, err := profile.LoadSession(a.Dirs, a.Name); err == nil {
		g, _, _ = a.unseal(ctx, session) // what cannot be opened cannot be revoked either
	}
	err = a.forget()
	if err != nil {
		err = fmt.Errorf("log out: %w", err)
	}
	if g == nil {
		return err
	}
	errRevoke := g.revoke(ctx, a)
	switch {
	case errRevoke == nil:
		return err
	case err == nil:
		return fmt.Errorf("logged out here, but the login may still be valid at the identity provider: %w", errRevoke)
	default:
		return errors.Join(err, fmt.Errorf("the login may still be valid at the identity provider: %w", errRevoke))
	}
}

// forget removes the session. The caller holds the lock.
func (a *Account) forget() error {
	path := profile.SessionPath(a.Dirs, a.Name)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := a.forgetSecrets("")
	_ = os.Remove(a.failurePath()) // the next login has nothing to wait for
	_ = os.Remove(a.renewalPath())
	_ = os.Remove(a.endPath())
	_ = atomicfile.SweepDir(filepath.Dir(path)) // what was killed left of the half that is public, and beside it
	return err
}

// forgetSecrets deletes the profile's secrets of all generations but one.
func (a *Account) forgetSecrets(except string) error {
	names, err := a.Secrets.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		generation, ok := strings.CutPrefix(name, a.Name+".")
		if ok && generation != except {
			err = errors.Join(err, a.Secrets.Delete(name))
		}
	}
	return err
}

// lock excludes other processes from changing this profile's session.
func (a *Account) lock(ctx context.Context) (unlock func(), err error) {
	if err := a.prepare(); err != nil {
		return nil, err
	}
	return filelock.Lock(ctx, a.besideSession(".lock"))
}

// sessionSpace is the size of what a session's secret half has room for: a long access token and a long refresh token.
const sessionSpace = 64 << 10

// reserve makes the place of a secret before what is to be kept there is asked for: it is given once.
func (a *Account) reserve(name string) (*secretstore.Reservation, error) {
	place, err := a.Secrets.Reserve(name, sessionSpace)
	return place, a.nothingAsked(err)
}

// nothingAsked adds to the error of a place that cannot be made what to do about it.
func (a *Account) nothingAsked(err error) error {
	if err == nil || hint.Of(err) != "" {
		return err
	}
	return hint.Wrap(err, "nothing was asked for, so nothing is lost; make room or give access below %s, and try again",
		a.Dirs.State)
}

func (a *Account) seal(save func(plaintext, additionalData []byte) error, session profile.Session, g grant,
	token AccessToken) error {
	raw, err := json.Marshal(g)
	if err != nil {
		return err
	}
	if g.outside() {
		token = AccessToken{}
	}
	data, err := json.Marshal(secret{Version: secretVersion, Method: g.Method(), Grant: raw, Access: token})
	if err != nil {
		return err
	}
	return save(data, a.purpose(session))
}

// KeyError is err with what is next, where it is about the key of sealed secrets.
func (a *Account) KeyError(err error) error {
	switch {
	case errors.Is(err, secretstore.ErrLost):
		return hint.Wrap(err, "log in again, since the secret cannot be recovered: %s", a.Command("login"))
	case errors.Is(err, secretstore.ErrUnreachable):
		return hint.Wrap(err, "unlock the keyring, or run this where it can be reached; else log out, and in again: %s",
			a.Command("logout"))
	}
	return err
}

// unseal returns the secret half of the session. The key's keyring may be slow, and nothing ends a question to it: at
// the end of ctx it is left behind.
func (a *Account) unseal(ctx context.Context, session profile.Session) (grant, AccessToken, error) {
	data, err := interrupt.Read(ctx, func() ([]byte, error) {
		return a.Secrets.Load(secretName(session), a.purpose(session))
	})
	switch {
	case errors.Is(err, secretstore.ErrOtherPurpose):
		// No RequiredError: nobody is asked to sign in at endpoints that may have been put there by someone else.
		return nil, AccessToken{}, hint.Wrap(fmt.Errorf("profile %q: the session was made with other endpoints or "+
			"certificate authorities than the profile has now", a.Name),
			"only if you changed them: %s; else see whether a kubeconfig did: kubectl edge kubeconfig audit",
			a.Command("login"))
	case errors.Is(err, fs.ErrNotExist) && !errors.Is(err, secretstore.ErrLost):
		return nil, AccessToken{}, a.required(session, a.endOf(session))
	case err != nil:
		return nil, AccessToken{}, a.KeyError(fmt.Errorf("session of profile %q: %w", a.Name, err))
	}
	var sealed secret
	if err := json.Unmarshal(data, &sealed); err != nil || sealed.Version != secretVersion ||
		sealed.Method != session.Method {
		return nil, AccessToken{}, a.required(session, "the session is of another version of kubectl-edge")
	}
	g, err := newGrant(sealed.Method)
	if err != nil {
		return nil, AccessToken{}, err
	}
	if err := json.Unmarshal(sealed.Grant, g); err != nil {
		return nil, AccessToken{}, a.required(session, "the session is of another version of kubectl-edge")
	}
	return g, sealed.Access, nil
}

func secretName(session profile.Session) string { return session.Profile + "." + session.Generation }

// purpose binds a secret to the session, and to the endpoints and certificate authorities that the profile has now:
// with others it cannot be opened.
func (a *Account) purpose(session profile.Session) []byte {
	parts := []any{
		"kubectl-edge session", session.Profile, session.Method, session.Principal, session.Generation,
		a.Profile.Endpoints.WithDefaults(),
	}
	if len(a.Authorities) > 0 { // with a proxy, who has one of them is the endpoint
		sum := sha256.Sum256(a.Authorities)
		parts = append(parts, hex.EncodeToString(sum[:]))
	}
	data, err := json.Marshal(parts)
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return data
}

func newGeneration() string {
	generation := make([]byte, 16)
	rand.Read(generation)
	return hex.EncodeToString(generation)
}

// sessionSource gives access tokens of the profile's session.
type sessionSource struct {
	account *Account
	session profile.Session

	mu      sync.Mutex
	token   AccessToken
	renewed bool // after a refusal
}

func (src *sessionSource) Method() string { return src.session.Method }

func (src *sessionSource) Token(ctx context.Context) (AccessToken, error) {
	src.mu.Lock()
	defer src.mu.Unlock()
	a := src.account
	if src.token.goodAt(a.Now()) {
		return src.token, nil
	}
	_, token, err := a.unseal(ctx, src.session)
	if err != nil {
		return AccessToken{}, err
	}
	if !token.goodAt(a.Now()) {
		if token, err = a.renew(ctx, src.session, ""); err != nil {
			return AccessToken{}, err
		}
	}
	src.token = token
	return token, nil
}

func (src *sessionSource) Renew(ctx context.Context, refused string) (AccessToken, error) {
	src.mu.Lock()
	defer src.mu.Unlock()
	a := src.account
	if src.token.Token != refused && src.token.goodAt(a.Now()) {
		return src.token, nil // another request of this process was first
	}
	src.token = AccessToken{}
	if src.renewed {
		return AccessToken{}, a.required(src.session, "STACKIT refuses the tokens of the session, also a renewed one")
	}
	src.renewed = true
	token, err := a.renew(ctx, src.session, refused)
	if err != nil {
		return AccessToken{}, err
	}
	src.token = token
	return token, nil
}

// renew gets a new access token for the session, once for all processes that want one. refused, if set, is a token that
// is not good although it looks so.
func (a *Account) renew(ctx context.Context, session profile.Session, refused string) (AccessToken, error) {
	unlock, err := a.lock(ctx)
	if err != nil {
		return AccessToken{}, fmt.Errorf("renew the session: %w", err)
	}
	defer unlock()
	// A login or a logout meanwhile took the secret of this generation away: the public half need not be read again.
	g, token, err := a.unseal(ctx, session)
	if err != nil {
		return AccessToken{}, err
	}
	if token.goodAt(a.Now()) && token.Token != refused {
		return token, nil // another process was first
	}
	renew, why := g.renew, refusal
	save := func(plaintext, additionalData []byte) error {
		return a.Secrets.Save(secretName(session), plaintext, additionalData)
	}
	if g.spends() {
		r, err := a.begin(session, g, token)
		if err != nil {
			return AccessToken{}, fmt.Errorf("renew the session of profile %q: %w", a.Name, err)
		}
		defer r.place.Release()
		renew, why, save = r.renew, r.why, r.save
	}
	renewing := a
	if g.outside() {
		// The folder of the sessions can be a kubeconfig's choice, too, with such a session made for the purpose.
		if renewing, err = a.restricted(); err != nil {
			return AccessToken{}, fmt.Errorf("the session of the STACKIT CLI is not used: %w", err)
		}
	}
	token, err = renew(ctx, renewing)
	if err == nil && refused != "" && token.Token == refused {
		err = g.refused(a)
	}
	if g.ended(err) {
		// The provider ended it, and nothing else can bring it back.
		return AccessToken{}, a.end(session, why(err))
	}
	if required, ok := errors.AsType[*RequiredError](err); ok {
		required.Generation, required.Method = session.Generation, session.Method
		return AccessToken{}, err
	}
	if err != nil {
		return AccessToken{}, fmt.Errorf("renew the session of profile %q: %w", a.Name, err)
	}
	if g.outside() && token.Principal != session.Principal {
		return AccessToken{}, hint.Wrap(
			fmt.Errorf("profile %q: the STACKIT CLI is logged in as %q now, and the session is %q's", a.Name,
				token.Principal, session.Principal),
			"to go on as the former: %s --stackit-cli", a.Command("login"))
	}
	token.Principal = session.Principal
	if err := a.seal(save, session, g, token); err != nil && a.Warn != nil {
		// The token is good for this command, whatever becomes of the next one.
		a.Warn(fmt.Errorf("the renewed session could not be saved, so that %s may be needed soon: %w",
			a.Command("login"), err))
	}
	return token, nil
}
