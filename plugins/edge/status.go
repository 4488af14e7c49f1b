package edge

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
)

// profileStatus is what status says about one profile. It holds no secret.
type profileStatus struct {
	Profile     string               `json:"profile"`
	LoggedIn    bool                 `json:"loggedIn"`
	Principal   string               `json:"principal,omitempty"`
	Method      string               `json:"method,omitempty"`
	Since       time.Time            `json:"since,omitzero"`
	Expires     time.Time            `json:"expires,omitzero"`
	Environment bool                 `json:"environment"` // a credential in the environment goes before the login
	Secrets     secretstore.Location `json:"secrets"`
	Tokens      []cachedToken        `json:"tokens"`
}

func newStatusCmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show who is logged in, where the secrets lie, and the cached tokens",
		Example: `  kubectl edge status
  kubectl edge status -o json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := out.Validate(); err != nil {
				return usageError{err}
			}
			s, err := a.scope()
			if err != nil {
				return err
			}
			status, err := a.status(s.name)
			if err != nil {
				return err
			}
			if out.Format == "" {
				return a.printStatus(status)
			}
			return output.One(a.Out, out, statusKind(), status)
		},
	}
	out.AddFlags(cmd.Flags())
	return cmd
}

func (a *app) status(name string) (profileStatus, error) {
	status := profileStatus{Profile: name, Environment: len(profile.EnvironmentIdentity(a.Getenv)) > 0, Tokens: []cachedToken{}}
	session, err := profile.LoadSession(a.dirs, name)
	switch {
	case err == nil:
		status.LoggedIn, status.Principal, status.Method = true, session.Principal, session.Method
		status.Since, status.Expires = session.Created, session.Expires
	case !errors.Is(err, fs.ErrNotExist):
		return profileStatus{}, err
	}
	if status.Secrets, err = a.secrets().Location(); err != nil {
		return profileStatus{}, err
	}
	tokens, err := a.cachedTokens()
	for _, t := range tokens {
		if t.Profile == name {
			status.Tokens = append(status.Tokens, t)
		}
	}
	return status, err
}

func (a *app) printStatus(s profileStatus) error {
	w := printers.GetNewTabWriter(a.Out)
	fmt.Fprintf(w, "Profile:\t%s\n", s.Profile)
	if s.LoggedIn {
		fmt.Fprintf(w, "Logged in as:\t%s\n", s.Principal)
		fmt.Fprintf(w, "Method:\t%s, since %s\n", s.Method, s.Since.Local().Format(time.DateTime))
		if !s.Expires.IsZero() {
			fmt.Fprintf(w, "Session ends:\t%s\n", a.left(s.Expires))
		}
	} else {
		fmt.Fprintf(w, "Logged in as:\tnobody (log in with: kubectl edge login --profile %s)\n", s.Profile)
	}
	if s.Environment {
		fmt.Fprintf(w, "Environment:\tholds a credential, which is used instead\n")
	}
	switch s.Secrets.KeyIn {
	case secretstore.InKeyring:
		fmt.Fprintf(w, "Secrets:\tsealed in %s, the key is in the system's keyring\n", s.Secrets.Path)
	case secretstore.InFile:
		fmt.Fprintf(w, "Secrets:\tsealed, but the key lies in a file, %s: %s\n", s.Secrets.Path, s.Secrets.Reason)
	}
	fmt.Fprintf(w, "Cached tokens:\t%d\n", len(s.Tokens))
	for _, t := range s.Tokens {
		fmt.Fprintf(w, "  %s\texpires %s\n", t.Instance, a.left(t.Expires))
	}
	return w.Flush()
}

func statusKind() output.Kind[profileStatus] {
	return output.Kind[profileStatus]{
		Name: "Status",
		ID:   func(s profileStatus) string { return s.Profile },
		Columns: []output.Column[profileStatus]{
			{Name: "PROFILE", Value: func(s profileStatus) string { return s.Profile }},
			{Name: "PRINCIPAL", Value: func(s profileStatus) string { return s.Principal }},
			{Name: "METHOD", Value: func(s profileStatus) string { return s.Method }},
		},
	}
}
