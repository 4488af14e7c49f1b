package sandbox

import "time"

// Settings can be changed while the sandbox runs: with Configure, or PATCH /sandbox/settings.
type Settings struct {
	// ClockOffset is added to the clock.
	ClockOffset Duration `json:"clockOffset"`
	// AccessTokenLifetime is the life of STACKIT access and ID tokens.
	AccessTokenLifetime Duration `json:"accessTokenLifetime"`
	// RefreshTokenLifetime is the life of one refresh token, unless used before.
	RefreshTokenLifetime Duration `json:"refreshTokenLifetime"`
	// SessionLifetime bounds a sign-in: neither the browser's session nor refreshed tokens last longer.
	SessionLifetime Duration `json:"sessionLifetime"`
	// CodeLifetime is the life of an authorization code.
	CodeLifetime Duration `json:"codeLifetime"`
	// DeviceCodeLifetime is the life of a device code, DeviceInterval how often its holder may ask.
	DeviceCodeLifetime Duration `json:"deviceCodeLifetime"`
	DeviceInterval     Duration `json:"deviceInterval"`
	// RefreshGrace is how long a used refresh token may be used again, for clients that died before they kept the next
	// one. Zero means that every second use ends the grant.
	RefreshGrace Duration `json:"refreshGrace"`
	// NoDeviceFlow hides the device authorization endpoint, NoRevocation the revocation endpoint: whether the real
	// provider has them is not known.
	NoDeviceFlow bool `json:"noDeviceFlow"`
	NoRevocation bool `json:"noRevocation"`
	// InstanceTokenLifetime, if positive, replaces the lifetime that callers ask of instance tokens.
	InstanceTokenLifetime Duration `json:"instanceTokenLifetime"`
	// OpaqueInstanceTokens makes instance tokens that are not JWTs. API servers ask TokenReviewURL about them.
	OpaqueInstanceTokens bool `json:"opaqueInstanceTokens"`
	// ReconcileTime is how long a created or updated instance reconciles, and a deleted one takes to go.
	ReconcileTime Duration `json:"reconcileTime"`
	// EnablementTime is how long a service takes to be enabled or disabled in a project.
	EnablementTime Duration `json:"enablementTime"`
	// OwnServers gives instances that are created an API server of their own, where the sandbox runs some.
	OwnServers bool `json:"ownServers"`
	// LocalUI names the sandbox's own page as the frontendUrl of instances, instead of an address like STACKIT's.
	LocalUI bool `json:"localUI"`
}

// DefaultSettings returns the settings of a new sandbox.
func DefaultSettings() Settings {
	return Settings{
		AccessTokenLifetime:  Duration(10 * time.Minute),
		RefreshTokenLifetime: Duration(12 * time.Hour),
		SessionLifetime:      Duration(12 * time.Hour),
		CodeLifetime:         Duration(time.Minute),
		DeviceCodeLifetime:   Duration(10 * time.Minute),
		DeviceInterval:       Duration(5 * time.Second),
		ReconcileTime:        Duration(10 * time.Second),
	}
}

func (c Settings) withDefaults() Settings {
	d := DefaultSettings()
	for _, f := range []struct{ value, standard *Duration }{
		{&c.AccessTokenLifetime, &d.AccessTokenLifetime},
		{&c.RefreshTokenLifetime, &d.RefreshTokenLifetime},
		{&c.SessionLifetime, &d.SessionLifetime},
		{&c.CodeLifetime, &d.CodeLifetime},
		{&c.DeviceCodeLifetime, &d.DeviceCodeLifetime},
		{&c.DeviceInterval, &d.DeviceInterval},
		{&c.ReconcileTime, &d.ReconcileTime},
	} {
		if *f.value == 0 {
			*f.value = *f.standard
		}
	}
	return c
}

// Settings returns the settings in force.
func (s *Sandbox) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// Configure changes the settings.
func (s *Sandbox) Configure(change func(*Settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.settings)
}
