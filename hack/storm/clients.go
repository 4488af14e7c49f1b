package main

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
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
)

// growth is by how much the sandbox's memory may grow from the first third to the end. What it has to remember for a
// while, such as assertions that must not be used twice, is among it; what it keeps of each request is more than this
// after a minute.
const growth = 24 << 20

// stormOfClients has many clients make requests of all kinds at once.
func (o options) stormOfClients(ctx context.Context, out io.Writer) error {
	srv, err := server.Start(server.Options{Plans: 1})
	if err != nil {
		return err
	}
	defer func() { _ = srv.Close() }()
	srv.Sandbox.Configure(func(s *sandbox.Settings) { s.ReconcileTime = sandbox.Duration(time.Millisecond) })
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(srv.Sandbox.CA())
	transport := &http.Transport{MaxIdleConnsPerHost: o.clients,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var requests atomic.Int64
	errs := make([]error, o.clients)
	var clients sync.WaitGroup
	end := time.Now().Add(o.length)
	for i := range o.clients {
		clients.Go(func() {
			c := &client{number: i, srv: srv, requests: &requests, http: &http.Client{Transport: transport}}
			for time.Now().Before(end) && errs[i] == nil && ctx.Err() == nil {
				errs[i] = c.round(ctx)
			}
			if errs[i] != nil {
				cancel() // one failure says enough, and those that follow say less
			}
		})
	}
	early := make(chan uint64, 1)
	timer := time.AfterFunc(o.length/3, func() { early <- heap() })
	clients.Wait()
	if timer.Stop() {
		early <- heap()
	}
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	before, after := <-early, heap()
	fmt.Fprintf(out, "%d clients made %d requests in %v without an error that was not asked for; the heap was %d MiB "+
		"after a third of it and %d MiB at the end\n", o.clients, requests.Load(), o.length, before>>20, after>>20)
	if after > before+growth {
		return fmt.Errorf("the heap grew from %d to %d MiB", before>>20, after>>20)
	}
	return ctx.Err()
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

type client struct {
	number   int
	srv      *server.Server
	requests *atomic.Int64
	http     *http.Client
	rounds   int
	token    string
}

// round makes a request of each kind.
func (c *client) round(ctx context.Context) error {
	if c.rounds%20 == 0 {
		if err := c.logIn(ctx); err != nil {
			return err
		}
	}
	c.rounds++
	edge := c.srv.Sandbox.EdgeURL() + "/v1beta1/projects/" + sandbox.ProjectID + "/regions/" + sandbox.Region
	name := fmt.Sprintf("c%d", 1000+c.number)
	stackState, apiToken := c.srv.StackStateURL()
	var created struct{ ID string }
	var token struct{ Token string }
	var minted struct{ ServiceToken string }
	steps := []struct {
		method, url, body, auth string
		want                    int
		into                    any
	}{
		{"GET", edge + "/instances", "", "Bearer " + c.token, 200, nil},
		{"GET", edge + "/instances/" + sandbox.InstanceID + "/token?expiration=900", "", "Bearer " + c.token, 200,
			&token},
		{"GET", edge + "/instances/nobody-3714d85", "", "Bearer " + c.token, 404, nil},
		{"GET", edge + "/instances", "", "Bearer of nothing", 401, nil},
		{"POST", edge + "/instances", `{"displayName": "` + name + `", "planId": "` + sandbox.PlanID + `"}`,
			"Bearer " + c.token, 201, &created},
		{"DELETE", edge + "/instancesbyname/" + name, "", "Bearer " + c.token, 204, nil},
		{"GET", c.srv.Sandbox.ResourceManagerURL() + "/v2/projects/" + sandbox.ProjectID, "", "Bearer " + c.token, 200,
			nil},
		{"GET", stackState + "/api/server/info", "", apiToken, 200, nil},
		{"POST", stackState + "/api/security/tokens", fmt.Sprintf(`{"name": %q, "roles": ["stackstate-guest"],
			"expiryDate": %d}`, name, time.Now().Add(time.Minute).UnixMilli()), apiToken, 200, &minted},
	}
	for _, s := range steps {
		if err := c.request(ctx, s.method, s.url, "application/json", s.body, s.auth, s.want, s.into); err != nil {
			return err
		}
	}
	if strings.Count(token.Token, ".") != 2 {
		return errors.New("no token was minted")
	}
	return c.forgetTokens(ctx, name)
}

// forgetTokens deletes what the round made at StackState.
func (c *client) forgetTokens(ctx context.Context, name string) error {
	stackState, apiToken := c.srv.StackStateURL()
	var list []struct {
		ID   json.Number
		Name string
	}
	if err := c.request(ctx, "GET", stackState+"/api/security/tokens", "", "", apiToken, 200,
		&list); err != nil {
		return err
	}
	found := false
	for _, t := range list {
		if t.Name == name {
			found = true
			if err := c.request(ctx, "DELETE", stackState+"/api/security/tokens/"+t.ID.String(), "", "",
				apiToken, 204, nil); err != nil {
				return err
			}
		}
	}
	if !found {
		return fmt.Errorf("service token %q is not in the list of %d", name, len(list))
	}
	return nil
}

// logIn exchanges an assertion that the service account's key signs.
func (c *client) logIn(ctx context.Context) error {
	var key struct {
		Credentials struct {
			KID, Iss, Sub, Aud, PrivateKey string
		}
	}
	if err := json.Unmarshal(c.srv.Sandbox.ServiceAccountKey(), &key); err != nil {
		return err
	}
	private, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(key.Credentials.PrivateKey))
	if err != nil {
		return err
	}
	assertion := jwt.NewWithClaims(jwt.SigningMethodRS512, jwt.RegisteredClaims{
		Issuer: key.Credentials.Iss, Subject: key.Credentials.Sub, Audience: jwt.ClaimStrings{key.Credentials.Aud},
		ID: string(uuid.NewUUID()), ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Minute)),
	})
	assertion.Header["kid"] = key.Credentials.KID
	signed, err := assertion.SignedString(private)
	if err != nil {
		return err
	}
	form := url.Values{"grant_type": {sandbox.GrantJWTBearer}, "assertion": {signed}}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err = c.request(ctx, "POST", c.srv.Sandbox.ServiceAccountTokenURL(), "application/x-www-form-urlencoded",
		form.Encode(), "", 200, &answer)
	c.token = answer.AccessToken
	return err
}

func (c *client) request(ctx context.Context, method, url, contentType, body, auth string, want int, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if strings.HasPrefix(auth, "Bearer ") {
		req.Header.Set("Authorization", auth)
	} else if auth != "" {
		req.Header.Set("X-API-Token", auth)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	c.requests.Add(1)
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, req.URL.Path, err)
	}
	if resp.StatusCode != want {
		return fmt.Errorf("%s %s: %s, want %d: %s", method, req.URL.Path, resp.Status, want, answer)
	}
	if into != nil {
		if err := json.NewDecoder(bytes.NewReader(answer)).Decode(into); err != nil {
			return fmt.Errorf("%s %s: %w", method, req.URL.Path, err)
		}
	}
	return nil
}
