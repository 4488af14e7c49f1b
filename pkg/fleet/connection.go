package fleet

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
)

// connectTimeout bounds dialling: kubectl waits 30 seconds for each of several attempts.
const connectTimeout = 10 * time.Second

// connection is how one member is asked: over one connection, with one credential.
type connection struct {
	member *Member
	note   func(string) // gets the server's warnings

	mu         sync.Mutex
	client     *rest.RESTClient
	credential Credential
	warned     []string
	bounds     bounds
}

// open returns the client, made when it is first needed.
func (c *connection) open(ctx context.Context) (*rest.RESTClient, error) {
	if c.client != nil {
		return c.client, nil
	}
	credential, err := c.member.Credential(ctx, nil)
	if err != nil {
		return nil, credentialError{err}
	}
	return c.use(credential)
}

func (c *connection) use(credential Credential) (*rest.RESTClient, error) {
	config := rest.CopyConfig(c.member.Config)
	config.BearerToken = credential.Token
	config.CertData, config.KeyData = credential.CertPEM, credential.KeyPEM
	config.APIPath = "/"
	config.GroupVersion = &schema.GroupVersion{}
	config.NegotiatedSerializer = statuses()
	config.QPS = -1 // a command asks little, and the server says when it is too much
	config.WarningHandler = c
	// A dialler of its own keeps client-go from sharing connections with, and keeping them for, other configurations.
	config.Dial = (&net.Dialer{Timeout: connectTimeout}).DialContext
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		c.bounds.next = next
		return &c.bounds
	})
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	httpClient.CheckRedirect = sameServer
	client, err := rest.RESTClientForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, err
	}
	c.client, c.credential = client, credential
	return client, nil
}

// sameServer keeps to the server: client-go would send the credential wherever that points to.
func sameServer(next *http.Request, before []*http.Request) error {
	if from := before[0].URL; next.URL.Scheme != from.Scheme || next.URL.Host != from.Host {
		return fmt.Errorf("it sends us on to %s, which is not to have the credential", next.URL.Host)
	}
	if len(before) >= mostRedirects {
		return fmt.Errorf("it sent us on %d times", mostRedirects)
	}
	return nil
}

// mostRedirects is as many as net/http follows.
const mostRedirects = 10

// close ends the connection.
func (c *connection) close() {
	if c.client != nil {
		c.client.Client.CloseIdleConnections()
	}
}

// statuses decodes what servers say of errors; all else is decoded where it was asked for.
func statuses() runtime.NegotiatedSerializer {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	return serializer.NewCodecFactory(scheme).WithoutConversion()
}

// mostWarnings is how many different ones a person gets to see of one cluster.
const mostWarnings = 100

// HandleWarningHeader passes on each warning once, as kubectl prints it.
func (c *connection) HandleWarningHeader(code int, _ string, text string) {
	if code != 299 || text == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.warned) < mostWarnings && !slices.Contains(c.warned, text) {
		c.warned = append(c.warned, text)
		c.note("Warning: " + text)
	}
}

// request is one that can be sent again with another credential.
type request func(*rest.RESTClient) *rest.Request

// body sends a request and returns what was answered, and as which type.
func (c *connection) body(ctx context.Context, r request) (body []byte, contentType string, err error) {
	err = c.attempt(ctx, func(client *rest.RESTClient) error {
		c.bounds.broken = nil
		result := r(client).Do(ctx)
		if err := cmp.Or(c.bounds.broken, result.Error()); err != nil {
			return err
		}
		result.ContentType(&contentType)
		body, err = result.Raw()
		return err
	})
	return body, contentType, err
}

// watch sends a request for a watch, and returns its events as they come.
func (c *connection) watch(ctx context.Context, r request) (body io.ReadCloser, err error) {
	ctx = context.WithValue(ctx, endless{}, true)
	err = c.attempt(ctx, func(client *rest.RESTClient) error {
		body, err = r(client).Stream(ctx)
		return err
	})
	return body, err
}

// attempt tries again once with another credential when the server has refused the first. kubectl leaves that to its
// next call, which here would be one for the whole fleet.
func (c *connection) attempt(ctx context.Context, ask func(*rest.RESTClient) error) error {
	client, err := c.open(ctx)
	if err != nil {
		return err
	}
	err = ask(client)
	if !apierrors.IsUnauthorized(err) {
		return err
	}
	another, errCredential := c.member.Credential(ctx, &c.credential)
	if errCredential != nil ||
		another.Token == c.credential.Token && bytes.Equal(another.CertPEM, c.credential.CertPEM) {
		return err
	}
	c.close()
	if client, err = c.use(another); err != nil {
		return err
	}
	return ask(client)
}
