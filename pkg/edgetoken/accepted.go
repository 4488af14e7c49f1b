package edgetoken

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// ErrServerUnknown is the error of Accepted where STACKIT has not said yet where the token is taken.
var ErrServerUnknown = errors.New("where the instance's API server is, is not known: STACKIT says it with a " +
	"kubeconfig alone")

// acceptedTimeout bounds the question: somebody waits for an answer that is in the cache.
const acceptedTimeout = 5 * time.Second

// selfReview is what any authenticated user may ask for. The answer does not count, but whether it is 401: a server
// takes a token before it looks at what is asked for.
const selfReview = `{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`

// Accepted asks the API server of the instance or the edge cluster whether it takes the credential. The server is one
// that STACKIT named, and its authorities alone count: proxies and authorities can come from variables, which a
// kubeconfig can set. While it waits it has attend say so, as transport.Attend does.
func Accepted(ctx context.Context, server tokencache.Server, e tokencache.Entry, attend func(string) func()) (bool,
	error) {
	if server.URL == "" || len(server.CA) == 0 {
		return false, ErrServerUnknown
	}
	client, err := rest.HTTPClientFor(&rest.Config{
		BearerToken: e.Token, Timeout: acceptedTimeout, TLSClientConfig: rest.TLSClientConfig{
			CAData: server.CA, CertData: []byte(e.Certificate), KeyData: []byte(e.PrivateKey),
		},
	})
	if err != nil {
		return false, fmt.Errorf("ask the API server: %w", err)
	}
	defer client.CloseIdleConnections()
	transport.Attend(client, attend)
	// The token goes nowhere else.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	url := server.URL + "/apis/authentication.k8s.io/v1/selfsubjectreviews"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(selfReview)))
	if err != nil {
		return false, fmt.Errorf("ask the API server: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return false, fmt.Errorf("ask the API server: %w", err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return false, nil
	case resp.StatusCode < 300, resp.StatusCode == http.StatusForbidden, resp.StatusCode == http.StatusNotFound:
		return true, nil // it may not know the question, or not allow it, but knows who asks
	}
	return false, fmt.Errorf("ask the API server: it answered %s", resp.Status)
}
