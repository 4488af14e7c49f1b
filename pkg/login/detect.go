package login

import (
	"context"
	"os/exec"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// Detect returns what to log in with when nothing was said: the STACKIT CLI's session if it has one, else a person's
// browser. What the environment holds comes before both, and needs no login: see Environment.
func (a *Account) Detect(ctx context.Context, i Interaction) (Credential, error) {
	if _, err := exec.LookPath("stackit"); err == nil {
		_, err := CLI{}.authenticate(ctx, a)
		if err == nil {
			return CLI{}, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
	}
	if !i.Allowed {
		return nil, a.required(profile.Session{}, "nobody is logged in, and nobody can be asked here")
	}
	return Browser{Interaction: i}, nil
}

// Interactive returns how a person logs in again who was logged in by this method, or false when that takes more than a
// person: a key, or the STACKIT CLI.
func Interactive(method string, i Interaction) (Credential, bool) {
	switch method {
	case "", MethodBrowser:
		return Browser{Interaction: i}, true
	case MethodDevice:
		return Device{Interaction: i}, true
	default:
		return nil, false
	}
}
