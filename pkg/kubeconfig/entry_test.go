package kubeconfig

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/tools/clientcmd/api/latest"
	v1 "k8s.io/client-go/tools/clientcmd/api/v1"
	"sigs.k8s.io/yaml"
)

// certificate makes a self-signed certificate that ends at notAfter.
func certificate(t *testing.T, notAfter time.Time) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: notAfter}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

const apiAnswer = `{"apiVersion":"v1","kind":"Config","preferences":{},"current-context":"admin@demo",
"clusters":[{"name":"demo","cluster":{"server":"https://demo.example:6443","certificate-authority-data":"CA"}}],
"users":[{"name":"admin","user":{"token":"open-sesame-1234"}}],
"contexts":[{"name":"admin@demo","context":{"cluster":"demo","user":"admin","namespace":"default"}}]}`

func TestFromAPI(t *testing.T) {
	ca := certificate(t, time.Now().Add(time.Hour))
	answer := strings.Replace(apiAnswer, `"CA"`, `"`+base64.StdEncoding.EncodeToString(ca)+`"`, 1)
	entry, token, err := FromAPI([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	want := Entry{Server: "https://demo.example:6443", CAData: ca, Namespace: "default"}
	if diff := cmp.Diff(want, entry); diff != "" || token != sesame {
		t.Errorf("token %q; -want +got:\n%s", token, diff)
	}

	refused := map[string][3]string{
		"exec":              {`"token":"`, `"exec":{"command":"sh"},"token":"`, `wants a program to be run (exec)`},
		"key of a file":     {`"token":"`, `"client-key":"/etc/x","token":"`, `a file of this machine (client-key)`},
		"no token":          {sesame, "", "the user has no token"},
		"token is a number": {`"` + sesame + `"`, "1234567890", "kubectl could not read the kubeconfig"},
		"proxy":             {`"server":`, `"proxy-url":"http://evil","server":`, `wants a proxy (proxy-url)`},
		"insecure": {`"server":`, `"insecure-skip-tls-verify":true,"server":`,
			"not to be checked (insecure-skip-tls-verify)"},
		"http":            {"https://demo", "http://demo", "not a plain https URL"},
		"password in URL": {"https://demo", "https://a:" + sesame + "@demo", "not a plain https URL"},
		"no server":       {"https://demo.example:6443", "", "not a plain https URL"},
		"CA is a word":    {base64.StdEncoding.EncodeToString(ca), "eA==", "not a list of PEM certificates"},
		"context twice":   {`"contexts":[`, `"contexts":[{"name":"admin@demo","context":{}},`, "a name is there twice"},
		"none":            {answer, "{}", "0 contexts, and no current-context"},
		"other cluster":   {`"cluster":"demo"`, `"cluster":"x"`, "does not name a cluster"},
		"other context": {`"current-context":"admin@demo"`, `"current-context":"x"`,
			"does not name a context"},
		"no JSON":     {answer, "token: " + sesame, "not one JSON object"},
		"two objects": {answer, answer + "{}", "not one JSON object"},
	}
	for name, test := range refused {
		t.Run(name, func(t *testing.T) {
			entry, token, err := FromAPI([]byte(strings.Replace(answer, test[0], test[1], 1)))
			if err == nil || !strings.Contains(err.Error(), test[2]) || strings.Contains(err.Error(), sesame) {
				t.Errorf("got error %v, want one with %q and without the token", err, test[2])
			}
			if entry.Server != "" || token != "" {
				t.Error("an error came with a result")
			}
		})
	}
}

func TestPutKeepsWhatItDoesNotSet(t *testing.T) {
	config := api.NewConfig()
	config.Clusters["new"] = &api.Cluster{Server: "https://old", CertificateAuthority: "/ca",
		InsecureSkipTLSVerify: true, ProxyURL: "http://proxy", LocationOfOrigin: "/here"}
	config.AuthInfos["new"] = &api.AuthInfo{Token: sesame, LocationOfOrigin: "/here"}
	config.Contexts["new"] = &api.Context{Cluster: "x", Namespace: "mine", LocationOfOrigin: "/here"}
	addEntry(config)
	want := &api.Config{
		Clusters: map[string]*api.Cluster{"new": {Server: "https://new.example",
			CertificateAuthorityData: []byte("CA"), ProxyURL: "http://proxy", LocationOfOrigin: "/here"}},
		AuthInfos: map[string]*api.AuthInfo{"new": {Exec: ExecUser([]string{"--instance-id", "demo-3714d85"},
			"install it").Exec, LocationOfOrigin: "/here"}},
		Contexts: map[string]*api.Context{"new": {Cluster: "new", AuthInfo: "new", Namespace: "mine",
			LocationOfOrigin: "/here"}},
		CurrentContext: "new",
	}
	if !same(want, config) {
		t.Errorf("-want +got:\n%s", cmp.Diff(want, config))
	}
}

func TestRemoveKeepsWhatOthersUse(t *testing.T) {
	config := api.NewConfig()
	addEntry(config)
	config.Contexts["other"] = &api.Context{Cluster: "new", AuthInfo: "else"}
	if got := Remove(config, "absent", "new", "new"); !slices.Equal(got, []string{"new"}) {
		t.Errorf("removed %q, want new alone", got)
	}
	if config.Clusters["new"] == nil || config.AuthInfos["new"] != nil || len(config.Contexts) != 1 ||
		config.CurrentContext != "" {
		t.Errorf("left over: %+v", config)
	}
}

// What is written has no field that client-go does not know, and none twice.
func TestWrittenEntriesLoadStrictly(t *testing.T) {
	data, err := edited(t, "", addEntry)
	if err != nil {
		t.Fatal(err)
	}
	var strict v1.Config
	if err := yaml.UnmarshalStrict([]byte(data), &strict); err != nil {
		t.Error(err)
	}
	if err := latest.Scheme.Convert(&strict, api.NewConfig(), nil); err != nil {
		t.Error(err)
	}
}
