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
func (s *Sessions) unsealed(g grant) (Source, error) {
	restricted, err := s.restricted()
	if err != nil {
		return nil, fmt.Errorf("a credential from outside (%s) is not used: %w", g.Method(), err)
	}
	return &grantSource{sessions: restricted, grant: g}, nil
}

// restricted returns s for the use of a credential that is not sealed, with the hosts that it may be sent to.
func (s *Sessions) restricted() (*Sessions, error) {
	if !s.Foreign {
		return s, nil
	}
	var pinned []string
	if s.Pinned != nil {
		pinned = s.Pinned()
	}
	next := "if the configuration in %s is yours, name that folder in the environment of kubectl itself, not in a " +
		"kubeconfig; " +
		"or list the host in " + trust.SystemFile
	if err := trust.CheckEndpoints(s.Profile.Endpoints, pinned); err != nil {
		return nil, hint.Wrap(fmt.Errorf("%w where no kubeconfig can write", err), next, s.Dirs.Config)
	}
	if s.Profile.CertificateAuthority != "" {
		// Who may name an authority, and a proxy, reads along.
		return nil, hint.Wrap(errors.New("the configuration names a certificate authority, and may be that of a "+
			"kubeconfig's author"),
			"if the configuration in %s is yours, name that folder in the environment of kubectl itself, not in a "+
				"kubeconfig",
			s.Dirs.Config)
	}
	restricted := *s
	restricted.Trusted = pinned
	return &restricted, nil
}

// errForeign is the error of a login where a kubeconfig may have chosen whom to log in to.
func (s *Sessions) errForeign() error {
	return hint.Wrap(fmt.Errorf("the configuration in %s may be that of a kubeconfig's author: nobody logs in with "+
		"it here", s.Dirs.Config),
		"if it is yours, in a terminal: %s", s.command("login"))
}
