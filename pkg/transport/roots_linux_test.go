package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// rootsCase makes this program a process that reads certificate authorities, which Go does once per process.
const rootsCase = "TRANSPORT_TEST_ROOTS"

// TestAuthorities: the system's authorities are read at the first request, from the bundle alone where that will do,
// and all of them where it will not.
func TestAuthorities(t *testing.T) {
	cases := map[string]func(t *testing.T, url, folder string){
		"the bundle is enough": func(t *testing.T, url, folder string) {
			wantAnswer(t, newClient(t, Options{}), url)
			if systemRead(t, folder) {
				t.Error("the folder was read, too")
			}
		},
		"the bundle is enough for a body that is read once": func(t *testing.T, url, folder string) {
			client := newClient(t, Options{})
			for range 2 { // the second time with the connection that there is
				body := newOnceBody("body")
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := do(client, req); err != nil || got != "body" {
					t.Errorf("got %q, %v", got, err)
				}
				<-body.closed
			}
			if systemRead(t, folder) {
				t.Error("the folder was read, too")
			}
		},
		"besides a file": func(t *testing.T, url, folder string) {
			other := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(other, bundled(t), 0o600); err != nil {
				t.Fatal(err)
			}
			wantAnswer(t, newClient(t, Options{CAFile: other}), url)
			if systemRead(t, folder) {
				t.Error("the folder was read, too")
			}
		},
		"nothing before a request": func(t *testing.T, url, folder string) {
			t.Setenv("SSL_CERT_FILE", filepath.Join(folder, "absent"))
			client := newClient(t, Options{CAData: bundled(t)})
			t.Setenv("SSL_CERT_DIR", folder) // it is this one that counts at the request
			wantAnswer(t, client, url)
		},
		"in the folder alone": func(t *testing.T, url, folder string) {
			t.Setenv("SSL_CERT_FILE", "/dev/null")
			t.Setenv("SSL_CERT_DIR", folder)
			wantAnswer(t, newClient(t, Options{}), url)
		},
		"a folder that was named is read": func(t *testing.T, url, folder string) {
			t.Setenv("SSL_CERT_DIR", folder)
			wantAnswer(t, newClient(t, Options{}), url)
			if !systemRead(t, t.TempDir()) {
				t.Error("the folder was not read")
			}
		},
		"not in the bundle": func(t *testing.T, url, folder string) {
			t.Setenv("SSL_CERT_FILE", writeBundle(t, bundled(t)))
			for name, o := range map[string]Options{"alone": {}, "with a file": {CAData: bundled(t)}} {
				client := newClient(t, o)
				if _, all, err := client.Transport.(*roundTripper).transport(false); err != nil || all {
					t.Fatalf("%s: all authorities at once: %v", name, err)
				}
				t.Setenv("SSL_CERT_DIR", folder) // stands for the system's folder, which a test cannot change
				wantAnswer(t, client, url)
				wantEcho(t, client, url)
				t.Setenv("SSL_CERT_DIR", "")
			}
		},
		"nowhere": func(t *testing.T, url, _ string) {
			t.Setenv("SSL_CERT_FILE", writeBundle(t, bundled(t)))
			var unknown x509.UnknownAuthorityError
			client := newClient(t, Options{})
			body := newOnceBody("body")
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := do(client, req); err == nil {
				t.Error("a server that nobody vouches for was trusted")
			}
			<-body.closed
			_, err = get(t, client, url)
			if err == nil || !strings.Contains(err.Error(), unknown.Error()) {
				t.Errorf("got %v, want %v", err, unknown)
			}
		},
	}
	if name := os.Getenv(rootsCase); name != "" {
		cases[name](t, os.Getenv("TRANSPORT_TEST_URL"), os.Getenv("TRANSPORT_TEST_FOLDER"))
		return
	}
	srv := tlsServer(t, nil, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "ca.pem"), ca(srv), 0o600); err != nil {
		t.Fatal(err)
	}
	bundle := writeBundle(t, append(bundled(t), ca(srv)...))
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAuthorities$")
			cmd.Env = append(os.Environ(), rootsCase+"="+name, "TRANSPORT_TEST_URL="+srv.URL,
				"TRANSPORT_TEST_FOLDER="+folder,
				"SSL_CERT_FILE="+bundle, "SSL_CERT_DIR=")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

func wantAnswer(t *testing.T, client *http.Client, url string) {
	t.Helper()
	if _, err := get(t, client, url); err != nil {
		t.Error(err)
	}
}

// wantEcho has a body sent, which has to arrive whole however often it was sent.
func wantEcho(t *testing.T, client *http.Client, url string) {
	t.Helper()
	fresh := client.Transport.(*roundTripper)
	fresh.base, fresh.all = nil, false
	t.Setenv("SSL_CERT_DIR", "")
	if _, _, err := fresh.transport(false); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]io.Reader{
		"repeatable": strings.NewReader("body"), "read once": io.MultiReader(strings.NewReader("body")),
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := do(client, req); err != nil || got != "body" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// onceBody is a body that cannot be rewound.
type onceBody struct {
	io.Reader
	closed chan struct{} // is closed with it
	once   sync.Once
}

func newOnceBody(text string) *onceBody {
	return &onceBody{Reader: strings.NewReader(text), closed: make(chan struct{})}
}

func (b *onceBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// systemRead reports whether Go's own pool of the system has been read in this process: if not, it is read now, from
// folder, which has one authority.
func systemRead(t *testing.T, folder string) bool {
	t.Helper()
	t.Setenv("SSL_CERT_FILE", "/dev/null")
	t.Setenv("SSL_CERT_DIR", folder)
	pool, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	want := x509.NewCertPool()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		want.AppendCertsFromPEM(data)
	}
	return !pool.Equal(want)
}

// bundled is an authority that signed nothing here.
func bundled(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func writeBundle(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), fmt.Sprintf("bundle-%d.pem", len(data)))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
