package tokenfile

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// fakeClock jumps to where a keeper waits for, and ends the keeper after a number of waits.
type fakeClock struct {
	t     time.Time
	waits int
	stop  func()
	check func(at time.Time)
}

func (c *fakeClock) now() time.Time { return c.t }

func (c *fakeClock) after(d time.Duration) <-chan time.Time {
	if d <= 0 || d > checkEvery {
		panic(fmt.Sprintf("waits for %s", d))
	}
	c.t = c.t.Add(d)
	if c.check != nil {
		c.check(c.t)
	}
	ch := make(chan time.Time, 1)
	if c.waits--; c.waits == 0 {
		c.stop()
		return ch // which nothing comes from
	}
	ch <- c.t
	return ch
}

// runKeeper runs a keeper of tokens that are named by their number, and cannot be had when it is down.
func runKeeper(t *testing.T, life time.Duration, waits int, down func(since time.Duration) bool,
	check func(k *Keeper, since time.Duration)) (log string, mints []time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := &fakeClock{t: start, waits: waits, stop: stop}
	var out strings.Builder
	k := &Keeper{File: File(filepath.Join(t.TempDir(), "token")), Now: clock.now, after: clock.after,
		Log: &out, Timeout: time.Minute}
	k.Mint = func(context.Context) (tokencache.Entry, error) {
		since := clock.t.Sub(start)
		if down(since) {
			return tokencache.Entry{}, hint.Wrap(errors.New("the API is away\nfor long"), "wait for it")
		}
		mints = append(mints, since)
		return tokencache.Entry{Token: fmt.Sprint("token-", len(mints)), Issued: clock.t, Expires: clock.t.Add(life)},
			nil
	}
	clock.check = func(at time.Time) { check(k, at.Sub(start)) }
	if err := k.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return out.String(), mints
}

func health(k *Keeper, path string) (int, string) {
	w := httptest.NewRecorder()
	k.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code, w.Body.String()
}

// The file never holds a token that has expired, and each is used for most of its life.
func TestKeeperRenewsAhead(t *testing.T) {
	_, mints := runKeeper(t, time.Hour, 1000, func(time.Duration) bool { return false },
		func(k *Keeper, since time.Duration) {
			if code, body := health(k, "/healthz"); code != 200 || body != "ok\n" {
				t.Errorf("after %s: health %d %q", since, code, body)
			}
			if info, err := os.Stat(string(k.File)); err != nil || info.Mode() != 0o600 {
				t.Errorf("after %s: %v, %v", since, info.Mode(), err)
			}
		})
	if len(mints) < 10 {
		t.Fatalf("%d mints: %v", len(mints), mints)
	}
	for i := 1; i < len(mints); i++ {
		if d := mints[i] - mints[i-1]; d < 39*time.Minute || d > 48*time.Minute {
			t.Errorf("token %d was renewed after %s", i, d)
		}
	}
	if mints[1] == 48*time.Minute && mints[2] == 96*time.Minute {
		t.Error("the renewals have no jitter")
	}
}

func TestKeeperBacksOffAndGoesOn(t *testing.T) {
	var unhealthy int
	down := func(since time.Duration) bool { return since > 0 && since < 3*time.Hour }
	log, mints := runKeeper(t, time.Hour, 1000, down, func(k *Keeper, since time.Duration) {
		data, err := os.ReadFile(string(k.File))
		if err != nil {
			t.Errorf("after %s: %v", since, err)
		}
		code, body := health(k, "/healthz")
		if lives := since < time.Hour || string(data) != "token-1"; lives != (code == 200) {
			t.Errorf("after %s: health %d, file %q", since, code, data)
		}
		if code != 200 {
			unhealthy++
		}
		if strings.Contains(body, "token-") {
			t.Errorf("after %s: health shows %q", since, body)
		}
	})
	if len(mints) < 2 || mints[1] < 3*time.Hour || mints[1] > 3*time.Hour+time.Minute {
		t.Errorf("mints at %v", mints)
	}
	if unhealthy == 0 {
		t.Error("healthy without a living token")
	}
	var failures int
	for _, line := range strings.Split(strings.TrimSpace(log), "\n") {
		switch {
		case strings.Contains(line, " holds a new token until "):
		case strings.HasSuffix(line, ": the API is away for long (wait for it)"):
			failures++
		default:
			t.Errorf("log line %q", line)
		}
	}
	// From 2 s to a minute, over more than two hours.
	if failures < 100 || failures > 300 {
		t.Errorf("%d attempts failed", failures)
	}
	for _, want := range []string{"the file's token lives until", "the file holds no living token"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
	if strings.Contains(log, "token-") {
		t.Error("a token in the log")
	}
}

func TestKeeperHealthBeforeTheFirstToken(t *testing.T) {
	k := &Keeper{Now: time.Now}
	if code, _ := health(k, "/healthz"); code != 503 {
		t.Errorf("got %d", code)
	}
	if code, _ := health(k, "/token"); code != 404 {
		t.Errorf("another path: got %d", code)
	}
}
