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
	"strings"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// Credential is what a profile logs in with.
type Credential interface {
	Method() string
	// prove gets one access token, and what can get the next ones.
	prove(ctx context.Context, s *Sessions) (proof, error)
}

// proof is what a credential was good for.
type proof struct {
	grant grant
	token AccessToken
	// report, if set, is called at the end with who was logged in or why nobody was, to show it to a person who waits elsewhere.
	report func(principal string, err error)
}

// grant gets access tokens. It is sealed with the session, as JSON.
type grant interface {
	Method() string
	// renew gets a new access token. The grant may change: it is saved before the token is used.
	renew(ctx context.Context, s *Sessions) (AccessToken, error)
	// refused is the error for a token that STACKIT refused, and that renew cannot get another one in place of.
	refused(s *Sessions) error
	// revoke has the provider forget what the grant holds, if it holds something there.
	revoke(ctx context.Context, s *Sessions) error
	// ended reports whether renew failed with err because the session is over, so that only a login brings it back.
	ended(err error) bool
	// spends reports whether renew spends what the grant holds: the place of the successor has to be made first.
	spends() bool
	// outside reports whether the credential lies elsewhere and is taken from there at each use. It is then not sealed
	// to endpoints, and its tokens are not kept, since it may end without our hearing of it.
	outside() bool
}

// plain is what most grants have in common.
type plain struct{}

func (plain) revoke(context.Context, *Sessions) error { return nil }
func (plain) ended(error) bool                        { return false }
func (plain) spends() bool                            { return false }
func (plain) outside() bool                           { return false }

// newGrant returns an empty grant of the method, to be read into.
func newGrant(method string) (grant, error) {
	switch method {
	case MethodServiceAccountKey:
		return &keyGrant{}, nil
	case MethodBrowser, MethodDevice:
		return &refreshGrant{Via: method}, nil
	case MethodSTACKITCLI:
		return &cliGrant{}, nil
	}
	return nil, hint.Wrap(fmt.Errorf("unknown login method %.40q", method), "upgrade kubectl-edge, or log in again")
}

// proven gets a grant's first access token.
func proven(ctx context.Context, s *Sessions, g grant) (proof, error) {
	token, err := g.renew(ctx, s)
	return proof{grant: g, token: token}, err
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

// Login proves the credential with one exchange, then seals it and replaces the profile's session, all or nothing.
func (s *Sessions) Login(ctx context.Context, c Credential) (profile.Session, error) {
	if err := trust.CheckEndpoints(s.Profile.Endpoints, s.Trusted); err != nil {
		return profile.Session{}, fmt.Errorf("log in: %w", err)
	}
	if s.Foreign {
		return profile.Session{}, fmt.Errorf("log in: %w", s.errForeign())
	}
	generation := newGeneration()
	place, err := s.reserve(secretName(profile.Session{Profile: s.Name, Generation: generation}))
	if err != nil {
		return profile.Session{}, fmt.Errorf("log in: %w", err)
	}
	defer place.Release()
	p, err := c.prove(ctx, s)
	if err != nil {
		return profile.Session{}, fmt.Errorf("log in: %w", err)
	}
	session, err := s.commit(ctx, p, generation, place)
	if err != nil {
		_ = p.grant.revoke(ctx, s) // what cannot be kept is not left behind at the provider either
		err = fmt.Errorf("log in: %w", err)
	}
	if p.report != nil {
		p.report(session.Principal, err)
	}
	return session, err
}

// commit makes the proof the profile's session.
func (s *Sessions) commit(ctx context.Context, p proof, generation string,
	place *secretstore.Reservation) (profile.Session, error) {
	session := profile.Session{
		Profile:    s.Name,
		Method:     p.grant.Method(),
		Principal:  p.token.Principal,
		Generation: generation,
		Created:    s.Now().UTC().Truncate(time.Second),
		Endpoints:  s.Profile.Endpoints,
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return profile.Session{}, err
	}
	defer unlock()
	if err := s.seal(place.Save, session, p.grant, p.token); err != nil {
		return profile.Session{}, err
	}
	if err := session.Save(s.Dirs); err != nil {
		return profile.Session{}, errors.Join(err, s.Secrets.Delete(secretName(session)))
	}
	// The login holds even if a secret of the old session stays behind until the next one.
	_ = s.forgetSecrets(session.Generation)
	_ = os.Remove(s.failurePath())
	_ = atomicfile.Sweep(profile.SessionPath(s.Dirs, s.Name))
	return session, nil
}

// Logout ends the profile's session and forgets its secrets, then revokes what it held at the identity provider if that
// can be done, also when something stayed behind here. An error may be about either alone. It is no error when there is
// no session.
func (s *Sessions) Logout(ctx context.Context) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	defer unlock()
	var g grant
	if session, err := profile.LoadSession(s.Dirs, s.Name); err == nil {
		g, _, _ = s.unseal(session) // what cannot be opened cannot be revoked either
	}
	err = s.forget()
	if err != nil {
		err = fmt.Errorf("log out: %w", err)
	}
	if g == nil {
		return err
	}
	errRevoke := g.revoke(ctx, s)
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
func (s *Sessions) forget() error {
	path := profile.SessionPath(s.Dirs, s.Name)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := s.forgetSecrets("")
	_ = atomicfile.Sweep(path) // what killed logins left of the half that is public
	return err
}

// forgetSecrets deletes the profile's secrets of all generations but one.
func (s *Sessions) forgetSecrets(except string) error {
	names, err := s.Secrets.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		generation, ok := strings.CutPrefix(name, s.Name+".")
		if ok && generation != except {
			err = errors.Join(err, s.Secrets.Delete(name))
		}
	}
	return err
}

