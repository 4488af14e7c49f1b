package sts

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// explain names what is known to cause err, an answer of the server of s or the lack of one, and what to do about it.
func (a *app) explain(s settings, err error) error {
	var network net.Error
	answer, _ := errors.AsType[*stackstate.Error](err)
	connect, _ := errors.AsType[*stackstate.ConnectError](err)
	certificate, _ := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case err == nil || hint.Of(err) != "":
		return err
	case errors.Is(err, http.ErrSchemeMismatch):
		return hint.Wrap(err, "the server speaks http there, not https: --url %s", withScheme("http", s.url))
	case speaksHTTPS(err):
		return hint.Wrap(err, "the server speaks https there: --url %s", withScheme("https", s.url))
	case certificate != nil:
		return hint.Wrap(err, "if the server has a certificate authority of its own: --ca-cert-path FILE")
	case errors.As(err, &network) && network.Timeout():
		return hint.Wrap(err, "the server did not answer within %s: --request-timeout waits longer", a.requestTimeout)
	case answer == nil:
		return err
	}
	if answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusBadRequest {
		err = a.withSkew(err, answer.Date)
	}
	switch {
	case answer.StatusCode == http.StatusForbidden && connect == nil:
		return hint.Wrap(err, "kubectl sts user-session roles shows your roles, kubectl sts rbac "+
			"describe-permissions what a role may")
	case answer.StatusCode != http.StatusUnauthorized:
		return err
	case answer.LooksLike != "":
		return hint.Wrap(err, "it was sent as %s, and looks like %s: --%s-stdin < FILE",
			article(s.source.Kind), article(answer.LooksLike), answer.LooksLike)
	case s.context != "":
		return hint.Wrap(err, "the token may have expired or been deleted: %s", a.saveCommand(s))
	}
	return hint.Wrap(err, "the token may have expired or been deleted")
}

// saveCommand is what gives the context of s a new token. What it does not name stays as it is.
func (a *app) saveCommand(s settings) string {
	command := fmt.Sprintf("kubectl sts context save --name %s --url %s", hint.Word(s.context), hint.Word(s.url))
	if s.source.Kind != stackstate.KindServiceToken || !plugin.Terminal(a.In) {
		command += fmt.Sprintf(" --%s-stdin < FILE", s.source.Kind)
	}
	if a.config != "" {
		command += " --config " + hint.Word(a.config)
	}
	return command
}

func article(k stackstate.Kind) string {
	switch k {
	case stackstate.KindAPIToken:
		return "a user's API token"
	case stackstate.KindServiceToken:
		return "a service token"
	}
	return "a Kubernetes service account's token"
}

// withSkew adds to err that the clocks differ, where they do: the server sees another end than was meant.
func (a *app) withSkew(err error, server time.Time) error {
	if skew := transport.Skew(server, a.Now()); skew != "" {
		return fmt.Errorf("%w; %s", err, skew)
	}
	return err
}

// speaksHTTPS reports whether err comes of plain HTTP to a port for TLS: in the words of Go's server, of nginx and the
// like, or because a TLS alert is no HTTP.
func speaksHTTPS(err error) bool {
	text := strings.ToLower(err.Error())
	for _, words := range []string{"http request to an https server", "plain http request was sent to https port",
		"malformed http response"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

func withScheme(scheme, raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return scheme + "://HOST"
	}
	u.Scheme = scheme
	return u.String()
}
