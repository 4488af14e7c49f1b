//go:build unix

package login

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// stackitCLI puts a program of this name on the path: the body of a shell script.
func (w *world) stackitCLI(body string) {
	w.t.Helper()
	if err := os.WriteFile(w.dir+"/stackit", []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	w.t.Setenv("PATH", w.dir+":"+os.Getenv("PATH"))
	w.t.Setenv("XDG_CONFIG_HOME", w.dir+"/cli-config")
	w.t.Setenv("HOME", w.dir)
}

func TestCLI(t *testing.T) {
	w := newWorld(t)
	token := testToken(t, "ada@example.com", time.Now().Add(time.Hour))
	w.t.Setenv("STACKIT_ACCESS_TOKEN", "inherited") // the CLI would prefer it to its session in one case
	w.stackitCLI(`echo "$*|$STACKIT_CLI_PROFILE|$STACKIT_ACCESS_TOKEN" >>` + w.dir + `/calls; echo '{"access_token":"` +
		token + `"}'`)
	session, err := w.account().Login(t.Context(), CLI{})
	if err != nil {
		t.Fatal(err)
	}
	if session.Principal != "ada@example.com" || session.Method != MethodSTACKITCLI {
		t.Errorf("session: %+v", session)
	}
	if got := w.wantToken("ada@example.com"); got.Token != token {
		t.Error("got another token than the CLI's")
	}
	calls, err := os.ReadFile(w.dir + "/calls")
	call := "auth get-access-token --output-format json --verbosity error|default|\n"
	// It is asked each time, for its session may have ended.
	if want := call + call; err != nil || string(calls) != want {
		t.Errorf("calls: %q, %v; want %q", calls, err, want)
	}

	// Who wants to log in again knows what ended, and that it takes more than a person here.
	w.pass(2 * time.Hour)
	w.stackitCLI("exit 1")
	_, err = w.token()
	wantError(t, err, "the STACKIT CLI is not logged in", "stackit auth login")
	if required, ok := errors.AsType[*RequiredError](err); !ok || required.Generation != session.Generation ||
		required.Method != MethodSTACKITCLI {
		t.Errorf("got %#v, want a RequiredError of the session", required)
	}

	// The next token is the next one of the CLI's.
	next := testToken(t, "ada@example.com", w.now().Add(30*time.Second))
	w.stackitCLI(`echo '{"access_token":"` + next + `"}'`)
	got, err := w.token()
	if err != nil || got.Token != next || got.Expires.After(w.now().Add(time.Minute)) {
		t.Errorf("a token with half a minute left: %v until %v, %v", got, got.Expires, err)
	}
}

func TestCLIProfile(t *testing.T) {
	w := newWorld(t)
	token := testToken(t, "ada@example.com", time.Now().Add(time.Hour))
	w.stackitCLI(`echo "$STACKIT_CLI_PROFILE" >` + w.dir + `/profile; echo '{"access_token":"` + token + `"}'`)
	if err := os.MkdirAll(w.dir+"/cli-config/stackit/profiles/plant-1", 0o700); err != nil {
		t.Fatal(err)
	}
	login := func(c CLI, want string) {
		t.Helper()
		if _, err := w.account().Login(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(w.dir + "/profile"); err != nil || string(got) != want+"\n" {
			t.Errorf("profile %q, %v; want %s", got, err, want)
		}
	}
	login(CLI{}, "default")
	login(CLI{Profile: "plant-1"}, "plant-1")
	w.write("cli-config/stackit/cli-profile.txt", []byte("plant-1\n"))
	login(CLI{}, "plant-1")
	w.env["STACKIT_CLI_PROFILE"] = "default"
	login(CLI{}, "default")

	for name, want := range map[string]string{"missing": `has no profile "missing"`, "../x": "lower-case letters",
		"X": "lower-case"} {
		_, err := w.account().Login(t.Context(), CLI{Profile: name})
		wantError(t, err, want, "")
	}
	// Pinned, also to a profile that is gone: the CLI would take its default one.
	w.env = map[string]string{}
	login(CLI{Profile: "plant-1"}, "plant-1")
	if err := os.Remove(w.dir + "/cli-config/stackit/profiles/plant-1"); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Hour)
	_, err := w.token()
	wantError(t, err, `has no profile "plant-1"`,
		"see stackit config profile list, then: kubectl edge login --profile work --stackit-cli-profile NAME")
}

// A command for the CLI's active profile would log in another one than the pinned.
func TestCLIHintNamesThePinnedProfile(t *testing.T) {
	for _, tc := range []struct{ principal, want string }{
		{"ada@example.com", "STACKIT_CLI_PROFILE=plant-1 stackit auth login, or"},
		{"edge-admin-x4t7k21@sa.stackit.cloud",
			"STACKIT_CLI_PROFILE=plant-1 stackit auth activate-service-account --service-account-key-path FILE, or"},
	} {
		w := newWorld(t)
		token := testToken(t, tc.principal, time.Now().Add(time.Hour))
		w.stackitCLI(`echo '{"access_token":"` + token + `"}'`)
		if err := os.MkdirAll(w.dir+"/cli-config/stackit/profiles/plant-1", 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := w.account().Login(t.Context(), CLI{Profile: "plant-1"}); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Hour)
		w.stackitCLI("exit 1")
		_, err := w.token()
		wantError(t, err, "the STACKIT CLI is not logged in", tc.want)
		w.write("cli-config/stackit/cli-profile.txt", []byte("plant-1\n")) // it is the active one now
		_, err = w.token()
		wantError(t, err, "the STACKIT CLI is not logged in",
			strings.TrimPrefix(tc.want, "STACKIT_CLI_PROFILE=plant-1 "))
		if h := hint.Of(err); strings.Contains(h, "PROFILE=") {
			t.Errorf("the hint names a profile that is the active one: %s", h)
		}
	}
}

func TestCLIFailures(t *testing.T) {
	shared := newWorld(t)
	expired := testToken(t, "sa@sa.stackit.cloud", time.Now().Add(-time.Hour))
	for _, tc := range []struct {
		name, script, want, next string
		required                 bool
	}{
		{"logged out", "echo 'Error: session expired eyJhbGciOi' >&2; exit 1",
			"is not logged in, or its session has ended",
			"stackit auth login, or log in without it: kubectl edge login --profile work --browser", true},
		{"stale token of a service account", `echo '{"access_token":"` + expired + `"}'`, "expired at",
			"stackit auth activate-service-account --service-account-key-path FILE, or any command of it that calls " +
				"the API, such as stackit project list, or log in without it", true},
		{"too old to know the command", "echo 'token'", "what it printed is not a token", "upgrade", false},
		{"without token", "echo '{}'", "what it printed is not a token", "upgrade", false},
		{"endless", "head -c 1000000 /dev/zero", "what it printed is not a token", "upgrade", false},
		{"not to be run", "\x00", "stackit", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := shared.fresh(t)
			w.stackitCLI(tc.script)
			_, err := w.account().Login(t.Context(), CLI{})
			wantError(t, err, tc.want, tc.next)
			if _, ok := errors.AsType[*RequiredError](err); ok != tc.required {
				t.Errorf("RequiredError: %v, want %v: %v", ok, tc.required, err)
			}
			if len(w.files()) != 0 {
				t.Errorf("left behind: %v", w.files())
			}
		})
	}
	t.Run("hangs", func(t *testing.T) {
		w := shared.fresh(t)
		w.stackitCLI("exec sleep 1000")
		// It has one of its own, too long for a test.
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := w.account().Login(ctx, CLI{})
		wantError(t, err, "no answer within", "stackit auth get-access-token")
	})
	t.Run("not installed", func(t *testing.T) {
		w := shared.fresh(t)
		t.Setenv("PATH", w.dir)
		_, err := w.account().Login(t.Context(), CLI{})
		wantError(t, err, "was not found",
			"install it: https://github.com/stackitcloud/stackit-cli, or log in without it")
	})
}

