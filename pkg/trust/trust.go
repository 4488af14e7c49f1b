// Package trust decides where credentials may be sent.
package trust

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// CheckEndpoints reports whether credentials may be sent to every endpoint of e, which are the configuration's; see
// Check.
func CheckEndpoints(e profile.Endpoints, trusted []string) error {
	for _, endpoint := range []string{e.Edge, e.ResourceManager, e.IdentityProvider, e.ServiceAccountToken,
		e.ServiceEnablement} {
		if endpoint == "" {
			continue
		}
		err := Check(endpoint, trusted)
		if err != nil && hint.Of(err) == "" {
			err = hint.Wrap(err, "kubectl edge config get")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Check reports whether credentials may be sent to rawURL: it is https, without user or password, and its host, which
// has the form of one (see ParseHost), is stackit.cloud, a name below it, or one of trusted ("host" for any port, or
// "host:port"). Of rawURL the error quotes the host alone: the rest may hold a password, or be something else that was
// put there by mistake.
func Check(rawURL string, trusted []string) error {
	host, err := URLHost(rawURL)
	if err != nil {
		return fmt.Errorf("endpoint%w", err)
	}
	if host.Below("stackit.cloud") || host.among(trusted) {
		return nil
	}
	return Hint(fmt.Errorf("endpoint host %q is not below stackit.cloud and not trusted", host),
		"only if you know that host", host)
}

// URLHost returns the host of an https URL without user or password. The error goes on where the name of
// what the URL is for ends.
func URLHost(rawURL string) (Host, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return Host{}, errors.New(`: want a URL such as "https://edge.api.stackit.cloud"`)
	}
	if u.User != nil {
		return Host{}, fmt.Errorf(" at %.80q: a URL with a user or password is not accepted", u.Host)
	}
	if u.Scheme != "https" {
		return Host{}, fmt.Errorf(" at %.80q: want https", u.Host)
	}
	host, err := ParseHost(u.Host)
	if err != nil {
		return Host{}, fmt.Errorf(": %w", err)
	}
	return host, nil
}

// Hint gives err, which is about a host that is not trusted, the command that trusts it, and the condition for that. A
// Host has nothing in it that a shell or a flag parser would take for something else.
func Hint(err error, condition string, host Host) error {
	return hint.Wrap(err, "%s: kubectl edge config trust %s", condition, host)
}
