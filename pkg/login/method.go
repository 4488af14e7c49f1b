package login

import (
	"context"
	"fmt"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// methods are all ways to get access tokens. Their order is that in which the environment's credentials win over one
// another, and in which a login without flags looks for what there is.
func methods() []method {
	return []method{
		accessToken(),
		workloadIdentity(),
		serviceAccountKeys(),
		serviceAccountToken(),
		stackitCLI(),
		browsers(),
		devices(),
	}
}

// method is a way to get access tokens: by a login, by what the environment holds, or by either. What there is to know
// about one is in a file of its own.
type method struct {
	name string // as in the profile's loginMethod and the session's method

	// held is what the environment holds, in words; environment returns its grant, or nil where it holds nothing of the
	// kind. Both are empty for a method that is a login alone.
	held        string
	environment func(*Account, surroundings) (grant, error)
	fixed       bool // what it holds is a token itself, which nobody renews

	// The rest is empty for a method without a login.

	grant   func() grant         // an empty one, for a session's secret to be read into
	flags   func(FlagSet) choice // adds the flags of kubectl edge login
	example string               // of such a command, for its help
	lasts   string               // how long a session lasts, where that is known and not its own to say
	person  bool                 // it takes a person, and nothing else: they can be asked to log in again
	// found reports whether the login works without anybody's doing, so that it need not be asked for.
	found func(context.Context, *Account) bool
}

// surroundings is where the environment's credential is looked for, besides the variables.
type surroundings struct {
	file func() (envcredential.File, error) // the credentials file
	name string                             // for messages
}

// Methods are the names of all methods.
func Methods() []string {
	var names []string
	for _, m := range methods() {
		names = append(names, m.name)
	}
	return names
}

// Held is what the environment can hold, in words, in the order in which one wins over another.
func Held() []string {
	var held []string
	for _, m := range methods() {
		if m.environment != nil {
			held = append(held, m.held)
		}
	}
	return held
}

// Examples are commands that log in, for the help.
func Examples() []string {
	var examples []string
	for _, m := range methods() {
		if m.example != "" {
			examples = append(examples, m.example)
		}
	}
	return examples
}

// Lasts says in words how long a session of the method lasts, "" where that is not known.
func Lasts(name string) string {
	m, _ := findMethod(name)
	return m.lasts
}

// Fixed reports whether the method is a token that nobody renews, so that its end is that of the method.
func Fixed(name string) bool {
	m, _ := findMethod(name)
	return m.fixed
}

// findMethod returns the method of that name.
func findMethod(name string) (method, bool) {
	for _, m := range methods() {
		if m.name == name {
			return m, true
		}
	}
	return method{}, false
}

// newGrant returns an empty grant of the method, to be read into.
func newGrant(name string) (grant, error) {
	if m, ok := findMethod(name); ok && m.grant != nil {
		return m.grant(), nil
	}
	return nil, hint.Wrap(fmt.Errorf("unknown login method %.40q", name), "upgrade kubectl-edge, or log in again")
}
