package sts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	sandbox "github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

// person uses kubectl sts against a sandbox, at a time that tests move by hand; the sandbox has the same.
type person struct {
	app    *app
	faults *fault.Handler
	now    time.Time
	out    bytes.Buffer
}

func newPerson(t *testing.T) *person {
	t.Helper()
	p := &person{now: time.Now()}
	clock := func() time.Time { return p.now }
	h, err := sandbox.New(sandbox.Options{Now: clock,
		APITokens: map[string]sandbox.User{"admin": {Name: "admin", Roles: []string{sandbox.RoleAdmin}}}})
	if err != nil {
		t.Fatal(err)
	}
	p.faults = fault.New(h).AddPresets("/", sandbox.Presets())
	srv := httptest.NewServer(p.faults)
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	env := map[string]string{"STS_CLI_URL": srv.URL, "STS_CLI_API_TOKEN": "admin", "NO_COLOR": "1"}
	p.app = &app{
		Process: Process{
			IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &p.out, ErrOut: &p.out},
			Getenv:    func(name string) string { return env[name] }, Now: clock,
		},
		dirs:      dirs.Dirs{Config: filepath.Join(dir, "config"), State: filepath.Join(dir, "state")},
		cacheDirs: dirs.Dirs{Cache: filepath.Join(dir, "cache")},
	}
	return p
}

// do runs a command and returns what it printed.
func (p *person) do(ctx context.Context, args ...string) (string, error) {
	p.out.Reset()
	a := *p.app
	cmd := newRootCmd(&a)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	return p.out.String(), err
}

// TestMintDeletesWhatHasEnded: a minted token does not stay on the server forever, only because nobody logged out.
func TestMintDeletesWhatHasEnded(t *testing.T) {
	p := newPerson(t)
	for range 2 {
		if out, err := p.do(t.Context(), "token", "--roles", "a", "--ttl", "1h"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		out, err := p.do(t.Context(), "service-token", "list")
		if err != nil || strings.Count(out, "kubectl-sts-") != 1 {
			t.Errorf("want one token: %v\n%s", err, out)
		}
		p.now = p.now.Add(time.Hour)
	}
}

// TestRefusedTokenIsReplaced: somebody deleted the cached token on the server.
func TestRefusedTokenIsReplaced(t *testing.T) {
	p := newPerson(t)
	roles := []string{"api", "GET", "/api/user/session/availableRoles", "--roles", "a", "--ttl", "10h"}
	want, err := p.do(t.Context(), roles...)
	if err != nil {
		t.Fatalf("%v\n%s", err, want)
	}
	records, err := p.app.journal().List("")
	if err != nil || len(records) != 1 {
		t.Fatalf("records %v, %v", records, err)
	}
	body, err := p.do(t.Context(), "service-token", "list", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Tokens []struct{ ID int64 } `json:"service-tokens"`
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Tokens) != 1 {
		t.Fatalf("%v: %s", err, body)
	}
	p.now = p.now.Add(time.Hour)
	if out, err := p.do(t.Context(), "api", "DELETE",
		fmt.Sprintf("/api/security/tokens/%d", list.Tokens[0].ID)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, err := p.do(t.Context(), roles...); err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}

	// A server that refuses every token does not make us mint without end.
	p.now = p.now.Add(time.Hour)
	sandboxtest.SetFaults(t, p.faults, fault.Fault{Preset: "unauthorized", Path: "/api/user/"})
	var answer *stackstate.Error
	if _, err := p.do(t.Context(), roles...); !errors.As(err, &answer) || answer.StatusCode != 401 {
		t.Errorf("error %v", err)
	}
	if records, err := p.app.journal().List(""); err != nil || len(records) != 3 {
		t.Errorf("%d minted, %v; want 3", len(records), err)
	}
}

// TestKilledAfterStoring: a token that is in the cache is in use, even if its record says that it never got there.
func TestKilledAfterStoring(t *testing.T) {
	p := newPerson(t)
	first, err := p.do(t.Context(), "token", "--roles", "a", "--ttl", "10h")
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	records, err := p.app.journal().List("")
	if err != nil || len(records) != 1 {
		t.Fatalf("records %v, %v", records, err)
	}
	records[0].Pending = true
	if err := p.app.journal().Put(records[0]); err != nil {
		t.Fatal(err)
	}
	p.now = p.now.Add(time.Hour)
	if out, err := p.do(t.Context(), "token", "--roles", "b"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := p.do(t.Context(), "service-token", "list"); err != nil || !strings.Contains(out, records[0].Name) {
		t.Errorf("the token in use was deleted: %v\n%s", err, out)
	}
}

// TestExpiredOrphan: a token whose mint was killed is deleted by its name once it has ended, by delete --expired or by
// the next mint; those that others made are not touched by a mint.
func TestExpiredOrphan(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		left string
	}{
		"delete --expired": {[]string{"service-token", "delete", "--expired", "--yes"}, "No service tokens found.\n"},
		"next mint":        {[]string{"api", "GET", "/api/server/info", "--once", "--roles", "b"}, "another"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t)
			ctx, kill := context.WithCancel(t.Context())
			// Nor can what is left be cleaned up at once.
			sandboxtest.SetFaults(t, p.faults,
				fault.Fault{Preset: "unanswered", Method: "POST", Done: kill},
				fault.Fault{Preset: "cut-body", Path: "/api/security/"},
			)
			if _, err := p.do(ctx, "token", "--roles", "a", "--ttl", "1h"); err == nil {
				t.Fatal("the mint was not interrupted")
			}
			p.faults.Clear()
			if _, err := p.do(t.Context(), "service-token", "create", "--name", "another", "--roles", "a", "--ttl",
				"1h"); err != nil {
				t.Fatal(err)
			}
			if out, err := p.do(t.Context(), "service-token", "list", "--mine"); err != nil ||
				strings.Count(out, "kubectl-sts-") != 1 || strings.Contains(out, "another") {
				t.Fatalf("list --mine: %v\n%s", err, out)
			}
			p.now = p.now.Add(2 * time.Hour)
			if out, err := p.do(t.Context(), tc.args...); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			out, err := p.do(t.Context(), "service-token", "list")
			if err != nil || !strings.Contains(out, tc.left) || strings.Contains(out, "kubectl-sts-") {
				t.Errorf("left: %v\n%s", err, out)
			}
			if records, err := p.app.journal().List(""); err != nil || len(records) != 0 {
				t.Errorf("still on record: %v, %v", records, err)
			}
		})
	}
}

