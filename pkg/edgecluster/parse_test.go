package edgecluster

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
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
)

// pair makes a certificate and its key, in PEM.
func pair(t *testing.T, name string, notAfter time.Time) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name,
		Organization: []string{"system:masters"}}, NotBefore: time.Now().Add(-time.Hour), NotAfter: notAfter}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
}

func base(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// talos is a kubeconfig as Talos writes it.
func talos(ca, certificate, key []byte) string {
	return `apiVersion: v1
kind: Config
clusters:
- name: berlin
  cluster:
    server: https://berlin.example:6443
    certificate-authority-data: ` + base(ca) + `
users:
- name: admin@berlin
  user:
    client-certificate-data: ` + base(certificate) + `
    client-key-data: ` + base(key) + `
contexts:
- context:
    cluster: berlin
    namespace: default
    user: admin@berlin
  name: admin@berlin
current-context: admin@berlin
`
}

func TestAdministrator(t *testing.T) {
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	ca, _ := pair(t, "ca", end)
	other, _ := pair(t, "next ca", end)
	certificate, key := pair(t, "admin", end)
	bundle := append(append([]byte("# two of them\n"), ca...), other...)
	text := talos(bundle, certificate, key)

	a, reason := parseAdministrator([]byte(text))
	if reason != "" {
		t.Fatal(reason)
	}
	if a.Server != "https://berlin.example:6443" || !bytes.Equal(a.CAData, bundle) || !a.NotAfter.Equal(end) ||
		a.Kind() != "certificate" {
		t.Errorf("got %s, %s, %v", a.Server, a.CAData, a.NotAfter)
	}
	if c, k, _ := a.Reveal(); !bytes.Equal(c, certificate) || !bytes.Equal(k, key) {
		t.Error("it is another credential")
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown := fmt.Sprintf(format, a)
		for _, secret := range []string{base(key)[:40], string(key[40:80]), fmt.Sprintf("%x", key[40:60]), "[45 45 "} {
			if strings.Contains(shown, secret) {
				t.Errorf("%s shows the key: %s", format, shown)
			}
		}
	}

	withToken := strings.NewReplacer("    client-certificate-data: "+base(certificate)+"\n", "",
		"client-key-data: "+base(key), "token: abc.def").Replace(text)
	if a, reason = parseAdministrator([]byte(withToken)); reason != "" || a.Kind() != "token" {
		t.Errorf("with a token: %v, %q", a, reason)
	}
}

func TestCAHash(t *testing.T) {
	one, _ := pair(t, "one", time.Now())
	two, _ := pair(t, "two", time.Now())
	hash := func(parts ...[]byte) string {
		h, err := caHash(bytes.Join(parts, nil))
		if err != nil || len(h) != 64 {
			t.Fatalf("%q, %v", h, err)
		}
		return h
	}
	if hash(one, two) != hash([]byte("text\n"), one, []byte("\n\n# more\n"), two, []byte("end")) {
		t.Error("what stands between certificates changes the hash")
	}
	if all := []string{hash(one), hash(two), hash(one, two), hash(two, one)}; all[0] == all[1] || all[2] == all[3] ||
		all[0] == all[2] {
		t.Errorf("different authorities have one hash: %q", all)
	}
	_, key := pair(t, "key", time.Now())
	for _, wrong := range [][]byte{nil, []byte("x"), key, append(append([]byte{}, one...), key...)} {
		if h, err := caHash(wrong); err == nil {
			t.Errorf("%.30q has hash %s", wrong, h)
		}
	}
}

// TestRefusedAdministrator has each form of what is not taken be named, and nothing of it be quoted.
func TestRefusedAdministrator(t *testing.T) {
	end := time.Now().Add(time.Hour)
	ca, caKey := pair(t, "ca", end)
	certificate, key := pair(t, "admin", end)
	otherCertificate, otherKey := pair(t, "admin", end)
	text := talos(ca, certificate, key)
	replace := func(old, replacement string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(text, old, replacement, 1)
	}
	inUser := func(lines string) string { return replace("    client-key-data", lines+"\n    client-key-data") }
	inCluster := func(lines string) string { return replace("    server:", lines+"\n    server:") }
	bomb := "a0: &a0 [x, x]\n"
	for i := range 40 {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	for name, c := range map[string]struct{ text, reason string }{
		"empty":          {"", "not YAML"},
		"no YAML":        {"{", "not YAML"},
		"binary":         {"\x00\x01\xff", "not YAML"},
		"a scalar":       {"hello", "not of the form"},
		"large":          {text + strings.Repeat("#", 64<<10), "larger than 64 KiB"},
		"deep":           {"x: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "more or deeper parts"},
		"wide":           {"x: [" + strings.Repeat("1,", 1200) + "1]", "more or deeper parts"},
		"bomb":           {bomb + text, "anchors or aliases"},
		"self reference": {"x: &x [*x]\n", "anchors or aliases"},
		"merge key":      {text + "<<: {x: y}\n", "not names"},
		"tag":            {text + "x: !!python/object:os.system y\n", "has tags"},
		"two documents":  {text + "---\n" + text, "more than one document"},
		"twice":          {inCluster("    server: https://evil.example"), "a field twice"},
		"twice by case":  {inCluster("    SERVER: https://evil.example"), "a field twice"},
		"exec":           {inUser("    exec: {command: evil}"), "wants a program to be run (exec)"},
		"auth-provider":  {inUser("    auth-provider: {name: evil}"), "wants a program to be run (auth-provider)"},
		"insecure":       {inCluster("    insecure-skip-tls-verify: true"), "not to be checked"},
		"insecure text":  {inCluster(`    insecure-skip-tls-verify: "true"`), "not to be checked"},
		"proxy":          {inCluster("    proxy-url: http://evil.example"), "wants a proxy"},
		"server name":    {inCluster("    tls-server-name: evil.example"), "wants another name"},
		"CA file":        {inCluster("    certificate-authority: ../ca"), "names a file of this machine"},
		"cert file":      {inUser("    client-certificate: /etc/passwd"), "names a file of this machine"},
		"key file":       {inUser("    client-key: /etc/passwd"), "names a file of this machine"},
		"token file":     {inUser("    tokenFile: ../x"), "names a file of this machine"},
		"impersonation":  {inUser("    as: root"), "wants to impersonate"},
		"password":       {inUser("    password: geheim"), "has a password"},
		"unknown":        {inUser("    x-evil: 1"), `unknown field "x-evil"`},
		"http":           {replace("https://berlin.example:6443", "http://berlin.example"), "not a plain https URL"},
		"user in URL":    {replace("https://berlin", "https://a:b@berlin"), "not a plain https URL"},
		"query":          {replace(":6443", ":6443/?x=1"), "not a plain https URL"},
		"fragment":       {replace(":6443", ":6443/#x"), "not a plain https URL"},
		"path":           {replace(":6443", ":6443/../../x"), "not a plain https URL"},
		"control": {replace("https://berlin.example:6443", `"https://b\e[2J.example"`),
			"control characters in it (server)"},
		"name":    {replace("- name: berlin", `- name: "b\e[2J"`), "control characters in it (name)"},
		"no host": {replace("https://berlin.example:6443", "https://"), "not a plain https URL"},
		"a list":  {replace("https://berlin.example:6443", "[a, b]"), "is not string"},
		"no CA":   {replace("certificate-authority-data: "+base(ca), "x: y"), `unknown field "x"`},
		"empty CA": {replace("certificate-authority-data: "+base(ca), "certificate-authority-data: ''"),
			"no certificate authorities"},
		"CA not base64": {replace(base(ca), "a.b"), "values of the wrong form"},
		"CA with a key": {replace(base(ca), base(append(append([]byte{}, ca...), caKey...))), "something else in it"},
		"other key":     {replace(base(key), base(otherKey)), "half renewed: certificate and key"},
		"other cert":    {replace(base(certificate), base(otherCertificate)), "half renewed: certificate and key"},
		"no key": {replace("    client-key-data: "+base(key)+"\n", ""),
			"half renewed: the kubeconfig has a cert"},
		"no cert": {replace("    client-certificate-data: "+base(certificate)+"\n", ""),
			"half renewed: the kubeconfig has a key"},
		"torn cert": {replace(base(certificate), base(certificate[:100])), "not a PEM certificate"},
		"torn key":  {replace(base(key), base(key[:60])), "not a PEM key"},
		"both":      {inUser("    token: abc"), "both a certificate and a token"},
		"neither": {replace("    client-certificate-data: "+base(certificate)+"\n    client-key-data: "+base(key),
			"    {}"),
			"neither a certificate nor a token"},
		"two contexts": {replace("contexts:\n",
			"contexts:\n- {name: x, context: {cluster: berlin, user: admin@berlin}}\n"),
			"1 clusters, 1 users and 2 contexts"},
		"no cluster":      {"apiVersion: v1\nkind: Config\n", "0 clusters, 0 users and 0 contexts"},
		"another context": {replace("current-context: admin@berlin", "current-context: x"), "current-context"},
		"another user":    {replace("    user: admin@berlin", "    user: x"), "does not name its cluster and its user"},
	} {
		t.Run(name, func(t *testing.T) {
			a, reason := parseAdministrator([]byte(c.text))
			if !strings.Contains(reason, c.reason) || reason == "" {
				t.Errorf("got %v, %q, want %q", a, reason, c.reason)
			}
			if strings.Contains(reason, "\n") || strings.Contains(reason, "geheim") || len(reason) > 200 {
				t.Errorf("it quotes: %q", reason)
			}
		})
	}
	for name, accepted := range map[string]string{
		"preferences":  replace("kind: Config", "kind: Config\npreferences: {}"),
		"extensions":   inCluster("    extensions: [{name: x, extension: {exec2: y}}]"),
		"not insecure": inCluster("    insecure-skip-tls-verify: false"),
		"no proxy":     inCluster("    proxy-url: null"),
		"JSON":         `{"clusters": [], "users": [], "contexts": []}`,
	} {
		if _, reason := parseAdministrator([]byte(accepted)); reason != "" && name != "JSON" {
			t.Errorf("%s: %s", name, reason)
		}
	}
}

// FuzzAdministrator holds the reader to what it promises of any text.
func FuzzAdministrator(f *testing.F) {
	f.Add([]byte("apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'https://x'}}]"))
	f.Add([]byte("x: &x [*x]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, reason := parseAdministrator(data)
		if reason == "" && (a == nil || !strings.HasPrefix(a.Server, "https://") || a.CAHash() == "") {
			t.Errorf("%q becomes %v", data, a)
		}
		if strings.ContainsAny(reason, "\n\x1b") {
			t.Errorf("the reason is %q", reason)
		}
	})
}
