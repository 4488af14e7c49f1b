package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestTrust(t *testing.T) {
	srv := tlsServer(t, nil, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca(srv), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"CAData":             {CAData: ca(srv)},
		"CAFile":             {CAFile: file},
		"InsecureSkipVerify": {InsecureSkipVerify: true},
	} {
		t.Run(name, func(t *testing.T) {
			// HTTP/2 shows that setting up TLS did not end it.
			if got, err := get(t, newClient(t, o), srv.URL); err != nil || got != "HTTP/2.0" {
				t.Errorf("got %q, %v; want HTTP/2.0", got, err)
			}
		})
	}
	t.Run("system roots alone", func(t *testing.T) {
		var unknown x509.UnknownAuthorityError
		if _, err := get(t, newClient(t, Options{}), srv.URL); !errors.As(err, &unknown) {
			t.Errorf("got %v, want an unknown authority", err)
		}
	})
}

func TestBadCA(t *testing.T) {
	noPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(noPEM, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]Options{
		noPEM + " holds no PEM certificate": {CAFile: noPEM},
		"data holds no PEM certificate":     {CAData: []byte("secret")},
		"read CA certificates: open ":       {CAFile: noPEM + ".absent"},
	} {
		if _, err := NewClient(o); err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestOldTLSRefused(t *testing.T) {
	srv := tlsServer(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		func(http.ResponseWriter, *http.Request) {})
	_, err := get(t, newClient(t, Options{CAData: ca(srv)}), srv.URL)
	if err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("got %v, want the TLS version refused", err)
	}
}

func TestTimeout(t *testing.T) {
	srv := tlsServer(t, nil, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, err := get(t, newClient(t, Options{CAData: ca(srv), Timeout: 50 * time.Millisecond}), srv.URL)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v, want a time-out", err)
	}
	if got := newClient(t, Options{}).Timeout; got != DefaultTimeout {
		t.Errorf("default time limit is %v, want %v", got, DefaultTimeout)
	}
}

func TestUserAgent(t *testing.T) {
	srv := tlsServer(t, nil, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.UserAgent()) })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", "sdk/1")
	for want, o := range map[string]Options{"kubectl-edge/1.0": {UserAgent: "kubectl-edge/1.0"}, "sdk/1": {}} {
		o.CAData = ca(srv)
		if got, err := do(newClient(t, o), req); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if got := req.Header.Get("User-Agent"); got != "sdk/1" {
		t.Errorf("the caller's request was changed to %q", got)
	}
}

func TestBodyLimit(t *testing.T) {
	for _, c := range []struct {
		name string
		size int
		want error
	}{
		{"at the limit", maxBody, nil},
		{"above the limit", maxBody + 1, errBodyTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := &limitedBody{ReadCloser: io.NopCloser(bytes.NewReader(make([]byte, c.size))), left: maxBody}
			n, err := io.Copy(io.Discard, body)
			if n != maxBody || !errors.Is(err, c.want) {
				t.Errorf("read %d bytes, %v; want %d, %v", n, err, maxBody, c.want)
			}
		})
	}
	srv := tlsServer(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 1<<20)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if _, err := get(t, newClient(t, Options{CAData: ca(srv)}), srv.URL); !errors.Is(err, errBodyTooLarge) {
		t.Errorf("endless answer: got %v", err)
	}
}

