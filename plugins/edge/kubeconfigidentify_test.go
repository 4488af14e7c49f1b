package edge

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

func authority(t *testing.T) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// An edge cluster is known by its authority, and what is converted to it has its server, too: else that would be sent
// credentials.
func TestIdentify(t *testing.T) {
	berlin, hamburg, machines, other := authority(t), authority(t), authority(t), authority(t)
	known := func(name, server string, authorities, machines []byte) knownCluster {
		return knownCluster{managedCluster: &managedCluster{Cluster: edgecluster.Cluster{Name: name,
			Namespace: "default"},
			instance: stackit.Instance{Id: "demo-3714d85", DisplayName: "demo"}},
			address: edgecluster.Address{Server: server, CAData: authorities}, machines: machines}
	}
	all := []knownCluster{known("berlin", "https://berlin.example:6443", slices.Concat(other, berlin), machines),
		known("hamburg", "https://hamburg.example", hamburg, nil)}
	findings := []audit.Finding{
		{Kind: audit.ClientKey, Authorities: berlin, Server: "https://berlin.example:6443/", Advice: "x"},
		{Kind: audit.ClientKey, Authorities: hamburg, Server: "https://elsewhere.example", Advice: "x"},
		{Kind: audit.ClientKey, Authorities: authority(t), Server: "https://berlin.example:6443", Advice: "x"},
		{Kind: audit.Talosconfig, Authorities: machines, Advice: "x"},
		{Kind: audit.Talosconfig, Authorities: berlin, Advice: "x"},
		{Kind: audit.Token, Server: "https://berlin.example:6443", Advice: "x"},
	}
	identify(findings, all)
	want := []string{"edge cluster demo/berlin convert", "edge cluster demo/hamburg", "",
		"edge cluster demo/berlin talos",
		"", ""}
	for i, f := range findings {
		got := f.Cluster
		for _, word := range []string{"convert", "talos"} {
			if strings.Contains(f.Advice, word) {
				got += " " + word
			}
		}
		if got != want[i] {
			t.Errorf("%d: got %q, want %q", i, got, want[i])
		}
	}
	for _, c := range []struct {
		server      string
		authorities []byte
		want, fails string
	}{
		{"https://BERLIN.example:6443", berlin, "berlin", ""},
		{"https://berlin.example", berlin, "", "its server is not https://berlin.example:6443"},
		{"http://hamburg.example", hamburg, "", "its server is not https://hamburg.example"},
		{"https://hamburg.example:443", hamburg, "hamburg", ""},
		{"https://hamburg.example", authority(t), "", ""},
	} {
		found, err := clusterOf(&conversion{Embedded: kubeconfig.Embedded{Server: c.server,
			Authorities: c.authorities}}, all)
		got := ""
		if found != nil {
			got = found.Name
		}
		if got != c.want || (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s: got %q, %v", c.server, got, err)
		}
	}
}

// The talosconfig of an edge cluster may be anybody's.
func TestTalosAuthorities(t *testing.T) {
	ca := authority(t)
	text := fmt.Sprintf("context: a\ncontexts:\n  a: {ca: %s, crt: x, key: y}\n", base64.StdEncoding.EncodeToString(ca))
	if got := talosAuthorities([]byte(text)); !slices.Equal(got, ca) {
		t.Errorf("got %q", got)
	}
	for _, hostile := range []string{"", "[", "contexts: [a]", "contexts: {a: {ca: '!'}}", "a: &a [*a]",
		"contexts:\n  a: null\n"} {
		if got := talosAuthorities([]byte(hostile)); len(got) > 0 {
			t.Errorf("%q: got %q", hostile, got)
		}
	}
}
