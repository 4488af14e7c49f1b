package sandbox

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// device is a device authorization request, RFC 8628.
type device struct {
	userCode string
	scope    string
	expires  time.Time
	interval time.Duration
	polled   time.Time
	denied   bool
	grant    *grant // once allowed
	used     bool
}

// authorizeDevice is RFC 8628 §3.1 and §3.2.
func (s *Sandbox) authorizeDevice(r *http.Request) (int, any) {
	if s.settings.NoDeviceFlow {
		return http.StatusNotFound, oauthError("invalid_request")
	}
	if r.PostFormValue("client_id") != ClientID {
		return s.refuse("invalid_client")
	}
	life, interval := time.Duration(s.settings.DeviceCodeLifetime), time.Duration(s.settings.DeviceInterval)
	d := &device{userCode: newUserCode(), scope: r.PostFormValue("scope"), expires: s.now().Add(life),
		interval: interval}
	s.prune()
	deviceCode := rand.Text()
	s.devices[deviceCode] = d
	uri := s.base + "/device"
	return http.StatusOK, map[string]any{
		"device_code":               deviceCode,
		"user_code":                 d.userCode,
		"verification_uri":          uri,
		"verification_uri_complete": uri + "?user_code=" + d.userCode,
		"expires_in":                int64(life / time.Second),
		"interval":                  int64(interval / time.Second),
	}
}

// newUserCode makes a code like WDJB-MJHT, without vowels, as RFC 8628 §6.1 recommends.
func newUserCode() string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	b := make([]byte, 0, 9)
	random := make([]byte, 1)
	for len(b) < 9 {
		if len(b) == 4 {
			b = append(b, '-')
		}
		_, _ = rand.Read(random)                            // never fails
		if int(random[0]) < 256/len(letters)*len(letters) { // no letter more likely than another
			b = append(b, letters[int(random[0])%len(letters)])
		}
	}
	return string(b)
}

// pendingDevice finds a device that waits by the code a person typed, in whatever case and with or without the dash.
func (s *Sandbox) pendingDevice(userCode string) *device {
	clean := func(c string) string { return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(c)) }
	for _, d := range s.devices {
		if clean(d.userCode) == clean(userCode) && d.grant == nil && !d.denied && s.now().Before(d.expires) {
			return d
		}
	}
	return nil
}

// devicePage is where a person types the user code, signs in and decides: RFC 8628 §3.3. Its form has the fields of the
// authorize page, and user_code in the query.
func (s *Sandbox) devicePage(w http.ResponseWriter, r *http.Request) {
	typed := r.URL.Query().Get("user_code")
	ask := pageData{Title: "Connect a device", AskCode: true, UserCode: typed}
	if typed == "" {
		ask.write(w, http.StatusOK)
		return
	}
	s.mu.Lock()
	d := s.pendingDevice(typed)
	s.mu.Unlock()
	if d == nil {
		ask.Error = "That code is not known, or no longer valid."
		ask.write(w, http.StatusNotFound)
		return
	}
	form := s.signInForm(r, d.scope, "")
	form.Title, form.UserCode = "Connect a device", d.userCode
	form.Action = "/device?" + url.Values{"user_code": {d.userCode}}.Encode()
	current := s.currentSession(r)
	if r.Method == http.MethodGet {
		form.show(w, http.StatusOK, current)
		return
	}
	current, denied := form.submitted(w, current)
	if current == nil && !denied {
		return
	}
	s.mu.Lock()
	if denied {
		d.denied = true
	} else {
		d.grant = s.newGrant(current, d.scope)
	}
	s.mu.Unlock()
	if denied {
		pageData{Title: "Denied", Message: "The device was not connected. You can close this window."}.write(w,
			http.StatusOK)
		return
	}
	pageData{Title: "Connected", Message: "Your device is connected. You can close this window."}.write(w,
		http.StatusOK)
}

// redeemDeviceCode is RFC 8628 §3.4 and §3.5.
func (s *Sandbox) redeemDeviceCode(r *http.Request) (int, any) {
	d, now := s.devices[r.PostFormValue("device_code")], s.now()
	if s.settings.NoDeviceFlow {
		return s.refuse("unsupported_grant_type")
	}
	if d == nil || d.used {
		return s.refuse("invalid_grant")
	}
	if !now.Before(d.expires) {
		return s.refuse("expired_token")
	}
	early := !d.polled.IsZero() && now.Sub(d.polled) < d.interval
	d.polled = now
	switch {
	case early:
		d.interval += 5 * time.Second
		return s.refuse("slow_down")
	case d.denied:
		return s.refuse("access_denied")
	case d.grant == nil:
		return s.refuse("authorization_pending")
	}
	d.used = true
	return s.grantTokens(d.grant, GrantDeviceCode)
}