// A redirect to another host, port or scheme ends the request, and nothing at all arrives there.
func TestRedirect(t *testing.T) {
	var arrived atomic.Int32
	elsewhere := func(http.ResponseWriter, *http.Request) { arrived.Add(1) }
	other := tlsServer(t, nil, elsewhere)
	plain := httptest.NewServer(http.HandlerFunc(elsewhere))
	t.Cleanup(plain.Close)

	var to string
	var served atomic.Int32
	srv := tlsServer(t, nil, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		if r.URL.Path == "/end" {
			io.WriteString(w, r.Header.Get("Authorization")+" "+r.Header.Get("X-API-Key"))
			return
		}
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	})
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	client := newClient(t, Options{CAData: append(ca(srv), ca(other)...)})

	send := func(target string) (string, error) {
		to = target
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/start?token=secret-in-query", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer secret-token")
		req.Header.Set("X-API-Key", "secret-key")
		return do(client, req)
	}
	for name, target := range map[string]string{
		"another port":        other.URL + "/end?leak=secret-token",
		"plain http":          plain.URL + "/end",
		"same port, http":     strings.Replace(srv.URL, "https:", "http:", 1) + "/end",
		"another name":        "https://localhost:" + port + "/end",
		"subdomain":           "https://sub.127.0.0.1:" + port + "/end",
		"host in user's part": strings.Replace(other.URL, "https://", "https://127.0.0.1:"+port+"@", 1),
		"scheme-relative":     "//" + strings.TrimPrefix(other.URL, "https://") + "/end",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := send(target)
			var redirect *RedirectError
			if !errors.As(err, &redirect) {
				t.Fatalf("got %v, want a RedirectError", err)
			}
			if redirect.From != srv.URL || strings.Contains(redirect.Error(), "secret") {
				t.Errorf("message %q", redirect)
			}
		})
	}
	if n := arrived.Load(); n != 0 {
		t.Errorf("%d requests arrived at another host", n)
	}
	for name, target := range map[string]string{"path": "/end", "whole URL": srv.URL + "/end"} {
		t.Run(name, func(t *testing.T) {
			if got, err := send(target); err != nil || got != "Bearer secret-token secret-key" {
				t.Errorf("within the host: got %q, %v", got, err)
			}
		})
	}
	t.Run("loop", func(t *testing.T) {
		served.Store(0)
		if _, err := send("/start"); err == nil || !strings.Contains(err.Error(), "10 redirects") ||
			served.Load() != 10 {
			t.Errorf("got %v after %d requests", err, served.Load())
		}
	})
}

func TestHostPort(t *testing.T) {
	for from, to := range map[string]string{
		"https://edge.example/a":     "https://EDGE.example:443/b",
		"http://edge.example/a":      "http://edge.example:80/b",
		"https://[::1]:8443/a":       "https://[::1]:8443/b",
		"https://edge.example:444/a": "https://edge.example:444",
	} {
		a, _ := http.NewRequest(http.MethodGet, from, nil)
		b, _ := http.NewRequest(http.MethodGet, to, nil)
		if err := checkRedirect(b, []*http.Request{a}); err != nil {
			t.Errorf("%s to %s: %v", from, to, err)
		}
	}
}

// net/http reads the proxy variables once per process, so the request is made by a process of its own.
func TestProxy(t *testing.T) {
	if url := os.Getenv("TRANSPORT_TEST_URL"); url != "" {
		body, err := get(t, newClient(t, Options{CAFile: os.Getenv("TRANSPORT_TEST_CA")}), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Log("answer: " + body)
		return
	}

	srv := tlsServer(t, nil, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "reached "+r.Host) })
	connects := make(chan *http.Request, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT only", http.StatusBadRequest)
			return
		}
		connects <- r
		upstream, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer upstream.Close()
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go io.Copy(upstream, conn)
		io.Copy(conn, upstream)
	}))
	t.Cleanup(proxy.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca(srv), 0o600); err != nil {
		t.Fatal(err)
	}

	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxy$", "-test.v")
	cmd.Env = append(os.Environ(), "TRANSPORT_TEST_URL=https://example.com/", "TRANSPORT_TEST_CA="+file,
		"HTTPS_PROXY="+strings.Replace(proxy.URL, "http://", "http://user:proxy-password@", 1), "NO_PROXY=",
		"no_proxy=")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "answer: reached example.com") {
		t.Fatalf("%v\n%s", err, out)
	}
	r := <-connects
	if r.Host != "example.com:443" || r.Header.Get("Proxy-Authorization") == "" || r.Header.Get("Authorization") != "" {
		t.Errorf("the proxy was asked for %s with %v", r.Host, r.Header)
	}
}

func tlsServer(t *testing.T, config *tls.Config, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.TLS = config
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what some tests are about
	srv.StartTLS()
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv
}

// ca is the server's certificate, which httptest signs with itself; it is good for example.com and 127.0.0.1.
func ca(srv *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
}

func newClient(t *testing.T, o Options) *http.Client {
	t.Helper()
	client, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func get(t *testing.T, client *http.Client, url string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(client, req)
}

func do(client *http.Client, req *http.Request) (string, error) {
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}
