package edge

import (
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
)

func shown(t *testing.T, show func(*app) error) string {
	t.Helper()
	var out strings.Builder
	a := &app{Process: Process{IOStreams: genericiooptions.IOStreams{Out: &out, ErrOut: &out}, Now: time.Now}}
	if err := show(a); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Who somebody is says a token, which the provider, or anyone who put it into the environment, wrote.
func TestPrincipalDoesNotSteerTheTerminal(t *testing.T) {
	const principal = "ada\x1b]0;x\a\u202e\nhint: run this"
	for name, show := range map[string]func(*app) error{
		"note": func(a *app) error { a.Note("Logged in as %s (profile %s).", principal, "default"); return nil },
		"status": func(a *app) error {
			token := cachedToken{InstanceID: "demo-3714d85", Principal: principal}
			return a.printStatus(profileStatus{LoggedIn: true, Principal: principal,
				Tokens: []cachedToken{token, {InstanceID: "demo-3714d85"}}})
		},
		"doctor": func(a *app) error {
			diagnosis.Print(a.Process,
				[]diagnosis.Check{diagnosis.Warned("login", principal, "%s, by browser", principal)})
			return nil
		},
	} {
		got := shown(t, show)
		if !strings.Contains(got, "ada\ufffd]0;x") || strings.ContainsAny(got, "\x1b\a\u202e") ||
			strings.Contains(got, "\nhint:") {
			t.Errorf("%s shows %q", name, got)
		}
	}
}

func TestStatusTellsTokensOfOneInstanceApart(t *testing.T) {
	issued := time.Now().Add(-time.Minute)
	token := func(instance, principal string, life time.Duration) cachedToken {
		return cachedToken{InstanceID: instance, Principal: principal, Issued: issued,
			Expires: issued.Add(life)}
	}
	minted := " (minted at " + issued.Local().Format(time.TimeOnly) + " for "
	for _, tc := range []struct {
		name   string
		tokens []cachedToken
		want   []string // what each line ends with
	}{
		{"one", []cachedToken{token("a-1111111", "ada", time.Hour), token("b-2222222", "rob", time.Hour)},
			[]string{"s", "s"}},
		{"lifetimes", []cachedToken{token("a-1111111", "ada", 15*time.Minute),
			token("a-1111111", "ada", 24*time.Hour-3*time.Second)},
			[]string{minted + "15m)", minted + "1d)"}},
		{"identities", []cachedToken{token("a-1111111", "ada", time.Hour), token("a-1111111", "", time.Hour),
			token("b-2222222", "", time.Hour)},
			[]string{minted + "1h, as ada)", minted + "1h, as somebody whose name is not known)", "s"}},
	} {
		got := shown(t, func(a *app) error { return a.printStatus(profileStatus{Tokens: tc.tokens}) })
		_, list, _ := strings.Cut(strings.TrimSpace(got), "Cached tokens:")
		lines := strings.Split(list, "\n")[1:]
		for i, want := range tc.want {
			if i >= len(lines) || !strings.HasSuffix(lines[i], want) ||
				strings.Contains(want, "minted") != strings.Contains(lines[i], "minted") {
				t.Errorf("%s: line %d does not end with %q:\n%s", tc.name, i, want, got)
			}
		}
	}
}
