package login

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

func TestDevice(t *testing.T) {
	w := newWorld(t, func(o *sandbox.Options) { o.Settings.DeviceInterval = sandbox.Duration(time.Second) })
	for _, allow := range []bool{true, false} {
		t.Run(fmt.Sprint("allowed ", allow), func(t *testing.T) {
			p := &person{w: w}
			i := p.interaction(nil)
			i.ErrOut = writerFunc(func(data []byte) (int, error) {
				code := regexp.MustCompile(`code ([A-Z-]+)`).FindSubmatch(data)
				address := regexp.MustCompile(`https://\S+`).Find(data)
				go func() {
					complete := string(address) + "?user_code=" + string(code[1])
					if err := sandboxtest.ConnectDevice(t.Context(), w.client, complete, sandbox.AdminUser,
						sandbox.AdminPassword, allow); err != nil {
						t.Error(err)
					}
				}()
				return p.Write(data)
			})
			session, err := w.account().Login(t.Context(), deviceSignIn{Interaction: i})
			if !allow {
				wantError(t, err, "the sign-in was denied", "")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if session.Principal != sandbox.AdminUser || session.Method != methodDevice {
				t.Errorf("session: %+v", session)
			}
			w.pass(time.Hour)
			w.wantToken(sandbox.AdminUser)
		})
	}
	t.Run("expired", func(t *testing.T) {
		fault := sandbox.Fault{Path: "/oauth/v2/token", Status: 400, ContentType: "application/json",
			Body: `{"error":"expired_token"}`}
		if err := w.sandbox.Inject(fault); err != nil {
			t.Fatal(err)
		}
		defer w.sandbox.ClearFaults()
		_, err := w.account().Login(t.Context(), deviceSignIn{Interaction: (&person{w: w}).interaction(nil)})
		wantError(t, err, "the code has expired", "kubectl edge login")
	})
	t.Run("not offered", func(t *testing.T) {
		w.sandbox.Configure(func(s *sandbox.Settings) { s.NoDeviceFlow = true })
		_, err := w.account().Login(t.Context(), deviceSignIn{Interaction: (&person{w: w}).interaction(nil)})
		wantError(t, err, "does not offer", "--no-browser")
	})
}

// What the provider calls a code is shown, but steers no terminal.
func TestDeviceCodeIsPrintable(t *testing.T) {
	w := newWorld(t)
	err := w.sandbox.Inject(sandbox.Fault{Path: "/oauth/v2/device_authorization", Status: 200,
		ContentType: "application/json",
		Body: `{"device_code":"x","user_code":"WDJB-\u001b[31mMJHT\n` + strings.Repeat("x", 100) +
			`","verification_uri":"` + w.sandbox.URL() + `/device","interval":1,"expires_in":1}`})
	if err != nil {
		t.Fatal(err)
	}
	p := &person{w: w}
	_, err = w.account().Login(t.Context(), deviceSignIn{Interaction: p.interaction(nil)})
	wantError(t, err, "the code has expired", "kubectl edge login")
	if got, want := p.sees(), "with the code WDJB-\ufffd[31mMJHT\ufffd"+strings.Repeat("x",
		25)+":\n"; !strings.Contains(got, want) {
		t.Errorf("shown is %q, want %q", got, want)
	}
}
