package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// No credential leaves for an endpoint that the user does not trust, wherever that endpoint was named.
func TestUntrustedEndpoints(t *testing.T) {
	requests := make(chan string, 100)
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter,
		r *http.Request) {
		requests <- r.URL.String()
	}))
	defer elsewhere.Close()
	shared := newWorld(t)
	for name, change := range map[string]func(w *world, key map[string]any){
		"in the key": func(_ *world, key map[string]any) {
			key["credentials"].(map[string]any)["tokenEndpoint"] = elsewhere.URL + "/token"
		},
		"in the key, without TLS": func(w *world, key map[string]any) {
			key["credentials"].(map[string]any)["tokenEndpoint"] = strings.Replace(w.sandbox.ServiceAccountTokenURL(),
				"https:", "http:", 1)
		},
		"in the environment": func(w *world, _ map[string]any) { w.env["STACKIT_TOKEN_BASEURL"] = elsewhere.URL },
		"in the configuration": func(w *world,
			_ map[string]any) {
			w.profile.Endpoints.ServiceAccountToken = elsewhere.URL
		},
		"with a similar name": func(w *world,
			_ map[string]any) {
			w.env["STACKIT_TOKEN_BASEURL"] = "https://evilstackit.cloud/token"
		},
		"edge": func(w *world, _ map[string]any) { w.profile.Endpoints.Edge = elsewhere.URL },
	} {
		t.Run(name, func(t *testing.T) {
			w := shared.fresh(t)
			w.client = elsewhere.Client()
			key := map[string]any{}
			if err := json.Unmarshal(w.sandbox.ServiceAccountKey(), &key); err != nil {
				t.Fatal(err)
			}
			change(w, key)
			data, err := json.Marshal(key)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.account().Login(t.Context(), KeyFile{Path: w.write("key.json", data)})
			wantError(t, err, "endpoint", "")
		})
	}
	if len(requests) != 0 {
		t.Errorf("a request went to %s", <-requests)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	requests := make(chan string, 100)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter,
		r *http.Request) {
		requests <- r.URL.String()
	}))
	defer elsewhere.Close()
	w := newWorld(t)
	err := w.sandbox.Inject(sandbox.Fault{Path: "/service-account/token", Status: 307,
		Header: map[string]string{"Location": elsewhere.URL}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.account().Login(t.Context(), w.keyFile())
	wantError(t, err, "it redirects", "")
	if len(requests) != 0 {
		t.Errorf("the redirect was followed to %s", <-requests)
	}
}

func TestExchangeFailures(t *testing.T) {
	shared := newWorld(t)
	for _, tc := range []struct {
		fault      sandbox.Fault
		want, next string
	}{
		{sandbox.Fault{Preset: "invalid-grant"}, "it was rejected: deleted, revoked, expired", "create another key"},
		{sandbox.Fault{Preset: "unauthorized"}, "401 Unauthorized", "doctor"},
		{sandbox.Fault{Preset: "forbidden-html"}, "a web page came back", "doctor"},
		{sandbox.Fault{Preset: "too-many-requests"}, "too many requests (429", "try again in 1 seconds"},
		{sandbox.Fault{Preset: "internal-error"}, "the service has a problem (500", "try again"},
		{sandbox.Fault{Preset: "bad-gateway"}, "a web page came back", "try again"},
		{sandbox.Fault{Preset: "unavailable"}, "the service has a problem (503", "try again"},
		{sandbox.Fault{Preset: "html"}, "what came back is not a token", "doctor"},
		{sandbox.Fault{Preset: "not-json"}, "what came back is not a token", "doctor"},
		{sandbox.Fault{Preset: "empty"}, "what came back is not a token", "doctor"},
		{sandbox.Fault{Preset: "huge"}, "what came back is not a token", "doctor"},
		{sandbox.Fault{Preset: "hang"}, "no answer from localhost:", "check the network, HTTPS_PROXY and NO_PROXY; " +
			"what can be reached: kubectl edge doctor"},
		{sandbox.Fault{Preset: "cut"}, "EOF", "check the network"},
		{sandbox.Fault{Preset: "cut-body"}, "what came back is not a token", "doctor"},
		{sandbox.Fault{Status: 200, ContentType: "application/json", Body: `{"error":"eyJoZWFkZXI"}`},
			"no token came back", ""},
		{sandbox.Fault{Status: 400, ContentType: "application/json",
			Body: `{"error":"eyJ","error_description":"assertion=eyJ"}`}, "400 Bad Request", ""},
	} {
		t.Run(fmt.Sprint(tc.fault.Preset, tc.fault.Body), func(t *testing.T) {
			w := shared.fresh(t)
			tc.fault.Path = "/service-account/token"
			if err := w.sandbox.Inject(tc.fault); err != nil {
				t.Fatal(err)
			}
			if tc.fault.Preset == "hang" {
				w.client.Timeout = 50 * time.Millisecond
			}
			_, err := w.account().Login(t.Context(), w.keyFile())
			wantError(t, err, tc.want, tc.next)
			if err != nil && !strings.Contains(err.Error(),
				"exchange service account key at "+w.sandbox.ServiceAccountTokenURL()) {
				t.Errorf("the error does not name source and endpoint: %v", err)
			}
			if len(w.files()) != 0 {
				t.Errorf("left behind: %v", w.files())
			}
		})
	}
}

func TestNoNetwork(t *testing.T) {
	w := newWorld(t)
	key := w.keyFile()
	w.client.Transport = roundTripFunc(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("dial tcp: no route to host")
	})
	_, err := w.account().Login(t.Context(), key)
	wantError(t, err, "no route to host", "check the network")
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestLoginIsInterrupted(t *testing.T) {
	w := newWorld(t)
	if err := w.sandbox.Inject(sandbox.Fault{Preset: "hang", Path: "/service-account/token"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.client.Transport = cancelAfter(w.client.Transport, cancel)
	if _, err := w.account().Login(ctx, w.keyFile()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// cancelAfter cancels as soon as a request is on its way.
func cancelAfter(next http.RoundTripper, cancel func()) http.RoundTripper {
	return roundTripFunc(func(r *http.Request) (*http.Response, error) {
		cancel()
		return next.RoundTrip(r)
	})
}
