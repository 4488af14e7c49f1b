package edgetoken_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

const (
	project  = "12345678-90ab-cdef-1234-567890abcdef"
	region   = "eu01"
	instance = "demo-3714d85"
)

type fixed string

func (f fixed) Token(context.Context) (string, error)         { return string(f), nil }
func (f fixed) Renew(context.Context, string) (string, error) { return string(f), nil }

// api answers with this token, both ways, in a context with this namespace.
func api(t *testing.T, token, namespace string) edgetoken.Minter {
	t.Helper()
	var server *httptest.Server
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any = map[string]string{"token": token}
		if strings.HasSuffix(r.URL.Path, "/kubeconfig") {
			ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
			answer = map[string]any{"kubeconfig": map[string]any{
				"apiVersion": "v1", "kind": "Config", "current-context": "c",
				"clusters": []any{map[string]any{"name": "c", "cluster": map[string]any{
					"server": "https://demo.example", "certificate-authority-data": ca}}},
				"users": []any{map[string]any{"name": "u", "user": map[string]any{"token": token}}},
				"contexts": []any{map[string]any{"name": "c", "context": map[string]any{
					"cluster": "c", "user": "u", "namespace": namespace}}},
			}}
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	client := stackit.New(server.Client(), stackit.Endpoints{Edge: server.URL}, fixed("access"))
	return edgetoken.Minter{Client: client, Now: time.Now}
}

// both are the two ways in which a token enters.
func both(t *testing.T, token, namespace string) map[string]error {
	t.Helper()
	m := api(t, token, namespace)
	_, errMint := m.Mint(t.Context(), project, region, instance, time.Hour)
	_, errFetch := m.Fetch(t.Context(), project, region, instance)
	return map[string]error{"mint": errMint, "fetch": errFetch}
}

// A token is checked where it enters, whichever way it comes: what cannot be a header, or would steer a terminal or a
// file that it is written to, is none.
func TestWhatIsNotATokenIsRefused(t *testing.T) {
	for name, token := range map[string]string{
		"a space":               "a b",
		"a line break":          "a\nb",
		"a control character":   "a\x1b[2Jb",
		"a letter not of ASCII": "tökén",
		"a quote":               `a"b`,
		"padding alone":         "==",
		"more than a header":    strings.Repeat("a", edgetoken.MaxSize+1),
	} {
		for way, err := range both(t, token, "default") {
			if err == nil || !strings.Contains(err.Error(), "what the API answered is not a token") {
				t.Errorf("%s, %s: got %v", name, way, err)
			} else if strings.Contains(err.Error(), token) {
				t.Errorf("%s, %s: the error quotes it", name, way)
			}
		}
	}
	for way, err := range both(t, "stec_a.b-c~d+e/f==", "default") {
		if err != nil {
			t.Errorf("a good one, %s: %v", way, err)
		}
	}
}

// A token that has expired when it comes is not a token either.
func TestExpiredWhenItComes(t *testing.T) {
	for way, err := range both(t, "e30.eyJleHAiOjF9.c2ln", "default") { // {"exp":1}
		if err == nil || !strings.Contains(err.Error(), "one that expired at 1970-01-01") {
			t.Errorf("%s: got %v", way, err)
		}
	}
}

// The namespace that the API names is checked as the flag is.
func TestNamespaceOfTheAPI(t *testing.T) {
	for namespace, good := range map[string]bool{
		"": true, "line-1": true, "Line 1": false, "a\x1bb": false, "../x": false, strings.Repeat("a", 64): false,
	} {
		_, err := api(t, "token", namespace).Fetch(t.Context(), project, region, instance)
		if (err == nil) != good {
			t.Errorf("namespace %q: %v", namespace, err)
		}
	}
}

// An end without a beginning is bounded by what was asked for.
func TestLifeIsBounded(t *testing.T) {
	m := api(t, "e30.eyJleHAiOjI1MzQwMjMwMDgwMH0.c2ln", "") // {"exp":253402300800}, in the year 10000
	e, err := m.Mint(t.Context(), project, region, instance, time.Hour)
	if err != nil || e.Expires.Sub(e.Issued) != time.Hour {
		t.Errorf("got %v, %v", e, err)
	}
	place, err := m.Fetch(t.Context(), project, region, instance)
	if err != nil || place.Token.Expires.Sub(place.Token.Issued) != 10*time.Minute {
		t.Errorf("got %v, %v", place.Token, err)
	}
}
