package login

import (
	"errors"
	"fmt"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// A session of a person or of a key is sealed together with the endpoints that it was made for, so a configuration of
// somebody else's cannot send it elsewhere. What a grant takes from outside at each use (the environment, a file, the
// session of the STACKIT CLI) is not: whatever configuration there is says where it goes.

// unsealed is the source of a grant that is not sealed to the profile's endpoints.
func (a *Account) unsealed(g grant) (Source, error) {
	restricted, err := a.restricted()
	if err != nil {
		return nil, fmt.Errorf("a credential from outside (%s) is not used: %w", g.Method(), err)
	}
	return &grantSource{account: restricted, grant: g}, nil
}

// restricted returns a for the use of a credential that is not sealed, with the hosts that it may be sent to.
func (a *Account) restricted() (*Account, error) {
	if !a.Foreign {
		return a, nil
	}
	var pinned []string
	if a.Pinned != nil {
		pinned = a.Pinned()
	}
	next := "if the configuration in %s is yours, name that folder in the environment of kubectl itself, not in a " +
		"kubeconfig; or list the host in " + trust.SystemFile
	if err := trust.CheckEndpoints(a.Profile.Endpoints, pinned); err != nil {
		return nil, hint.Wrap(fmt.Errorf("%w where no kubeconfig can write", err), next, a.Dirs.Config)
	}
	if a.Profile.CertificateAuthority != "" {
		// Who may name an authority, and a proxy, reads along.
		return nil, hint.Wrap(errors.New("the configuration names a certificate authority, and may be that of a "+
			"kubeconfig's author"),
			"if the configuration in %s is yours, name that folder in the environment of kubectl itself, not in a "+
				"kubeconfig",
			a.Dirs.Config)
	}
	restricted := *a
	restricted.Trusted = pinned
	return &restricted, nil
}

// errForeign is the error of a login where a kubeconfig may have chosen whom to log in to.
func (a *Account) errForeign() error {
	return hint.Wrap(fmt.Errorf("the configuration in %s may be that of a kubeconfig's author: nobody logs in with "+
		"it here", a.Dirs.Config),
		"if it is yours, in a terminal: %s", a.Command("login"))
}
