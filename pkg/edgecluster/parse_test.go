package edgecluster

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
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
	two := replace("contexts:\n", "contexts:\n- {name: x, context: {cluster: berlin, user: admin@berlin}}\n")
	locked := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})
	lockedOld := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte("x"),
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}})
	unreadable := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})
	bomb := "a0: &a0 [x, x]\n"
	for i := range 40 {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	for name, c := range map[string]struct{ text, reason string }{
		"empty":          {"", "not YAML"},
		"no YAML":        {"{", "not YAML"},
		"binary":         {"\x00\x01\xff", "not YAML"},
		"a scalar":       {"hello", "not a kubeconfig"},
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
		"http":           {replace("https://berlin.example:6443", "http://berlin.example"), "not a plain https URL"},
		"user in URL":    {replace("https://berlin", "https://a:b@berlin"), "not a plain https URL"},
		"query":          {replace(":6443", ":6443/?x=1"), "not a plain https URL"},
		"fragment":       {replace(":6443", ":6443/#x"), "not a plain https URL"},
		"path":           {replace(":6443", ":6443/../../x"), "not a plain https URL"},
		"control": {replace("https://berlin.example:6443", `"https://b\e[2J.example"`),
			"control characters in it (server)"},
		"name":    {replace("- name: berlin", `- name: "b\e[2J"`), "control characters in it (name)"},
		"no host": {replace("https://berlin.example:6443", "https://"), "not a plain https URL"},
		"a list":  {replace("https://berlin.example:6443", "[a, b]"), "kubectl could not read"},
		"no CA":   {replace("certificate-authority-data: "+base(ca), "x: y"), "no certificate authorities"},
		"empty CA": {replace("certificate-authority-data: "+base(ca), "certificate-authority-data: ''"),
			"no certificate authorities"},
		"CA not base64": {replace(base(ca), "a.b"), "not in base64"},
		"CA with a key": {replace(base(ca), base(append(append([]byte{}, ca...), caKey...))), "something else in it"},
		"other key":     {replace(base(key), base(otherKey)), "half renewed: certificate and key"},
		"other cert":    {replace(base(certificate), base(otherCertificate)), "half renewed: certificate and key"},
		"no key": {replace("    client-key-data: "+base(key)+"\n", ""),
			"half renewed: the kubeconfig has a cert"},
		"no cert": {replace("    client-certificate-data: "+base(certificate)+"\n", ""),
			"half renewed: the kubeconfig has a key"},
		"torn cert":                 {replace(base(certificate), base(certificate[:100])), "not a PEM certificate"},
		"torn key":                  {replace(base(key), base(key[:60])), "not a PEM key"},
		"locked key":                {replace(base(key), base(locked)), "locked with a passphrase"},
		"locked key of openssl":     {replace(base(key), base(lockedOld)), "locked with a passphrase"},
		"a key that cannot be read": {replace(base(key), base(unreadable)), "not a key that can be read"},
		"cluster twice": {replace("clusters:\n", "clusters:\n- {name: berlin, cluster: {server: 'https://x'}}\n"),
			"a name is there twice"},
		"another kind": {replace("kind: Config", "kind: Secret"), "kubectl could not read"},
		"neither": {replace("    client-certificate-data: "+base(certificate)+"\n    client-key-data: "+base(key),
			"    {}"),
			"neither a certificate nor a token"},
		"two contexts, none current": {strings.Replace(two, "current-context: admin@berlin", "", 1),
			"2 contexts, and no current-context"},
		"exec of another user": {strings.Replace(two, "users:\n",
			"users:\n- {name: x, user: {exec: {command: evil}}}\n", 1), "wants a program to be run (exec)"},
		"no cluster":      {"apiVersion: v1\nkind: Config\n", "0 contexts, and no current-context"},
		"another context": {replace("current-context: admin@berlin", "current-context: x"), "current-context"},
		"another user":    {replace("    user: admin@berlin", "    user: x"), "does not name a user"},
		"another cluster": {replace("    cluster: berlin\n", "    cluster: x\n"), "does not name a cluster"},
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
}

// TestLenientAdministrator has whatever kubectl would read, and does no harm, be read as kubectl does.
func TestLenientAdministrator(t *testing.T) {
	ca, _ := pair(t, "ca", time.Now().Add(time.Hour))
	certificate, key := pair(t, "admin", time.Now().Add(time.Hour))
	text := talos(ca, certificate, key)
	replace := func(old, replacement string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(text, old, replacement, 1)
	}
	inUser := func(lines string) string { return replace("    client-key-data", lines+"\n    client-key-data") }
	inCluster := func(lines string) string { return replace("    server:", lines+"\n    server:") }
	parameters := []byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n")
	bag := []byte("Bag Attributes\n    friendlyName: admin\n")
	for name, accepted := range map[string]string{
		"preferences":      replace("kind: Config", "kind: Config\npreferences: {}"),
		"extensions":       inCluster("    extensions: [{name: x, extension: {exec2: y}}]"),
		"not insecure":     inCluster("    insecure-skip-tls-verify: false"),
		"no proxy":         inCluster("    proxy-url: null\n    tls-server-name: ''\n    certificate-authority: ''"),
		"no such user":     inUser("    username: ''\n    as-groups: []\n    as-user-extra: {}\n    tokenFile: ''"),
		"compression":      inCluster("    disable-compression: true"),
		"unknown fields":   inUser("    since-v1.40: {x: 1}"),
		"both":             inUser("    token: abc"),
		"no current":       replace("current-context: admin@berlin", ""),
		"no version":       replace("apiVersion: v1\nkind: Config\n", ""),
		"two contexts":     replace("contexts:\n", "contexts:\n- {name: x, context: {cluster: y, user: z}}\n"),
		"two clusters":     replace("clusters:\n", "clusters:\n- {name: x, cluster: {server: 'http://x'}}\n"),
		"two users":        replace("users:\n", "users:\n- {name: x, user: {token: y}}\n"),
		"no scheme":        replace("https://berlin", "berlin"),
		"upper case":       replace("https://berlin", "HTTPS://Berlin"),
		"trailing slash":   replace(":6443", ":6443/"),
		"a path":           replace(":6443", ":6443/k8s/clusters/c-1"),
		"IPv6":             replace("berlin.example:6443", "[2001:db8::1]:6443"),
		"byte order mark":  "\ufeff" + text,
		"carriage returns": strings.ReplaceAll(text, "\n", "\r\n"),
		"document marks":   "---\n" + text + "...\n",
		"curve parameters": replace(base(key), base(append(parameters, key...))),
		"bag attributes":   replace(base(certificate), base(append(bag, certificate...))),
		"chain":            replace(base(certificate), base(slices.Concat(certificate, ca))),
		"text in CA":       replace(base(ca), base(append([]byte("# the CA\r\n"), ca...))),
		"broken base64":    replace(base(ca), "|\n      "+base(ca[:90])+"\n      "+base(ca[90:])+"\n"),
	} {
		a, reason := parseAdministrator([]byte(accepted))
		if reason != "" {
			t.Errorf("%s: %s", name, reason)
			continue
		}
		if a.Kind() != "certificate" || a.CAHash() == "" || !strings.HasPrefix(strings.ToLower(a.Server), "https://") {
			t.Errorf("%s: got %s, %s", name, a.Kind(), a.Server)
		}
	}
}

// TestKeys has keys of each kind and form be taken.
func TestKeys(t *testing.T) {
	ca, _ := pair(t, "ca", time.Now().Add(time.Hour))
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8 := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for name, c := range map[string]struct {
		key  crypto.Signer
		kind string
		der  []byte
	}{
		"RSA, PKCS #1":            {rsaKey, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)},
		"RSA, PKCS #8":            {rsaKey, "PRIVATE KEY", pkcs8(rsaKey)},
		"EC, SEC 1":               {ecKey, "EC PRIVATE KEY", sec1},
		"EC, PKCS #8":             {ecKey, "PRIVATE KEY", pkcs8(ecKey)},
		"Ed25519, PKCS #8":        {edKey, "PRIVATE KEY", pkcs8(edKey)},
		"Ed25519, as Talos names": {edKey, "ED25519 PRIVATE KEY", pkcs8(edKey)},
	} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, c.key.Public(), c.key)
		if err != nil {
			t.Fatal(err)
		}
		text := talos(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
			pem.EncodeToMemory(&pem.Block{Type: c.kind, Bytes: c.der}))
		if a, reason := parseAdministrator([]byte(text)); reason != "" || a.NotAfter.IsZero() {
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
		if reason == "" && (a == nil || !strings.HasPrefix(strings.ToLower(a.Server), "https://") || a.CAHash() == "") {
			t.Errorf("%q becomes %v", data, a)
		}
		if strings.ContainsAny(reason, "\n\x1b") {
			t.Errorf("the reason is %q", reason)
		}
	})
}
