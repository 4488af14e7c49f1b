package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// A proxy is named as the proxy, and not as the server, and what logs in at it is in no message.
func TestProxiesAreNamed(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	answers := func(status int) string {
		p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
		}))
		t.Cleanup(p.Close)
		return p.Listener.Addr().String()
	}
	wants, refuses := answers(http.StatusProxyAuthRequired), answers(http.StatusForbidden)
	host := server.Listener.Addr().String()
	for _, c := range []struct{ name, proxy, target, text, hint string }{
		{"wants a password", wants, "https://" + host, "the proxy " + wants + " does not connect to " + host +
			": it answered 407 Proxy Authentication Required", "HTTPS_PROXY to http://USER:PASSWORD@" + wants},
		{"wants a password, without TLS", wants, "http://" + host, "the proxy " + wants + " does not connect to " +
			host + ": it answered 407 Proxy Authentication Required", "HTTPS_PROXY to http://USER:PASSWORD@" + wants},
		{"refuses", refuses, "https://" + host, "the proxy " + refuses + " does not connect to " + host +
			": it answered 403 Forbidden", "NO_PROXY=127.0.0.1"},
		{"is not there", closed.Addr().String(), "https://" + host, "the proxy " + closed.Addr().String() +
			" cannot be reached: ", "check HTTPS_PROXY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := NewClient(Options{})
			if err != nil {
				t.Fatal(err)
			}
			proxy := &url.URL{Scheme: "http", Host: c.proxy, User: url.UserPassword("ada", "hunter2")}
			client.Transport.(*roundTripper).proxy = http.ProxyURL(proxy)
			err = ask(client, c.target)
			if _, ok := errors.AsType[*proxyError](err); !ok || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %q", err, c.text)
			}
			if !strings.Contains(hint.Of(err), c.hint) {
				t.Errorf("hint %q, want %q", hint.Of(err), c.hint)
			}
			if strings.Contains(err.Error()+hint.Of(err), "hunter2") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
	t.Run("is no address", func(t *testing.T) {
		client, err := NewClient(Options{})
		if err != nil {
			t.Fatal(err)
		}
		client.Transport.(*roundTripper).proxy = func(*http.Request) (*url.URL, error) {
			return nil, errors.New(`invalid proxy address "http://ada:hunter 2@proxy"`)
		}
		err = ask(client, "https://"+host)
		if err == nil || !strings.Contains(err.Error(), "not the address of a proxy") ||
			strings.Contains(err.Error(), "hunter") {
			t.Errorf("got %v", err)
		}
	})
}

func ask(client *http.Client, target string) error {
	answer, err := client.Get(target)
	if err == nil {
		err = answer.Body.Close()
	}
	return err
}

// A certificate of another name, or of another time, is said to be that.
func TestCertificatesAreNamed(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name     string
		from, to time.Time
		of       string
		text     string
		hint     string
	}{
		{"portal", now.Add(-time.Hour), now.Add(time.Hour), "login.guest.example",
			"who answers as localhost shows a certificate of another name: login.guest.example", "captive portal"},
		{"not yet", now.Add(time.Hour), now.Add(2 * time.Hour), "localhost",
			"the certificate of localhost begins at ", "set this machine's clock"},
		{"no more", now.Add(-2 * time.Hour), now.Add(-time.Hour), "localhost",
			"the certificate of localhost ended at ", "set this machine's clock"},
	} {
		t.Run(c.name, func(t *testing.T) {
			certificate, authority := issue(t, c.of, c.from, c.to)
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
			server.StartTLS()
			defer server.Close()
			client, err := NewClient(Options{CAData: authority})
			if err != nil {
				t.Fatal(err)
			}
			_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
			err = ask(client, "https://localhost:"+port)
			if err == nil || !strings.Contains(err.Error(), c.text) || !strings.Contains(hint.Of(err), c.hint) {
				t.Errorf("got %v, hint %q", err, hint.Of(err))
			}
			if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
				t.Error("the cause is lost")
			}
		})
	}
}

// issue makes a certificate that is its own authority.
func issue(t *testing.T, name string, from, to time.Time) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestSkew(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		date, want string
	}{
		{"Fri, 27 Nov 2026 12:00:30 GMT", ""}, {"", ""}, {"yesterday", ""},
		{"Fri, 27 Nov 2026 15:00:00 GMT", "this machine's clock is 3h0m0s behind the server's"},
		{"Fri, 27 Nov 2026 11:55:00 GMT", "this machine's clock is 5m0s ahead of the server's"},
	} {
		if got := Skew(Date(http.Header{"Date": {c.date}}), now); got != c.want {
			t.Errorf("%q: got %q, want %q", c.date, got, c.want)
		}
	}
}