// TestLifeThatIsLeft: a token is handed out with at least half of its life, or what --min-life wants, and the next one
// is minted in the background before that.
func TestLifeThatIsLeft(t *testing.T) {
	p := newPerson(t)
	var ahead [][]string
	p.app.Environ = func() []string { return nil }
	p.app.Again = func(args, env []string) error { ahead = append(ahead, args, env); return nil }
	token := func(args ...string) string {
		t.Helper()
		out, err := p.do(t.Context(), append([]string{"token", "--roles", "a", "--ttl", "1h"}, args...)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return out
	}
	first := token()
	p.now = p.now.Add(22 * time.Minute)
	if got := token(); got != first || ahead != nil {
		t.Errorf("with 38 of 60 minutes left: another token, or a mint ahead: %q", ahead)
	}
	if got := token("--min-life", "40m"); got == first {
		t.Error("a token of 38 minutes for --min-life 40m")
	} else {
		first = got
	}
	p.now = p.now.Add(25 * time.Minute)
	if got := token(); got != first || len(ahead) != 2 {
		t.Errorf("with 35 of 60 minutes left: another token, or no mint ahead: %q", ahead)
	}
	if got := token(); got != first || len(ahead) != 2 {
		t.Errorf("a second mint ahead while the first is under way: %q", ahead)
	}
	if args := strings.Join(ahead[0], " "); !strings.HasPrefix(args, "token --ahead") ||
		!strings.Contains(args, "--roles=a --ttl=1h") ||
		strings.Contains(args, "admin") || !slices.Contains(ahead[1], "STS_CLI_API_TOKEN=admin") {
		t.Errorf("started %q with %q", args, ahead[1])
	}
	if out, err := p.do(t.Context(), ahead[0]...); err != nil || out != "" {
		t.Errorf("the mint ahead: %v, prints %q", err, out)
	}
	second := token()
	if second == first {
		t.Error("the token that was minted ahead is not handed out")
	}
	p.now = p.now.Add(31 * time.Minute)
	if got := token(); got == second {
		t.Error("a token with less than half of its life is handed out")
	}
}

// TestFailureKeepsItsExitCode: the same failure ends the same while it is not tried again, and a corrected token file
// is tried at once.
func TestFailureKeepsItsExitCode(t *testing.T) {
	p := newPerson(t)
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write("wrong", p.now.Add(-time.Hour))
	args := []string{"token", "--roles", "a", "--api-token-file", file}
	_, first := p.do(t.Context(), args...)
	_, again := p.do(t.Context(), args...)
	if exitCode(first) != exitConnect || exitCode(again) != exitConnect ||
		!strings.Contains(again.Error(), "not tried again before") {
		t.Errorf("codes %d and %d: %v; %v", exitCode(first), exitCode(again), first, again)
	}
	write("admin", p.now.Add(time.Second))
	if out, err := p.do(t.Context(), args...); err != nil {
		t.Errorf("with the right token: %v\n%s", err, out)
	}
}
