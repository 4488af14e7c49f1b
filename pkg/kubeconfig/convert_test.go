package kubeconfig

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

func TestConvert(t *testing.T) {
	end := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	config := api.NewConfig()
	add := func(name, server string, user api.AuthInfo) {
		config.Clusters[name], config.AuthInfos[name] = &api.Cluster{Server: server}, &user
		config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
	}
	token := "e30." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, end.Unix())) + ".c2ln"
	add("api", "https://api.demo-3714d85.edge.eu01.onstackit.cloud:443",
		api.AuthInfo{Token: token, LocationOfOrigin: "/f", Impersonate: "me"})
	add("local", "https://demo-3714d85.localhost:6443", api.AuthInfo{Token: "opaque"})
	add("evil", "https://demo-3714d85.edge.eu01.onstackit.cloud.evil.example", api.AuthInfo{Token: "opaque"})
	add("exec", "https://demo-3714d85.edge.eu01.onstackit.cloud", *ExecUser(nil, ""))
	add("both", "https://other.example", api.AuthInfo{Token: "x", Password: "y"})
	config.Contexts["second"] = &api.Context{Cluster: "both", AuthInfo: "evil"}
	want := []Embedded{
		{User: "api", File: "/f", Expires: end, Contexts: []string{"api"}, Clusters: []string{"api"},
			Server: "https://api.demo-3714d85.edge.eu01.onstackit.cloud:443", InstanceID: "demo-3714d85",
			Region: "eu01", STACKIT: true},
		{User: "both", Contexts: []string{"both"}, Clusters: []string{"both"}, Server: "https://other.example"},
		{User: "evil", Contexts: []string{"evil", "second"}, Clusters: []string{"both", "evil"},
			Server: "https://demo-3714d85.edge.eu01.onstackit.cloud.evil.example", InstanceID: "demo-3714d85"},
		{User: "local", Contexts: []string{"local"}, Clusters: []string{"local"},
			Server: "https://demo-3714d85.localhost:6443", InstanceID: "demo-3714d85"},
	}
	found := FindEmbedded(config)
	if diff := cmp.Diff(want, found); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	got, err := Convert(config, found[0], ExecUser([]string{"a"}, ""))
	if user := config.AuthInfos["api"]; err != nil || got != token || user.Token != "" ||
		user.Exec.Command != tokenrequest.Helper || user.Impersonate != "me" {
		t.Errorf("error %v, user %v", err, user)
	}
	for i, want := range []string{"it has no token", "other credentials beside the token",
		`several clusters: ["both" "evil"]`} {
		if _, err := Convert(config, found[i], ExecUser(nil, "")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

// A diff shows which variables are set, and hides the values that are secrets.
func TestDiffShowsRedirects(t *testing.T) {
	const text = "users:\n- name: a\n  user:\n    exec:\n      command: kubectl-edge_credential\n      env:\n" +
		"      - {name: HTTPS_PROXY, value: 'http://proxy.example'}\n" +
		"      - {name: STACKIT_ACCESS_TOKEN, value: sesame}\n"
	if got, want := string(redact([]byte(text))), strings.Replace(text, "sesame", "REDACTED", 1); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What we write over our entry, and what we make of a token, has no redirect.
func TestEntriesKeepNoRedirect(t *testing.T) {
	config := api.NewConfig()
	entry := Entry{Name: "a", Server: "https://a.example", User: ExecUser([]string{"--instance-id=demo-3714d85"}, "")}
	entry.Put(config)
	config.AuthInfos["a"].Exec.Env = []api.ExecEnvVar{{Name: "HOME", Value: "/tmp"}}
	entry.Put(config)
	if got := config.AuthInfos["a"].Exec.Env; len(got) > 0 {
		t.Errorf("left in the entry: %v", got)
	}
}

// adminCertificate is a certificate of the groups, in PEM.
func adminCertificate(t *testing.T, end time.Time, groups ...string) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: end,
		Subject: pkix.Name{CommonName: "admin", Organization: groups}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// A client certificate goes as a whole, and only where nothing else is beside it.
func TestConvertOfCertificates(t *testing.T) {
	end := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	masters, person := adminCertificate(t, end, "system:masters"), adminCertificate(t, end, "dev")
	config := api.NewConfig()
	for name, user := range map[string]*api.AuthInfo{
		"masters": {ClientCertificateData: masters, ClientKeyData: []byte("key"), Impersonate: "me"},
		"person":  {ClientCertificateData: person, ClientKeyData: []byte("key")},
		"broken":  {ClientCertificateData: []byte("x"), ClientKeyData: []byte("key")},
		"alone":   {ClientCertificateData: masters},
		"files":   {ClientCertificate: "a", ClientKey: "b"},
		"both":    {ClientCertificateData: masters, ClientKeyData: []byte("key"), Token: "t"},
		"account": {Token: "e30." + base64.RawURLEncoding.EncodeToString([]byte(
			`{"sub":"system:serviceaccount:kube-system:admin"}`)) + ".c2ln"},
	} {
		config.Clusters[name] = &api.Cluster{Server: "https://x.example", CertificateAuthorityData: []byte("ca")}
		config.AuthInfos[name], config.Contexts[name] = user, &api.Context{Cluster: name, AuthInfo: name}
	}
	found := map[string]Embedded{}
	for _, e := range FindEmbedded(config) {
		found[e.User] = e
	}
	for name, want := range map[string]string{"masters": "true true ", "person": "true false ", "broken": "true false ",
		"both": "false false ", "account": "false false kube-system:admin"} {
		e, ok := found[name]
		if got := fmt.Sprint(e.Certificate, e.Masters, " ", e.ServiceAccount); !ok || got != want ||
			string(e.Authorities) != "ca" {
			t.Errorf("%s: got %q (%v), want %q", name, got, ok, want)
		}
	}
	if len(found) != 5 || !found["masters"].Expires.Equal(end) {
		t.Errorf("found %v", found)
	}
	before := Credential(config.AuthInfos["masters"])
	if _, err := Convert(config, found["masters"], ExecUser([]string{"a"}, "")); err != nil {
		t.Fatal(err)
	}
	user := config.AuthInfos["masters"]
	if user.ClientCertificateData != nil || user.ClientKeyData != nil || user.Exec == nil || user.Impersonate != "me" ||
		Credential(user) == before {
		t.Errorf("user %v", user)
	}
	for name, want := range map[string]string{"masters": "it has no client certificate",
		"both": "other credentials beside the token"} {
		if _, err := Convert(config, found[name], ExecUser(nil, "")); err == nil || !strings.Contains(err.Error(),
			want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, want)
		}
	}
}