// lock excludes other processes from changing this profile's session.
func (s *Sessions) lock(ctx context.Context) (unlock func(), err error) {
	if err := s.prepare(); err != nil {
		return nil, err
	}
	return filelock.Lock(ctx, s.besideSession(".lock"))
}

// maxSecret is the size of what a session's secret half has room for: a long access token and a long refresh token.
const maxSecret = 64 << 10

// reserve makes the place of a secret before what is to be kept there is asked for: it is given once.
func (s *Sessions) reserve(name string) (*secretstore.Reservation, error) {
	place, err := s.Secrets.Reserve(name, maxSecret)
	if err != nil && hint.Of(err) == "" {
		err = hint.Wrap(err, "nothing was asked for, so nothing is lost; make room or give access below %s, and try "+
			"again", s.Dirs.State)
	}
	return place, err
}

func (s *Sessions) seal(save func(plaintext, additionalData []byte) error, session profile.Session, g grant,
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
	return save(data, s.purpose(session))
}

// unseal returns the secret half of the session.
func (s *Sessions) unseal(session profile.Session) (grant, AccessToken, error) {
	data, err := s.Secrets.Load(secretName(session), s.purpose(session))
	switch {
	case errors.Is(err, secretstore.ErrOtherPurpose):
		// No RequiredError: nobody is asked to sign in at endpoints that may have been put there by someone else.
		return nil, AccessToken{}, hint.Wrap(fmt.Errorf("profile %q: the session was made with other endpoints or "+
			"certificate authorities than the profile has now", s.Name),
			"only if you changed them: %s; else see whether a kubeconfig did: kubectl edge kubeconfig audit",
			s.command("login"))
	case errors.Is(err, fs.ErrNotExist):
		return nil, AccessToken{}, s.required(session, "the session has ended, or its secret is gone")
	case err != nil:
		return nil, AccessToken{}, fmt.Errorf("session of profile %q: %w", s.Name, err)
	}
	var sealed secret
	if err := json.Unmarshal(data, &sealed); err != nil || sealed.Version != secretVersion ||
		sealed.Method != session.Method {
		return nil, AccessToken{}, s.required(session, "the session is of another version of kubectl-edge")
	}
	g, err := newGrant(sealed.Method)
	if err != nil {
		return nil, AccessToken{}, err
	}
	if err := json.Unmarshal(sealed.Grant, g); err != nil {
		return nil, AccessToken{}, s.required(session, "the session is of another version of kubectl-edge")
	}
	return g, sealed.Access, nil
}

func secretName(session profile.Session) string { return session.Profile + "." + session.Generation }

