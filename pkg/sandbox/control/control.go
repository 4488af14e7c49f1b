// Package control is the client of a sandbox's control address, by which its settings are changed while it runs.
package control

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Client talks to one sandbox.
type Client struct {
	base string
	http *http.Client
}

// New returns a client of the sandbox in whose environment this program runs.
func New(getenv func(string) string) (*Client, error) {
	base := getenv("EDGE_SANDBOX_URL")
	if base == "" {
		return nil, hint.Wrap(errors.New("EDGE_SANDBOX_URL is not set"),
			"run this inside of a sandbox: edge-sandbox up -- COMMAND")
	}
	client, err := NewHTTP(getenv("EDGE_SANDBOX_CA"))
	if err != nil {
		return nil, err
	}
	client.Timeout = longest
	return &Client{base: base, http: client}, nil
}

// longest is how long an operation may take: the servers of an edge cluster have two minutes to start.
const longest = 3 * time.Minute

// Call sends a request with body in, as JSON unless nil, and decodes the answer into out unless that is nil or nothing
// was answered.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	data, err := c.send(ctx, method, path, body)
	if err != nil || out == nil || len(data) == 0 {
		return err
	}
	return json.Unmarshal(data, out)
}

// Get returns what is answered to a GET.
func (c *Client) Get(ctx context.Context, path string) ([]byte, error) {
	return c.send(ctx, http.MethodGet, path, nil)
}

func (c *Client) send(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the sandbox: %w", err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("ask the sandbox: %s %s: %w", method, path, err)
	}
	if res.StatusCode >= 300 {
		var refusal struct{ Message string }
		if json.Unmarshal(data, &refusal) != nil || refusal.Message == "" {
			refusal.Message = res.Status
		}
		return nil, fmt.Errorf("ask the sandbox: %s", refusal.Message)
	}
	return data, nil
}

// maxAnswer bounds what is read of an answer, in bytes: there may be thousands of instances.
const maxAnswer = 64 << 20

// NewHTTP makes an HTTP client that trusts the certificate authorities of a PEM file, or the system's if path is "".
func NewHTTP(path string) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the sandbox's CA: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the sandbox's CA: no certificate in %s", path)
		}
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: 10 * time.Second}, nil
}
