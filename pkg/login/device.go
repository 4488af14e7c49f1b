package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// methodDevice is a person who signs in on another device.
const methodDevice = "device"

func devices() method {
	return method{
		name:   methodDevice,
		grant:  func() grant { return &refreshGrant{Via: methodDevice} },
		flags:  deviceFlags,
		person: true,
	}
}

func deviceFlags(flags FlagSet) choice {
	var chosen bool
	flags.BoolVar(&chosen, "device", false,
		"sign in on another device with a code that is shown here, where STACKIT offers it")
	return choice{
		chosen: func() []string {
			if !chosen {
				return nil
			}
			return []string{"--device"}
		},
		credential: func(i Interaction) Credential {
			i.Allowed = true // who asks for it is there, and needs no terminal
			return deviceSignIn{Interaction: i}
		},
	}
}

// deviceSignIn is a person who signs in on another device, with a code that is shown here (RFC 8628).
type deviceSignIn struct {
	Interaction
}

func (deviceSignIn) Method() string { return methodDevice }

func (d deviceSignIn) authenticate(ctx context.Context, a *Account) (result, error) {
	if !d.Allowed {
		return result{}, a.required(profile.Session{}, "somebody has to sign in, and nobody can be asked here")
	}
	p, err := a.discover(ctx)
	if err != nil {
		return result{}, err
	}
	config := p.config("")
	if config.Endpoint.DeviceAuthURL == "" {
		return result{}, hint.Wrap(errors.New("the identity provider does not offer logins on another device"),
			"%s --no-browser", a.Command("login"))
	}
	timeout := cmp.Or(d.Timeout, signInTimeout)
	polling, cancel := context.WithTimeoutCause(a.withClient(ctx), timeout,
		hint.Wrap(fmt.Errorf("nobody signed in within %v", timeout), "%s", a.Command("login")))
	defer cancel()
	code, err := a.deviceCode(polling, config)
	if err != nil {
		return result{}, err
	}
	for _, address := range []string{code.VerificationURI, code.VerificationURIComplete} {
		if err := trust.Check(address, a.Trusted); address != "" && err != nil {
			return result{}, fmt.Errorf("the identity provider's address to sign in at: %w", err)
		}
	}
	fmt.Fprintf(d.ErrOut, "Sign in on any device at this address, with the code %.40s:\n\n  %s\n\n",
		hint.Printable(code.UserCode), code.VerificationURI)
	return a.pollDevice(polling, p, config, code)
}

// deviceCode asks for the code that the person is to enter.
func (a *Account) deviceCode(ctx context.Context, config *oauth2.Config) (*oauth2.DeviceAuthResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	// x/oauth2 makes this request without the context.
	client := a.tokenClient()
	plain := cmp.Or(client.Transport, http.DefaultTransport)
	client.Transport = transportFunc(func(r *http.Request) (*http.Response,
		error) {
		return plain.RoundTrip(r.WithContext(ctx))
	})
	code, err := config.DeviceAuth(context.WithValue(ctx, oauth2.HTTPClient, client))
	if err != nil {
		return nil, a.exchangeError("device authorization", config.Endpoint.DeviceAuthURL, ended(ctx, err))
	}
	return code, nil
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// pollDevice waits for the person.
func (a *Account) pollDevice(ctx context.Context, p *provider, config *oauth2.Config,
	code *oauth2.DeviceAuthResponse) (result, error) {
	tokens, err := config.DeviceAccessToken(ctx, code)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return result{}, cause
	}
	if err != nil {
		again := a.Command("login")
		if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
			switch answer.ErrorCode {
			case "access_denied":
				return result{}, errors.New("the sign-in was denied")
			case "expired_token":
				return result{}, hint.Wrap(errors.New("the code has expired"), "%s", again)
			}
		}
		if !code.Expiry.IsZero() && !time.Now().Before(code.Expiry) { // x/oauth2 ends with the code
			return result{}, hint.Wrap(errors.New("the code has expired"), "%s", again)
		}
		return result{}, a.exchangeError("device code", config.Endpoint.TokenURL, err)
	}
	return a.accept(ctx, p, methodDevice, "", a.Now(), tokens)
}
