// Package login is where a STACKIT access token comes from: what the environment holds, or the session that a person or
// a machine logged into. Every way to log in is a small type in a file of its own.
//
// Trust: a credential is sent only to endpoints that pass trust.Check with the user's own configuration,
// also when the endpoint comes from a key file, the environment or a discovery document, and no redirect is followed.
package login

import (
	"context"
	"net/http"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
)

// Source gives access tokens.
type Source interface {
	// Method is one of Methods.
	Method() string
	// Token returns a token that is good for another minute at least, if the source can give one. It never asks a
	// person anything. The error is a *RequiredError when somebody has to log in.
	Token(ctx context.Context) (AccessToken, error)
	// Renew returns a token in place of one that STACKIT refused (401) although it should be good: a session may be
	// ended at the provider at any time, and an access token goes with it. It renews at most once in the life of the
	// source; of any number of processes one does, and the others take what that got. The error says what was refused
	// and what to do; it is a *RequiredError when somebody has to log in. Like Token it asks nobody anything.
	Renew(ctx context.Context, refused string) (AccessToken, error)
}

// Account is what one profile is, or can be, logged in as: it logs in and out, and opens what gives access tokens.
type Account struct {
	Dirs    dirs.Dirs
	Name    string // of the profile
	Profile profile.Profile
	Command func(command string) string // how a person calls a command for the profile, see profile.Scope.Command
	Trusted []string                    // profile.Config.TrustedHosts
	// Session is the profile's session as it was read together with the configuration, so that both are of one moment.
	// Open reads it itself where this is nil.
	Session func() (profile.Session, error)
	// Authorities are the certificates that HTTP trusts by the profile's choice, besides the system's.
	Authorities []byte
	// Foreign says that the author of a kubeconfig may have chosen the configuration. Credentials that are not sealed
	// to its endpoints then go to STACKIT's own hosts and to those of Pinned alone, and nobody is asked anything.
	Foreign bool
	Pinned  func() []string // hosts that are trusted where no kubeconfig can write
	Secrets *secretstore.Store
	HTTP    *http.Client
	Say     func(format string, args ...any) // shows a person who waits why; may be nil
	// Wait is called with what is waited for beside HTTP, and what it returns once that is over; it may be nil.
	Wait func(what string) (end func())
	Warn func(error) // says what went wrong beside what was asked for; may be nil
	Env  envcredential.Environment
	Now  func() time.Time
}
