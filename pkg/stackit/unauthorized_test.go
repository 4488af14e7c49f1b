package stackit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// renewable gives one token after another, as pkg/login does: the first renewal of a command works, the next does not.
type renewable struct {
	mu     sync.Mutex
	tokens []string
	asked  int
}

func (r *renewable) Token(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tokens[0], nil
}

func (r *renewable) Renew(_ context.Context, refused string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if refused != r.tokens[0] {
		return r.tokens[0], nil
	}
	r.asked++
	if len(r.tokens) == 1 {
		return "", errNotRenewed
	}
	r.tokens = r.tokens[1:]
	return r.tokens[0], nil
}

// Each request that is answered with 401 is sent again with a renewed token, whatever it is for: nothing was done.
func TestUnauthorizedIsNotTheEnd(t *testing.T) {
	const project, region = sandbox.ProjectID, sandbox.Region
	description := "line 2"
	for name, call := range map[string]func(context.Context, *Client) error{
		"read": func(ctx context.Context, c *Client) error { _, err := c.Instances(ctx, project, region); return err },
		"projects": func(ctx context.Context, c *Client) error {
			_, err := c.Projects(ctx, ProjectFilter{Member: "ada@example.com"})
			return err
		},
		"poll": func(ctx context.Context, c *Client) error {
			_, err := c.WaitActive(ctx, project, region, sandbox.InstanceID, nil)
			return err
		},
		"write": func(ctx context.Context, c *Client) error {
			return c.UpdateInstance(ctx, project, region, sandbox.InstanceID,
				UpdateInstanceRequest{Description: &description})
		},
		"mint": func(ctx context.Context, c *Client) error {
			_, err := c.Token(ctx, project, region, sandbox.InstanceID, time.Hour)
			return err
		},
		"kubeconfig": func(ctx context.Context, c *Client) error {
			_, err := c.Kubeconfig(ctx, project, region, sandbox.InstanceID, time.Hour)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.AdminServiceAccount)
			good, _ := w.tokens.Token(t.Context())
			for _, c := range []struct {
				tokens []string
				works  bool
			}{
				{[]string{"ended", good}, true}, {[]string{"ended", "ended, too"}, false}, {[]string{"ended"}, false},
			} {
				source := &renewable{tokens: c.tokens}
				client := New(w.http, w.endpoints, source)
				client.sleep = func(context.Context, time.Duration) error { t.Error("it paused"); return nil }
				w.ResetStats()
				err := call(t.Context(), client)
				if (err == nil) != c.works {
					t.Errorf("with %d tokens: %v", len(c.tokens), err)
				}
				if err != nil && (!errors.Is(err, errNotRenewed) || !hasStatus(err, http.StatusUnauthorized) ||
					hint.Of(err) != hint.Of(errNotRenewed) ||
					!strings.Contains(err.Error(), "answered 401 Unauthorized")) {
					t.Errorf("got %v (hint %q), want what the source says", err, hint.Of(err))
				}
				if n := w.Stats().Minted(); n > 1 {
					t.Errorf("minted %d", n)
				}
			}
		})
	}
}

// Requests of one process that are refused at the same time share one renewal.
func TestUnauthorizedRenewsOnceForAll(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	good, _ := w.tokens.Token(t.Context())
	source := &renewable{tokens: []string{"ended", good}}
	client := New(w.http, w.endpoints, source)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := client.Instances(t.Context(), sandbox.ProjectID, sandbox.Region); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if source.asked != 1 {
		t.Errorf("renewed %d times", source.asked)
	}
}

// What a proxy or a gateway writes says nothing about roles, about what there is, or about the session.
func TestWebPageIsNotTheAPIsAnswer(t *testing.T) {
	const project, region, id = sandbox.ProjectID, sandbox.Region, sandbox.InstanceID
	const page = "<!DOCTYPE html>\n<html><head><title>Blocked by policy</title></head></html>"
	for _, tc := range []struct {
		status     int
		typed      string
		page       bool
		body, want string
	}{
		{403, "text/html; charset=utf-8", true, page,
			"answered 403 Forbidden with a web page, as a proxy or gateway on the " +
				"way does: Blocked by policy"},
		{403, "", true, page, "with a web page"},
		{404, "text/html", true, page, "answered 404 Not Found with a web page"},
		{401, "text/html", true, page, "answered 401 Unauthorized with a web page"},
		{407, "text/html", true, page, "answered 407 Proxy Authentication Required with a web page"},
		{403, "application/json", false, `{"message":"Unauthorized"}`, "answered 403 Forbidden: Unauthorized"},
		{403, "text/plain", false, "RBAC: access denied", "answered 403 Forbidden: RBAC: access denied"},
		{503, "text/html", false, page, "answered 503 Service Unavailable: Blocked by policy"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{tc.typed}
			w.WriteHeader(tc.status)
			fmt.Fprint(w, tc.body)
		}))
		tokens := &renewable{tokens: []string{"1", "2", "3", "4", "5", "6", "7", "8"}}
		c := New(server.Client(), Endpoints{Edge: server.URL, ResourceManager: server.URL,
			ServiceEnablement: server.URL}, tokens)
		c.sleep = func(context.Context, time.Duration) error { return nil }
		for what, err := range map[string]error{
			"list": func() error { _, err := c.Instances(t.Context(), project, region); return err }(),
			"mint": func() error {
				_, err := c.Token(t.Context(), project, region, id, time.Hour)
				return err
			}(),
			"wait until it is gone": c.WaitDeleted(t.Context(), project, region, id, func(Instance) {}),
			"service": func() error {
				_,
					err := c.EdgeService(t.Context(), project, region)
				return err
			}(),
		} {
			if tc.status == 403 && !tc.page && what == "wait until it is gone" {
				continue // it may no longer be seen
			}
			if tc.status == 503 && what == "wait until it is gone" {
				continue // waits on
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%d %s, %s: %v, want %q", tc.status, tc.typed, what, err, tc.want)
			}
			if proxy := strings.Contains(hint.Of(err), "HTTPS_PROXY"); proxy != tc.page ||
				tc.page && strings.Contains(hint.Of(err), "role") {
				t.Errorf("%d %s, %s: the hint is %q", tc.status, tc.typed, what, hint.Of(err))
			}
		}
		server.Close()
	}
}
