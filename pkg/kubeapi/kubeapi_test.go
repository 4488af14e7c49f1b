package kubeapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

func start(t *testing.T, handler http.HandlerFunc) kubeapi.Server {
	t.Helper()
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	return kubeapi.Server{URL: s.URL,
		CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})}
}

// startAs starts a server with a certificate that lives for so long, or with an authority of its certificate that does.
func startAs(t *testing.T, life time.Duration, authority bool) kubeapi.Server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-48 * time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: own.NotBefore, NotAfter: own.NotAfter, IsCA: true,
		BasicConstraintsValid: true, Subject: pkix.Name{CommonName: "ca"}, KeyUsage: x509.KeyUsageCertSign}
	if authority {
		ca.NotAfter = time.Now().Add(life)
	} else {
		own.NotAfter = time.Now().Add(life)
	}
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.CreateCertificate(rand.Reader, own, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients refuse it
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return kubeapi.Server{URL: s.URL, CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})}
}

func client(t *testing.T, server kubeapi.Server, who kubeapi.Identity) *kubeapi.Client {
	t.Helper()
	c, err := kubeapi.New(server, who, "kubectl-edge/test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestDo(t *testing.T) {
	server := start(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Date", "Thu, 26 Nov 2026 23:00:00 GMT")
		fmt.Fprintf(w, `{"seen": %q}`, fmt.Sprint(r.Method, " ", r.URL.EscapedPath(), "?", r.URL.RawQuery, " ",
			string(body), " ", r.Header["Authorization"], r.UserAgent(), r.Header["Impersonate-User"],
			r.Header["Impersonate-Group"]))
	})
	server.URL += "/k8s/"
	c := client(t, server, kubeapi.Identity{Token: "secret"})
	var out struct{ Seen string }
	date, err := c.As("ada@plant", "system:masters").Do(t.Context(),
		kubeapi.Call{Method: "POST", Path: []string{"api", "v1", "a/../b"}, Query: map[string][]string{"x": {"y z"}},
			Body: map[string]int{"n": 1}}, &out)
	want := `POST /k8s/api/v1/a%2F..%2Fb?x=y+z {"n":1} [Bearer secret]kubectl-edge/test[ada@plant] [system:masters]`
	if err != nil || out.Seen != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, out.Seen, want)
	}
	if !date.Equal(time.Date(2026, 11, 26, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("date %v", date)
	}
	if _, err := c.Do(t.Context(), kubeapi.Call{Method: "GET"}, &out); err != nil ||
		strings.Contains(out.Seen, "ada@plant") {
		t.Errorf("impersonation stays: %s, %v", out.Seen, err)
	}
}

