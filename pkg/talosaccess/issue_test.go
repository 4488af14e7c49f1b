package talosaccess_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/machineapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/machineapi/machineapitest"
	"github.com/kubectl-edge/kubectl-edge/pkg/talosaccess"
)

func parse(t *testing.T, c machineapitest.Context) *talosaccess.Config {
	t.Helper()
	config, err := talosaccess.Parse(c.File(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func request(roles ...string) talosaccess.Request {
	return talosaccess.Request{Roles: roles, TTL: 10 * time.Minute, UserAgent: "test", Now: time.Now}
}

func TestIssue(t *testing.T) {
	p := machineapitest.NewAuthority(t)
	address, _ := machineapitest.Serve(t, p)
	admin := parse(t, p.Administrator(t, address))
	roles := []string{"os:reader", "os:etcd:backup"}
	issued, err := admin.Issue(t.Context(), request(roles...))
	if err != nil {
		t.Fatal(err)
	}
	text, err := issued.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Context  string
		Contexts map[string]struct {
			Endpoints, Nodes []string
			CA, Crt, Key     string
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	c := file.Contexts[file.Context]
	if !slices.Equal(c.Endpoints, []string{address}) || !slices.Equal(c.Nodes, []string{"10.0.0.2"}) ||
		c.CA != encoded(p.PEM) {
		t.Errorf("got %s, %+v", file.Context, c)
	}
	crt, err := base64.StdEncoding.DecodeString(c.Crt)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(crt)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(slices.Values(leaf.Subject.Organization)); !slices.Equal(got, []string{"os:etcd:backup",
		"os:reader"}) {
		t.Errorf("roles %q", got)
	}
	if life := leaf.NotAfter.Sub(leaf.NotBefore); life != 10*time.Minute || !issued.NotAfter().Equal(leaf.NotAfter) ||
		issued.Short(10*time.Minute) || !issued.Short(11*time.Minute) {
		t.Errorf("it lives for %s, until %s", life, issued.NotAfter())
	}
	// What was issued may not issue.
	reader, err := admin.Issue(t.Context(), request("os:reader"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = reader.Issue(t.Context(), request("os:admin"))
	if status, ok := errors.AsType[*talosaccess.StatusError](err); !ok ||
		!strings.HasSuffix(err.Error(), "the node said permission denied: not authorized") || status.Code != 7 {
		t.Errorf("got %v", err)
	}
}

// TestIssueRefuses: what comes back is not trusted to be what was asked for.
func TestIssueRefuses(t *testing.T) {
	p := machineapitest.NewAuthority(t)
	address, misbehave := machineapitest.Serve(t, p)
	admin := parse(t, p.Administrator(t, address))
	for fault, want := range map[string]string{
		"ignore-ttl": "is not used: it lives for 365d, and 10m was asked for",
		"more-roles": `is not used: it has the roles ["os:admin" "os:reader"], and ["os:reader"] were asked for`,
		"other-ca":   "is not used: it is not one for clients that the ca of the talosconfig has signed",
		"other-key":  "is not used: its crt and its key do not belong together",
		"expired":    "the clock of this machine says",
		"worker": "the node said failed precondition: generate client configuration is not supported on worker " +
			"nodes",
		"garbage": "the answer is malformed",
	} {
		misbehave(fault)
		_, err := admin.Issue(t.Context(), request("os:reader"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), address+": ") {
			t.Errorf("%s: got %v, want %q", fault, err, want)
		}
		if refused := strings.Contains(want, "is not used"); refused != errors.Is(err, talosaccess.ErrRefused) &&
			fault != "expired" {
			t.Errorf("%s: refused is %v", fault, !refused)
		}
	}
	if len(machineapi.Faults()) != 9 { // slow and unreachable are below
		t.Errorf("want all of %q", machineapi.Faults())
	}
	misbehave("slow")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := admin.Issue(ctx, request("os:reader")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow: %v", err)
	}
}

// TestIssueByAnotherEndpoint: one that cannot be reached, and one that is somebody else's, do not end it.
func TestIssueByAnotherEndpoint(t *testing.T) {
	p := machineapitest.NewAuthority(t)
	away, misbehave := machineapitest.Serve(t, p)
	misbehave("unreachable")
	stranger, _ := machineapitest.Serve(t, machineapitest.NewAuthority(t))
	address, _ := machineapitest.Serve(t, p)
	_, err := parse(t, p.Administrator(t, away, stranger, address)).Issue(t.Context(), request("os:reader"))
	if err != nil {
		t.Error(err)
	}
	_, err = parse(t, p.Administrator(t, away, stranger)).Issue(t.Context(), request("os:reader"))
	if err == nil || !strings.Contains(err.Error(), away+": ") ||
		!strings.Contains(err.Error(), stranger+": tls: failed to verify certificate") {
		t.Errorf("got %v", err)
	}
}

func TestCheckRoles(t *testing.T) {
	if err := talosaccess.CheckRoles(talosaccess.Roles()); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		want  string
		roles []string
	}{
		{"want at least one role", nil},
		{"role os:impersonator can act in any other role", []string{"os:reader", "os:impersonator"}},
		{"role os:reader is there twice", []string{"os:reader", "os:reader"}},
		{`unknown role "reader": want one of os:admin, `, []string{"reader"}},
		{`unknown role "os:Admin": want one of os:admin, os:operator`, []string{"os:Admin"}},
		{`unknown role "": want one of`, []string{""}},
	} {
		if err := talosaccess.CheckRoles(c.roles); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.roles, err, c.want)
		}
	}
}
