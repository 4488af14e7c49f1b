package stackit

import (
	"context"
	"errors"
	"net/http"
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