func TestNo(t *testing.T) {
	var elsewhere bool
	other := start(t, func(http.ResponseWriter, *http.Request) { elsewhere = true })
	server := start(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/status":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"kind":"Status","status":"Failure","message":"not you","reason":"Forbidden","code":403}`)
		case "/echo": // as a proxy does that shows what it was sent
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"kind":"Status","status":"Failure","message":%q,"reason":"BadRequest","code":400}`,
				fmt.Sprint(r.Header["Authorization"], strings.Repeat("é", 1<<20)))
		case "/large":
			for range 33 {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		case "/text":
			fmt.Fprint(w, "hello")
		default:
			http.Error(w, "no", http.StatusUnauthorized)
		}
	})
	c := client(t, server, kubeapi.Identity{Token: "secret"})
	for path, want := range map[string]string{
		"redirect": "307 Temporary Redirect", "status": "not you", "large": "larger than 32 MiB",
		"text": "not the JSON of an API server", "x": "401 Unauthorized",
		"echo": "[Bearer (token)]éé",
	} {
		_, err := c.Do(t.Context(), kubeapi.Call{Method: "GET", Path: []string{path}}, new(any))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
		if err != nil && len(err.Error()) > 4<<10 {
			t.Errorf("%s: the error has %d bytes", path, len(err.Error()))
		}
		if path == "status" && !apierrors.IsForbidden(err) || path == "x" && !apierrors.IsUnauthorized(err) {
			t.Errorf("%s: %v is of another kind", path, err)
		}
	}
	if elsewhere {
		t.Error("a redirect was followed")
	}

	server.CA = nil // those of the system
	if _, err := client(t, server, kubeapi.Identity{}).Do(t.Context(), kubeapi.Call{Method: "GET"}, nil); err == nil ||
		!errors.As(err, new(*kubeapi.UnreachableError)) {
		t.Errorf("with other authorities: %v", err)
	}
	for _, url := range []string{"http://x", "x", "", "https://"} {
		if _, err := kubeapi.New(kubeapi.Server{URL: url}, kubeapi.Identity{}, ""); err == nil {
			t.Errorf("%q is taken for a server", url)
		}
	}
}

func TestIdentityIsHidden(t *testing.T) {
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, kubeapi.Identity{Token: "secret"}); strings.Contains(got, "secret") {
			t.Errorf("%s: %s", format, got)
		}
	}
}

// TestUnreachable has what is between, and what is wrong, be named, and the host once.
func TestUnreachable(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	_ = closed.Close()
	hangsUp := start(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = connection.Close()
		}
	})
	expired := startAs(t, -time.Hour, false)
	authority := startAs(t, -time.Hour, true)
	for name, c := range map[string]struct {
		server kubeapi.Server
		want   string
	}{
		"nobody": {kubeapi.Server{URL: "https://" + nobody}, nobody + " cannot be reached: connection refused"},
		"hangs up": {hangsUp, strings.TrimPrefix(hangsUp.URL, "https://") +
			" cannot be reached: it ended the connection"},
		"expired":   {expired, "the certificate of 127.0.0.1 ended at "},
		"authority": {authority, "the authority that signed the certificate of 127.0.0.1 ended at "},
	} {
		_, err := client(t, c.server, kubeapi.Identity{}).Do(t.Context(), kubeapi.Call{Method: "GET"}, nil)
		if err == nil || !errors.As(err, new(*kubeapi.UnreachableError)) || !strings.HasPrefix(err.Error(), c.want) ||
			strings.Count(err.Error(), "127.0.0.1") != 1 {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// TestProxyIsNamed has a proxy that wants a password, and one that is not there. It runs in a process of its own, since
// net/http reads the variables once.
func TestProxyIsNamed(t *testing.T) {
	if server := os.Getenv("KUBEAPI_TEST_SERVER"); server != "" {
		_, err := client(t, kubeapi.Server{URL: server}, kubeapi.Identity{Token: "secret"}).Do(t.Context(),
			kubeapi.Call{Method: "GET"}, nil)
		fmt.Printf("%v\n%s\n", err, hint.Of(err))
		return
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
	}))
	t.Cleanup(proxy.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	for address, want := range map[string]string{
		proxy.URL: "the proxy " + proxy.Listener.Addr().String() + " does not connect to berlin.example:6443: " +
			"it answered 407 Proxy Authentication Required\ngive the proxy what it asks for: ",
		gone.URL: "the proxy " + gone.Listener.Addr().String() + " cannot be reached: ",
	} {
		command := exec.Command(os.Args[0], "-test.run=^TestProxyIsNamed$")
		command.Env = append(os.Environ(), "KUBEAPI_TEST_SERVER=https://berlin.example:6443", "HTTPS_PROXY="+address,
			"NO_PROXY=", "no_proxy=", "https_proxy=")
		out, err := command.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%s: got %s, %v, want %s", address, out, err, want)
		}
	}
}

// TestAttended has who attends hear of each request, and the connections be closed all the same.
func TestAttended(t *testing.T) {
	var connections atomic.Int32
	server := start(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	var asked []string
	ended := 0
	config := &rest.Config{Host: server.URL, TLSClientConfig: rest.TLSClientConfig{CAData: server.CA}}
	config.WrapTransport = func(next http.RoundTripper) http.RoundTripper {
		return transport.Attended(next, func(host string) func() {
			asked = append(asked, host)
			return func() { ended++ }
		})
	}
	c, err := kubeapi.ForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) {
			if !got.Reused {
				connections.Add(1)
			}
		},
	})
	for range 2 {
		if _, err := c.Do(ctx, kubeapi.Call{Method: "GET"}, nil); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	if host := strings.TrimPrefix(server.URL, "https://"); !slices.Equal(asked, []string{host, host}) || ended != 2 {
		t.Errorf("asked %q, ended %d", asked, ended)
	}
	if got := connections.Load(); got != 2 {
		t.Errorf("%d connections, want 2", got)
	}
}

// TestListEnds has servers that name another page after each, and one that ends.
func TestListEnds(t *testing.T) {
	for name, c := range map[string]struct {
		next  func(asked int) string
		items int
		fails string
	}{
		"one page":        {func(int) string { return "" }, 1, ""},
		"three pages":     {func(asked int) string { return strings.Repeat("x", max(0, 3-asked)) }, 3, ""},
		"always the same": {func(int) string { return "x" }, 200, "the list has no end"},
		"always another":  {func(asked int) string { return fmt.Sprint(asked) }, 200, "the list has no end"},
	} {
		t.Run(name, func(t *testing.T) {
			asked, said := 0, ""
			server := start(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.URL.Query().Get("continue"); got != said {
					t.Errorf("page %d was asked for by %q, want %q", asked, got, said)
				}
				asked++
				said = c.next(asked)
				fmt.Fprintf(w, `{"metadata": {"continue": %q}, "items": [{"n": 1}]}`, said)
			})
			items := 0
			err := kubeapi.List(t.Context(), client(t, server, kubeapi.Identity{}), kubeapi.Call{Method: "GET"},
				func(page []struct{ N int }) bool {
					items += len(page)
					return true
				})
			if items != c.items || (err == nil) != (c.fails == "") ||
				err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%d items, %v; want %d, %q", items, err, c.items, c.fails)
			}
		})
	}
}
