// Package trust decides where credentials may be sent.
package trust

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// CheckEndpoints reports whether credentials may be sent to every endpoint of e, which are the configuration's; see Check.
func CheckEndpoints(e profile.Endpoints, trusted []string) error {
	for _, endpoint := range []string{e.Edge, e.ResourceManager, e.IdentityProvider, e.ServiceAccountToken} {
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

// Check reports whether credentials may be sent to rawURL: it is https, without user or password, and its host is
// stackit.cloud, a name below it, or one of trusted ("host" for any port, or "host:port"). Of rawURL the error quotes the
// host alone: the rest may hold a password, or be something else that was put there by mistake.
func Check(rawURL string, trusted []string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return errors.New(`endpoint: want a URL such as "https://edge.api.stackit.cloud"`)
	}
	if u.User != nil {
		return fmt.Errorf("endpoint at %.80q: a URL with a user or password is not accepted", u.Host)
	}
	if u.Scheme != "https" {
		return fmt.Errorf("endpoint at %.80q: want https", u.Host)
	}
	host := strings.ToLower(u.Hostname())
	if host == "stackit.cloud" || strings.HasSuffix(host, ".stackit.cloud") {
		return nil
	}
	for _, t := range trusted {
		if t = strings.ToLower(t); t == host || t == strings.ToLower(u.Host) {
			return nil
		}
	}
	return Hint(fmt.Errorf("endpoint host %q is not below stackit.cloud and not trusted", u.Host), "only if you know that host", u.Host)
}

// Hint gives err, which is about a host that is not trusted, the command that trusts it, and the condition for that. The
// host may be anybody's words: there is no command to copy if a shell could find another one in it.
func Hint(err error, condition, host string) error {
	for i, c := range []byte(host) {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(".:[]", c) >= 0
		if !plain && (c != '-' || i == 0) { // else it would be a flag
			return err
		}
	}
	return hint.Wrap(err, "%s: kubectl edge config trust %s", condition, host)
}
