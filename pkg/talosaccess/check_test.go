package talosaccess

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/machineapi/machineapitest"
)

// TestCheckIssued is about certificates that the authority has signed, and that are none of those that were asked for.
func TestCheckIssued(t *testing.T) {
	authority := machineapitest.NewAuthority(t)
	admin, err := Parse(authority.Administrator(t, "10.0.0.1").File(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	r := Request{Roles: []string{Reader}, TTL: 10 * time.Minute, Now: func() time.Time { return now }}
	check := func(change func(*x509.Certificate)) error {
		crt, key := authority.Client(t, func(c *x509.Certificate) {
			c.Subject.Organization, c.NotBefore, c.NotAfter = []string{Reader}, now, now.Add(10*time.Minute)
			change(c)
		})
		issued := *admin
		if issued.credential, err = readCredential(authority.PEM, crt, key); err != nil {
			t.Fatal(err)
		}
		return issued.checkIssued(admin, r)
	}
	if err := check(func(*x509.Certificate) {}); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		want   string
	}{
		"twice as long": {func(c *x509.Certificate) {
			c.NotAfter = now.Add(20 * time.Minute)
		}, "it lives for 20m, and 10m was"},
		"next week": {func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = now.Add(7*24*time.Hour), now.Add(7*24*time.Hour+10*time.Minute)
		}, "and 10m was asked for"},
		"of an authority": {func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid = true, true
		}, "is one of an authority"},
		"of a server": {func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}, "it is not one for clients"},
		"no role": {func(c *x509.Certificate) {
			c.Subject.Organization = nil
		}, `it has the roles [], and ["os:reader"]`},
		"another role": {func(c *x509.Certificate) {
			c.Subject.Organization = []string{Admin}
		}, `it has the roles ["os:admin"]`},
	} {
		if err := check(c.change); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	// What the instance has handed out is not taken back from a node.
	r.Roles, r.TTL = []string{Admin}, 2*365*24*time.Hour
	if err := admin.checkIssued(admin, r); err == nil || err.Error() != "it is the administrator's own" {
		t.Errorf("got %v", err)
	}
}

// TestCall is about answers of something else than a node, such as a proxy in between.
func TestCall(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
			"what answers is not a machine API: HTTP status 200"},
		"a status": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			w.WriteHeader(http.StatusBadGateway)
		}, "what answers is not a machine API: HTTP status 502"},
		"a redirect": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://attacker.example")
			w.WriteHeader(http.StatusFound)
		}, "what answers is not a machine API: HTTP status 302"},
		"no status": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
		}, "the answer is malformed"},
		"no message": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Grpc-Status", "0")
		}, "the answer is malformed"},
		"more than it says": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Grpc-Status", "0")
			_, _ = w.Write([]byte{0, 0, 0, 0, 1, 2, 3})
		}, "the answer is malformed"},
		"large": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			_, _ = w.Write(make([]byte, maxAnswer+1))
		}, "the answer is larger than 1024 KiB"},
		"a refusal": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Grpc-Status", "16")
			w.Header().Set("Grpc-Message", "who%20are%0Ayou")
		}, "the node said unauthenticated: who are\nyou"},
	} {
		s := httptest.NewUnstartedServer(c.answer)
		s.EnableHTTP2 = true
		s.StartTLS()
		client := s.Client()
		client.CheckRedirect = (&Config{}).client().CheckRedirect
		_, err := call(context.Background(), client, s.Listener.Addr().String(), generate, http.Header{}, nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		s.Close()
	}
}
