package edge

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
	check func(k *keeper, since time.Duration)) (log string, mints []time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := &fakeClock{t: start, waits: waits, stop: stop}
	var out strings.Builder
	k := &keeper{file: tokenFile{path: filepath.Join(t.TempDir(), "token")}, now: clock.now, after: clock.after,
		log: &out}
	k.mint = func(context.Context) (tokencache.Entry, error) {
		since := clock.t.Sub(start)
		if down(since) {
			return tokencache.Entry{}, hint.Wrap(errors.New("the API is away\nfor long"), "wait for it")
		}
		mints = append(mints, since)
		return tokencache.Entry{Token: fmt.Sprint("token-", len(mints)), Issued: clock.t, Expires: clock.t.Add(life)},
			nil
	}
	clock.check = func(at time.Time) { check(k, at.Sub(start)) }
	if err := k.run(ctx); err != nil {
		t.Fatal(err)
	}
	return out.String(), mints
}

func health(k *keeper, path string) (int, string) {
	w := httptest.NewRecorder()
	k.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code, w.Body.String()
}

// The file never holds a token that has expired, and each is used for most of its life.
func TestKeeperRenewsAhead(t *testing.T) {
	_, mints := runKeeper(t, time.Hour, 1000, func(time.Duration) bool { return false },
		func(k *keeper, since time.Duration) {
			if code, body := health(k, "/healthz"); code != 200 || body != "ok\n" {
				t.Errorf("after %s: health %d %q", since, code, body)
			}
			if info, err := os.Stat(k.file.path); err != nil || info.Mode() != 0o600 {
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
	log, mints := runKeeper(t, time.Hour, 1000, down, func(k *keeper, since time.Duration) {
		data, err := os.ReadFile(k.file.path)
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
	k := &keeper{now: time.Now}
	if code, _ := health(k, "/healthz"); code != 503 {
		t.Errorf("got %d", code)
	}
	if code, _ := health(k, "/token"); code != 404 {
		t.Errorf("another path: got %d", code)
	}
}

func TestTokenFileFlags(t *testing.T) {
	for _, c := range []struct {
		file   tokenFile
		format string
		want   string
	}{
		{tokenFile{}, "json", ""},
		{tokenFile{path: "x"}, "", ""},
		{tokenFile{path: "x", keepFresh: true, removeOnExit: true, health: "127.0.0.1:0"}, "", ""},
		{tokenFile{path: "x", keepFresh: true, health: "[::1]:8080"}, "", ""},
		{tokenFile{path: "x"}, "json", "leave out --output"},
		{tokenFile{keepFresh: true}, "", "--keep-fresh wants --write-to"},
		{tokenFile{path: "x", removeOnExit: true}, "", "--remove-on-exit wants --keep-fresh"},
		{tokenFile{path: "x", health: "127.0.0.1:0"}, "", "--health-address wants --keep-fresh"},
		{tokenFile{path: "x", keepFresh: true, health: "0.0.0.0:8080"}, "", "want an address of this machine alone"},
		{tokenFile{path: "x", keepFresh: true, health: ":8080"}, "", "want an address of this machine alone"},
		{tokenFile{path: "x", keepFresh: true, health: "localhost:8080"}, "", "want an address of this machine alone"},
		{tokenFile{path: "x", keepFresh: true, health: "192.0.2.1:8080"}, "", "want an address of this machine alone"},
		{tokenFile{path: "x", keepFresh: true, health: "127.0.0.1"}, "", "want HOST:PORT"},
	} {
		err := c.file.validate(c.format)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v, %q: got %v, want %q", c.file, c.format, err, c.want)
		}
	}
}

func TestFrontend(t *testing.T) {
	for address, want := range map[string]bool{
		"https://app.demo-3714d85.edge.eu01.onstackit.cloud": true,
		"https://localhost:8443/ui/demo-3714d85/":            true,
		"http://app.demo-3714d85.edge.eu01.onstackit.cloud":  false,
		"file:///etc/passwd":                                 false,
		"javascript:alert(1)":                                false,
		"https://":                                           false,
		"":                                                   false,
		"https://user:pw@evil.net":                           false,
		"https://evil.net\n--x":                              false,
		"-x":                                                 false,
	} {
		if _, err := frontend(address); (err == nil) != want {
			t.Errorf("%q: got %v", address, err)
		}
	}
}