func TestDetect(t *testing.T) {
	w := newWorld(t)
	i := Interaction{Allowed: true}
	w.stackitCLI("exit 1")
	if c, err := w.account().Detect(t.Context(), nil, i); err != nil || c.Method() != MethodBrowser {
		t.Errorf("got %v, %v; want the browser", c, err)
	}
	_, err := w.account().Detect(t.Context(), nil, Interaction{})
	wantError(t, err, "nobody can be asked here", "kubectl edge login")
	w.stackitCLI(`echo '{"access_token":"` + testToken(t, "ada@example.com", time.Now().Add(time.Hour)) + `"}'`)
	if c, err := w.account().Detect(t.Context(), nil, Interaction{}); err != nil || c.Method() != MethodSTACKITCLI {
		t.Errorf("got %v, %v; want the STACKIT CLI", c, err)
	}
}

func TestOpenBrowserKeepsStdoutClean(t *testing.T) {
	dir := t.TempDir()
	for _, launcher := range []string{"xdg-open", "open"} {
		if err := os.WriteFile(dir+"/"+launcher,
			[]byte("#!/bin/sh\necho \"opened $1\" >"+dir+"/opened\necho noise\necho noise >&2\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const address = "https://accounts.stackit.cloud/x?a=b&c=d"
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=open\n"+address, "PATH="+dir)
	noise, err := cmd.CombinedOutput()
	if err != nil || len(noise) != 0 {
		t.Errorf("printed: %q, %v", noise, err)
	}
	if opened, err := os.ReadFile(dir + "/opened"); err != nil ||
		strings.TrimSpace(string(opened)) != "opened "+address {
		t.Errorf("opened: %q, %v %s", opened, err, hint.Of(err))
	}
}
