package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// issued is a certificate in PEM and base64, with its key.
func issued(t *testing.T, name string, groups ...string) (certificate, key string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
		Subject: pkix.Name{CommonName: name, Organization: groups}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return encode("CERTIFICATE", der), encode("ED25519 PRIVATE KEY", pkcs8)
}

// What a credential says of itself is said: until when it lives, and what it opens.
func TestAuditSaysWhatACredentialOpens(t *testing.T) {
	certificate, key := issued(t, "admin", Masters)
	ca, _ := issued(t, "ca")
	const until = "2030-01-02T03:04:05Z"
	cluster := "clusters:\n- name: c\n  cluster: {server: 'https://c.example:6443', certificate-authority-data: " + ca +
		"}\ncontexts:\n- name: x\n  context: {cluster: c, user: a}\n"
	of := func(certificate string) string {
		return cluster + "users:\n- name: a\n  user:\n    client-certificate-data: " + certificate +
			"\n    client-key-data: " +
			key + "\n"
	}
	ours := func(args string) string {
		return "users:\n- name: a\n  user:\n    exec: {command: kubectl-edge_credential, args: [" + args + "]}\n"
	}
	const instance = "--project-id=3fa85f64-5717-4562-b3fc-2c963f66afa6, --region=eu01, --instance-id=demo-3714d85, " +
		"--cluster=berlin"
	plain, _ := issued(t, "jane", "dev", "ops")
	nobody, _ := issued(t, "")
	secretive, _ := issued(t, "ghp_Xk9fQePq7ZtW3mB8vLr2NyAa")
	reader, readerKey := issued(t, "", "os:reader")
	root, rootKey := issued(t, "", "os:admin")
	talos := func(crt, key string) string {
		return "context: berlin\ncontexts:\n  berlin:\n    endpoints: [192.0.2.7]\n    nodes: [192.0.2.8]\n    ca: " +
			ca +
			"\n    crt: " + crt + "\n    key: " + key + "\n"
	}
	asJSON, err := json.Marshal(map[string]any{"contexts": map[string]any{"b": map[string]any{"crt": root,
		"key": rootKey}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ data, want string }{
		"administrator": {of(certificate), "client-key|user a|client-key-data|everything in its cluster, by group " +
			"system:masters|https://c.example:6443|true|true|" + until},
		"a person": {of(plain), "client-key|user a|client-key-data|its cluster as jane, by dev, " +
			"ops|https://c.example:6443|true|false|" + until},
		"nobody": {of(nobody), "client-key|user a|client-key-data|its cluster|https://c.example:6443|true|false|" +
			until},
		"a secret": {of(secretive), "client-key|user a|client-key-data|its cluster as " +
			"REDACTED|https://c.example:6443|true|false|" + until},
		"no context": {strings.Replace(of(certificate), "user: a}", "user: b}", 1),
			"client-key|user a|client-key-data|everything in its cluster, by group system:masters||false|true|" +
				until},
		"a service account": {cluster + "users:\n- name: a\n  user: {token: " +
			jwt(`{"sub":"system:serviceaccount:kube-system:admin","exp":1893553445}`) + "}\n",
			"token|user a|token|its cluster as system:serviceaccount:kube-system:admin|" +
				"https://c.example:6443|true|false|" + until},
		"talosconfig": {talos(root, rootKey), "talosconfig|context berlin|key|the machines of a Talos cluster, " +
			"by os:admin|192.0.2.7|true|true|" + until},
		"talosconfig, reader": {talos(reader, readerKey), "talosconfig|context berlin|key|the machines of a " +
			"Talos cluster, by os:reader|192.0.2.7|true|false|" +
			until},
		"talosconfig, JSON": {string(asJSON), "talosconfig|context b|key|the machines of a Talos cluster, by " +
			"os:admin||false|true|" + until},
		"talosconfig in a Secret": {"kind: Secret\nmetadata: {name: s}\ndata:\n  talosconfig: " +
			base64.StdEncoding.EncodeToString([]byte(talos(root, rootKey))) + "\n",
			"talosconfig|secret s talosconfig context berlin|key|the machines " +
				"of a Talos cluster, by os:admin|192.0.2.7|true|true|" + until},
		"talosconfig of a login": {"context: a\ncontexts:\n  a:\n    endpoints: [x]\n    auth: {siderov1: " +
			"{identity: me@x.example}}\n", ""},
		"talosconfig, redacted": {talos(root, "REDACTED"), ""},
		"break-glass": {ours(instance + ", --credential=administrator"),
			"break-glass|user a|exec.args|everything in edge cluster berlin of instance " +
				"demo-3714d85||false|false|0001-01-01T00:00:00Z"},
		"break-glass, shell": {"users:\n- name: a\n  user:\n    exec: {command: sh, args: [-c, \"exec " +
			"kubectl-edge_credential " +
			strings.ReplaceAll(instance, ",", "") + " --credential=administrator\"]}\n",
			"break-glass|user a|exec.args|everything in edge cluster berlin of instance " +
				"demo-3714d85||false|false|0001-01-01T00:00:00Z"},
		"a role": {ours(instance + ", --role=view, --credential=token, --ca=" + strings.Repeat("0a", 32)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			findings, err := auditText([]byte(c.data), newUnpacking())
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range findings {
				got += fmt.Sprintf("%s|%s|%s|%s|%s|%v|%v|%s", f.Kind, f.Entry, f.Field, f.Opens, f.Server,
					len(f.Authorities) > 0,
					f.Everything, f.Expires.Format(time.RFC3339))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if c.want != "" {
				if places := placesOf(t, c.data); len(places) != 1 && !strings.HasPrefix(name, "break") {
					t.Errorf("in a folder: %q", places)
				}
				checkMasked(t, c.data)
			}
		})
	}
}

// Authorities are rotated one by one: a bundle shares one with what was there before.
func TestSameAuthority(t *testing.T) {
	pemOf := func(name string) []byte {
		certificate, _ := issued(t, name)
		data, err := base64.StdEncoding.DecodeString(certificate)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	a, b, c := pemOf("a"), pemOf("b"), pemOf("c")
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	if !SameAuthority(a, join(b, a)) || !SameAuthority(join(a, c), join(c, b)) {
		t.Error("a shared authority is not seen")
	}
	if SameAuthority(a, join(b, c)) || SameAuthority(nil, nil) || SameAuthority(a, nil) {
		t.Error("an authority is shared that is not")
	}
}
