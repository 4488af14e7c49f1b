package accesstest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Front is another address of the World, at which a test sees each request. It ends TLS as the API server does:
// clients' certificates count, which it looks at itself, and by a clock of its own.
type Front struct {
	URL string
	CA  []byte // PEM

	ahead time.Duration
}

// Front opens one whose clock is ahead of this machine's. Around may be nil.
func (w *World) Front(t testing.TB, ahead time.Duration, around func(http.Handler) http.Handler) *Front {
	t.Helper()
	f := &Front{ahead: ahead}
	target, err := url.Parse(w.Config.Host)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.Config.CAData)
	admin, err := tls.X509KeyPair(w.Config.CertData, w.Config.KeyData)
	if err != nil {
		t.Fatal(err)
	}
	quiet := log.New(io.Discard, "", 0) // those who are killed close their connections
	behind := func(own ...tls.Certificate) http.Handler {
		return &httputil.ReverseProxy{
			Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
			FlushInterval: -1, // watches
			ErrorLog:      quiet,
			Transport: &http.Transport{MaxIdleConnsPerHost: 10,
				TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: own, MinVersion: tls.VersionTLS12}},
			ModifyResponse: func(r *http.Response) error {
				r.Header.Set("Date", time.Now().Add(f.ahead).UTC().Format(http.TimeFormat))
				return nil
			},
		}
	}
	asAdmin, asSent := behind(admin), behind()
	authority, _ := w.authority(t)
	var handler http.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) == 0 {
			asSent.ServeHTTP(rw, r)
			return
		}
		leaf := r.TLS.PeerCertificates[0]
		if !bytes.Equal(leaf.Raw, admin.Certificate[0]) {
			if !f.takes(leaf, authority) {
				unauthorized(rw)
				return
			}
			r.Header.Del("Impersonate-Extra")
			r.Header["Impersonate-User"] = []string{leaf.Subject.CommonName}
			r.Header["Impersonate-Group"] = leaf.Subject.Organization
		}
		asAdmin.ServeHTTP(rw, r)
	})
	if around != nil {
		handler = around(handler)
	}
	s := httptest.NewUnstartedServer(handler)
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	f.URL = s.URL
	f.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return f
}

// takes reports whether the certificate counts now, by the clock of the front.
func (f *Front) takes(leaf, authority *x509.Certificate) bool {
	now := time.Now().Add(f.ahead)
	return leaf.CheckSignatureFrom(authority) == nil && !now.Before(leaf.NotBefore) && !now.After(leaf.NotAfter)
}

// unauthorized is what an API server answers to one whose certificate does not count.
func unauthorized(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	status := metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure,
		Message: "Unauthorized", Reason: metav1.StatusReasonUnauthorized, Code: http.StatusUnauthorized}
	_ = json.NewEncoder(w).Encode(status)
}

// Use makes a kubeconfig lead to the front.
func (f *Front) Use(k *clientcmdapi.Config) {
	k.Clusters["berlin"].Server, k.Clusters["berlin"].CertificateAuthorityData = f.URL, f.CA
}
