package login

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/webbrowser"
)

// A run of the test binary with this variable is a process of its own that does what it says, most of it until it is
// killed: what to do, the machine's folder and the sandbox's URL, each on a line.
const childVariable = "LOGIN_TEST_CHILD"

func TestMain(m *testing.M) {
	if child := os.Getenv(childVariable); child != "" {
		if err := runChild(strings.Split(child, "\n")); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runChild(args []string) error {
	if args[0] == "open" {
		return webbrowser.Open(args[1])
	}
	do, dir, url := args[0], args[1], args[2]
	ca, err := os.ReadFile(dir + "/ca.pem")
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	w := &world{
		dir: dir, trusted: []string{strings.TrimPrefix(url, "https://")},
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}},
		profile: profile.Profile{Endpoints: profile.Endpoints{Edge: url + "/edge", ResourceManager: url +
			"/resource-manager", IdentityProvider: url}},
	}
	if strings.HasPrefix(do, "renew") {
		w.offset = time.Hour // every token is too old
	}
	if do == "renew in vain" {
		plain := w.client.Transport
		w.client.Transport = roundTripFunc(func(r *http.Request) (*http.Response, error) {
			_, _ = plain.RoundTrip(r)
			os.Stdout.WriteString(".")
			select {} // until it is killed
		})
	}
	ctx := context.Background()
	for i := 0; ; i++ {
		a := w.account()
		var err error
		switch do {
		case "login":
			_, err = a.Login(ctx, KeyFile{Path: dir + "/" + []string{"admin", "reader"}[i%2] + ".json"})
		case "logout":
			if i > 0 {
				_, err = a.Login(ctx, KeyFile{Path: dir + "/admin.json"})
			}
			err = errors.Join(err, a.Logout(ctx))
		case "renew", "renew in vain":
			var source Source
			if source, err = a.Open(ctx); err == nil {
				_, err = source.Token(ctx)
			}
		case "sign in": // never done
			_, err = a.LoginOnce(ctx, browserSignIn{Interaction: Interaction{
				Allowed: true, In: strings.NewReader(""), ErrOut: io.Discard, OpenBrowser: func(string) error {
					_, err := os.Stdout.WriteString(".")
					return err
				},
			}}, &RequiredError{})
		}
		if err != nil {
			return err
		}
		os.Stdout.WriteString(".")
	}
}

func TestKilledAtAnyPoint(t *testing.T) {
	w := newWorld(t)
	reader, err := w.sandbox.ServiceAccountKeyOf(sandbox.ReaderServiceAccount)
	if err != nil {
		t.Fatal(err)
	}
	w.write("ca.pem", w.sandbox.CA())
	w.write("reader.json", reader)
	admin := KeyFile{Path: w.write("admin.json", w.sandbox.ServiceAccountKey())}
	for _, do := range []string{"login", "renew", "logout"} {
		t.Run(do, func(t *testing.T) {
			for i := range 8 {
				if _, err := w.account().Login(t.Context(), admin); err != nil {
					t.Fatal(err)
				}
				killAfter(t, i%4, childVariable+"="+strings.Join([]string{do, w.dir, w.sandbox.URL()}, "\n"))

				session, err := profile.LoadSession(w.account().Dirs, "work")
				if do == "logout" && errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				w.wantToken(session.Principal)
			}
		})
	}
	if _, err := w.account().Login(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	if names, err := w.account().Secrets.Names(); len(names) != 1 || err != nil {
		t.Errorf("sealed after all that: %v, %v; want the last session's alone", names, err)
	}
}

// A client that loses patience kills its helper while the person looks at the browser. The next helper opens no other
// tab at once, as after a login that failed.
func TestKilledWhileOneSignsIn(t *testing.T) {
	w := newWorld(t)
	w.write("ca.pem", w.sandbox.CA())
	killAfter(t, 0, childVariable+"="+strings.Join([]string{"sign in", w.dir, w.sandbox.URL()}, "\n"))
	p := &person{w: w}
	attempt := func() error {
		_, err := w.account().LoginOnce(t.Context(), browserSignIn{Interaction: p.interaction(p.browse(true))},
			&RequiredError{})
		return err
	}
	wantError(t, attempt(), "not tried again on its own before", "kubectl edge login --profile work")
	w.pass(16 * time.Second)
	if err := attempt(); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// A refresh token that was spent by a process that died is good for once more, if the provider grants that.
func TestKilledWhileRefreshing(t *testing.T) {
	w := newWorld(t, func(o *sandbox.Options) { o.Settings.RefreshGrace = sandbox.Duration(time.Minute) })
	w.write("ca.pem", w.sandbox.CA())
	w.browserLogin()
	for i := range 8 {
		killAfter(t, i%4, childVariable+"="+strings.Join([]string{"renew", w.dir, w.sandbox.URL()}, "\n"))
		w.wantToken(sandbox.AdminUser)
	}
	w.pass(time.Hour)
	w.wantToken(sandbox.AdminUser)
}

// killAfter runs the child and kills it somewhere behind its step of that number.
func killAfter(t *testing.T, steps int, env string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, errRead := io.ReadFull(out, make([]byte, 1+steps))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if errRead != nil {
		t.Fatalf("the child ended by itself: %v: %s", errRead, stderr.String())
	}
}
