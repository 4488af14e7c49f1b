package login

import (
	"fmt"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// RequiredError says that somebody has to log in.
type RequiredError struct {
	Profile string
	Reason  string // such as "nobody is logged in"
}

func (e *RequiredError) Error() string { return fmt.Sprintf("profile %q: %s", e.Profile, e.Reason) }

// required is a RequiredError with the command that helps.
func (s *Sessions) required(reason string) error {
	return hint.Wrap(&RequiredError{Profile: s.Name, Reason: reason}, "%s", s.command("login"))
}

// command is how a person calls a command for this profile.
func (s *Sessions) command(name string) string {
	if s.Name == profile.DefaultName {
		return "kubectl edge " + name
	}
	return "kubectl edge " + name + " --profile " + s.Name
}
