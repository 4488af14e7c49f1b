package clusteraccess

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// TestReviewRefused has API servers refuse the question who one is, as one does where system:basic-user was taken away:
// the refusal names whom it takes the bearer for, and that counts.
func TestReviewRefused(t *testing.T) {
	const name = "kubectl-edge:ada@example.com"
	for user, want := range map[string]string{
		name:               "",
		name + ".evil":     "try the token: ",
		"somebody":         "try the token: ",
		"system:anonymous": "something in between drops it",
	} {
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"kind": "Status", "code": 403, "reason": "Forbidden", "message": %q}`,
				fmt.Sprintf("selfsubjectreviews is forbidden: User %q cannot create resource", user))
		}))
		server := kubeapi.Server{URL: s.URL,
			CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})}
		err := review(t.Context(), server, tokencache.Entry{Token: "t-0-k-e-n"}, "test", name, nil)
		s.Close()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", user, err, want)
		}
	}
}

// TestAnsweredCertificates has signers put text around certificates, which the API allows (kubernetes#91685), or
// something else in their place.
func TestAnsweredCertificates(t *testing.T) {
	s := httptest.NewTLSServer(nil)
	s.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	damaged := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})
	for name, c := range map[string]struct{ text, want string }{
		"alone":   {string(certificate), ""},
		"chain":   {string(certificate) + string(certificate), ""},
		"text":    {"subject=ada\n" + string(certificate) + "\nsigned by the plant\n", ""},
		"empty":   {"", "there is no certificate in it"},
		"words":   {"no\n", "there is no certificate in it"},
		"key":     {string(certificate) + string(key), "it is not in PEM"},
		"damaged": {string(damaged), "not a certificate"},
		"large":   {strings.Repeat(string(certificate), 100), "it is too large"},
	} {
		leaf, err := parseCertificates([]byte(c.text))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) ||
			err == nil && !leaf.Equal(s.Certificate()) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if cleaned := normal([]byte(c.text)); err == nil && strings.Contains(string(cleaned), "plant") {
			t.Errorf("%s: text is kept: %s", name, cleaned)
		}
	}
}
