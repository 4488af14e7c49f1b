package edge

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// setting is one value of the configuration, by the name of its flag.
type setting struct {
	name, help string
	shared     bool // by all profiles, rather than one profile's
	value      func(*profile.Config, *profile.Profile) *string
	check      func(value string, config *profile.Config) error
	standard   func(profile.Endpoints) string // what holds where nothing is set; nil if that is nothing
}

// of is for settings of a profile.
func of(value func(*profile.Profile) *string) func(*profile.Config, *profile.Profile) *string {
	return func(_ *profile.Config, p *profile.Profile) *string { return value(p) }
}

// always is for settings whose standard depends on nothing.
func always(value string) func(profile.Endpoints) string {
	return func(profile.Endpoints) string { return value }
}

func settings() []setting {
	endpoint := func(value string, config *profile.Config) error {
		if strings.ContainsAny(value, "?#") {
			return errors.New("endpoint: a URL with a query or a fragment is not accepted: paths are put behind it")
		}
		return trust.Check(value, config.TrustedHosts)
	}
	return []setting{
		{
			name: "project-id", help: "UUID of the STACKIT project",
			value: of(func(p *profile.Profile) *string { return &p.ProjectID }),
			check: func(v string, _ *profile.Config) error { return stackitid.ProjectID(v) },
		},
		{
			name: "region", help: "region of the instances",
			value:    of(func(p *profile.Profile) *string { return &p.Region }),
			check:    func(v string, _ *profile.Config) error { return stackitid.Region(v) },
			standard: always(profile.DefaultRegion),
		},
		{
			name: "expiration", help: "how long the tokens of kubeconfigs are valid, such as 15m",
			value:    of(func(p *profile.Profile) *string { return &p.Expiration }),
			check:    func(v string, _ *profile.Config) error { return new(expiration.Flag).Set(v) },
			standard: always(expiration.String(profile.DefaultExpiration)),
		},
		{
			name: "login-method", help: "the only way to log in: " + strings.Join(login.Methods(), ", "),
			value: of(func(p *profile.Profile) *string { return &p.LoginMethod }),
			check: checkLoginMethod,
		},
		{
			name: "certificate-authority", help: "PEM file with authorities to trust besides the system's",
			value: of(func(p *profile.Profile) *string { return &p.CertificateAuthority }),
			check: checkAbsolute,
		},
		{
			name: "endpoints.edge", help: "base URL of the Edge Cloud API",
			value:    of(func(p *profile.Profile) *string { return &p.Endpoints.Edge }),
			check:    endpoint,
			standard: func(e profile.Endpoints) string { return e.WithDefaults().Edge },
		},
		{
			name: "endpoints.resource-manager", help: "base URL of the resource manager",
			value:    of(func(p *profile.Profile) *string { return &p.Endpoints.ResourceManager }),
			check:    endpoint,
			standard: func(e profile.Endpoints) string { return e.WithDefaults().ResourceManager },
		},
		{
			name: "endpoints.identity-provider", help: "OpenID Connect issuer of STACKIT's users",
			value:    of(func(p *profile.Profile) *string { return &p.Endpoints.IdentityProvider }),
			check:    endpoint,
			standard: func(e profile.Endpoints) string { return e.WithDefaults().IdentityProvider },
		},
		{
			name: "endpoints.service-account-token", help: "token URL of service account keys",
			value: of(func(p *profile.Profile) *string { return &p.Endpoints.ServiceAccountToken }),
			check: endpoint,
		},
		{
			name: "endpoints.service-enablement", help: "base URL of service enablement",
			value:    of(func(p *profile.Profile) *string { return &p.Endpoints.ServiceEnablement }),
			check:    endpoint,
			standard: profile.Endpoints.ServiceEnablementURL,
		},
		{
			name: tokencache.Setting, help: tokencache.None +
				" keeps minted tokens off the disk, in all profiles and kubectl sts",
			shared: true,
			value:  func(c *profile.Config, _ *profile.Profile) *string { return &c.Cache },
			check:  func(v string, _ *profile.Config) error { return tokencache.CheckSetting(v) },
		},
	}
}

func checkAbsolute(path string, _ *profile.Config) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("path %.200q is not absolute", path)
	}
	return nil
}

func checkLoginMethod(method string, _ *profile.Config) error {
	if !slices.Contains(login.Methods(), method) {
		return hint.Among(fmt.Errorf("login method %.60q: want one of %s", method, strings.Join(login.Methods(), ", ")),
			"", method, login.Methods())
	}
	return nil
}

// settingNamed is the setting of this name. The error for another one lists also what is only shown as one.
func settingNamed(name string, also ...string) (setting, error) {
	var names []string
	for _, s := range settings() {
		if s.name == name {
			return s, nil
		}
		names = append(names, s.name)
	}
	names = append(names, also...)
	return setting{}, usageError{hint.Among(
		fmt.Errorf("no setting %.60q: there are %s", name, strings.Join(names, ", ")), "", name, names)}
}

func settingsHelp() string {
	var b strings.Builder
	for _, s := range settings() {
		fmt.Fprintf(&b, "  %-32s %s\n", s.name, s.help)
	}
	return b.String()
}