// purpose binds a secret to the session, and to the endpoints and certificate authorities that the profile has now:
// with others it cannot be opened.
func (s *Sessions) purpose(session profile.Session) []byte {
	parts := []any{
		"kubectl-edge session", session.Profile, session.Method, session.Principal, session.Generation,
		s.Profile.Endpoints.WithDefaults(),
	}
	if len(s.Authorities) > 0 { // with a proxy, who has one of them is the endpoint
		sum := sha256.Sum256(s.Authorities)
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
	sessions *Sessions
	session  profile.Session

	mu      sync.Mutex
	token   AccessToken
	renewed bool // after a refusal
}

func (src *sessionSource) Method() string { return src.session.Method }

func (src *sessionSource) Token(ctx context.Context) (AccessToken, error) {
	src.mu.Lock()
	defer src.mu.Unlock()
	s := src.sessions
	if src.token.goodAt(s.Now()) {
		return src.token, nil
	}
	_, token, err := s.unseal(src.session)
	if err != nil {
		return AccessToken{}, err
	}
	if !token.goodAt(s.Now()) {
		if token, err = s.renew(ctx, src.session, ""); err != nil {
			return AccessToken{}, err
		}
	}
	src.token = token
	return token, nil
}

func (src *sessionSource) Renew(ctx context.Context, refused string) (AccessToken, error) {
	src.mu.Lock()
	defer src.mu.Unlock()
	s := src.sessions
	if src.token.Token != refused && src.token.goodAt(s.Now()) {
		return src.token, nil // another request of this process was first
	}
	src.token = AccessToken{}
	if src.renewed {
		return AccessToken{}, s.required(src.session, "STACKIT refuses the tokens of the session, also a renewed one")
	}
	src.renewed = true
	token, err := s.renew(ctx, src.session, refused)
	if err != nil {
		return AccessToken{}, err
	}
	src.token = token
	return token, nil
}

// renew gets a new access token for the session, once for all processes that want one. refused, if set, is a token that
// is not good although it looks so.
func (s *Sessions) renew(ctx context.Context, session profile.Session, refused string) (AccessToken, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return AccessToken{}, fmt.Errorf("renew the session: %w", err)
	}
	defer unlock()
	// A login or a logout meanwhile took the secret of this generation away: the public half need not be read again.
	g, token, err := s.unseal(session)
	if err != nil {
		return AccessToken{}, err
	}
	if token.goodAt(s.Now()) && token.Token != refused {
		return token, nil // another process was first
	}
	save := func(plaintext, additionalData []byte) error {
		return s.Secrets.Save(secretName(session), plaintext, additionalData)
	}
	if g.spends() {
		place, err := s.reserve(secretName(session))
		if err != nil {
			return AccessToken{}, fmt.Errorf("renew the session of profile %q: %w", s.Name, err)
		}
		defer place.Release()
		save = place.Save
	}
	renewing := s
	if g.outside() {
		// The folder of the sessions can be a kubeconfig's choice, too, with such a session made for the purpose.
		if renewing, err = s.restricted(); err != nil {
			return AccessToken{}, fmt.Errorf("the session of the STACKIT CLI is not used: %w", err)
		}
	}
	token, err = g.renew(ctx, renewing)
	if err == nil && refused != "" && token.Token == refused {
		err = g.refused(s)
	}
	if g.ended(err) {
		// The provider ended it, and nothing else can bring it back.
		return AccessToken{}, errors.Join(s.required(session, "the session has ended: it is too old, or was revoked"),
			s.forget())
	}
	if required, ok := errors.AsType[*RequiredError](err); ok {
		required.Generation, required.Method = session.Generation, session.Method
		return AccessToken{}, err
	}
	if err != nil {
		return AccessToken{}, fmt.Errorf("renew the session of profile %q: %w", s.Name, err)
	}
	if g.outside() && token.Principal != session.Principal {
		return AccessToken{}, hint.Wrap(
			fmt.Errorf("profile %q: the STACKIT CLI is logged in as %q now, and the session is %q's", s.Name,
				token.Principal, session.Principal),
			"to go on as the former: %s --stackit-cli", s.command("login"))
	}
	token.Principal = session.Principal
	if err := s.seal(save, session, g, token); err != nil && s.Warn != nil {
		// The token is good for this command, whatever becomes of the next one.
		s.Warn(fmt.Errorf("the renewed session could not be saved, so that %s may be needed soon: %w",
			s.command("login"), err))
	}
	return token, nil
}
