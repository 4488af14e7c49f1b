package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

// stsConfig is the configuration of the real sts.
const stsConfig = "config/stackstate-cli/config.yaml"

const (
	saveProd = "kubectl-sts context save --name prod --url $EDGE_SANDBOX_STACKSTATE_URL --roles stackstate-guest " +
		"--api-token-file $EDGE_SANDBOX_STACKSTATE_API_TOKEN_FILE"
	saveSecond = "kubectl-sts context save --name second --url $EDGE_SANDBOX_STACKSTATE_URL " +
		"--api-token-file $EDGE_SANDBOX_STACKSTATE_API_TOKEN_FILE"
)

func saved(further ...string) [][]string {
	commands := [][]string{words(saveSecond), words(saveProd)}
	for _, c := range further {
		commands = append(commands, words(c))
	}
	return commands
}

func stsOperations() []*operation {
	return []*operation{
		{
			name:  "sts context save",
			setUp: [][]string{words(saveSecond)},
			args:  words(saveProd),
			says:  "Saved context",
			done:  usable("prod"),
			later: ageSealed,
			then:  saveSecond,
		},
		{
			name:  "sts context save again",
			setUp: saved(),
			args:  words(saveProd + " --skip-validate"),
			says:  "Saved context",
			done:  usable("prod"),
			later: ageSealed,
			then:  saveSecond,
		},
		{
			name:  "sts context set",
			setUp: saved(),
			args:  words("kubectl-sts context set --name second"),
			done: func(_ context.Context, w *world, _ outcome) error {
				f, err := stsconfig.Load(w.path("config/kubectl-sts/config.yaml"))
				if err == nil && f.Current != "second" {
					err = fmt.Errorf("the current context is %q", f.Current)
				}
				return err
			},
		},
		{
			name:      "sts context import",
			args:      words("kubectl-sts context import --remove-secrets"),
			setUp:     [][]string{words(saveSecond)},
			arrange:   withContext,
			says:      "removed the tokens",
			later:     ageSealed,
			then:      saveSecond,
			documents: []string{stsConfig},
			after:     regexp.MustCompile(`has a context "theirs" already`),
			done: func(ctx context.Context, w *world, o outcome) error {
				data, err := os.ReadFile(w.path(stsConfig))
				if err == nil && strings.Contains(string(data), "api-token") {
					err = errors.New("a token is still in the file of sts")
				}
				return errors.Join(err, usable("theirs")(ctx, w, o))
			},
		},
		{
			name:      "sts context export",
			setUp:     saved(),
			args:      words("kubectl-sts context export --name prod"),
			says:      "Exported context",
			documents: []string{stsConfig},
			secrets:   []string{"config/stackstate-cli/.tmp-config.yaml-*"},
			done: func(_ context.Context, w *world, _ outcome) error {
				data, err := os.ReadFile(w.path(stsConfig))
				if err == nil && !strings.Contains(string(data), w.apiToken()) {
					err = errors.New("the token is not in the file of sts")
				}
				return err
			},
			after: regexp.MustCompile(`has a context "prod" already`),
		},
		{
			name:  "sts context delete",
			setUp: saved(),
			args:  words("kubectl-sts context delete --name second"),
			done: func(_ context.Context, w *world, _ outcome) error {
				f, err := stsconfig.Load(w.path("config/kubectl-sts/config.yaml"))
				if err != nil {
					return err
				}
				if _, there := f.Get("second"); there {
					return errors.New("the context is there")
				}
				sealed, err := filepath.Glob(w.path("state/kubectl-sts/secrets/*.sealed"))
				if err == nil && len(sealed) != 1 {
					err = fmt.Errorf("%d tokens are sealed, want one", len(sealed))
				}
				return err
			},
			after: regexp.MustCompile(`not found`),
			then:  saveProd,
		},
		{
			name:  "sts context rotate-key",
			setUp: saved(),
			args:  words("kubectl-sts context rotate-key"),
			done: func(ctx context.Context, w *world, o outcome) error {
				return errors.Join(usable("prod")(ctx, w, o), usable("second")(ctx, w, o))
			},
		},
		{
			name:  "sts service-token create",
			setUp: saved(),
			args:  words("kubectl-sts service-token create --name ci --roles stackstate-guest --ttl 8h -o token"),
			done:  func(_ context.Context, _ *world, o outcome) error { return printed(o, "svctok-") },
			each:  noTokens,
		},
		{
			name:  "sts token",
			setUp: saved(),
			each:  noTokens,
			args:  words("kubectl-sts token --ttl 15m"),
			then:  "kubectl-sts logout --all",
			done:  func(_ context.Context, _ *world, o outcome) error { return printed(o, "svctok-") },
			settle: func(ctx context.Context, w *world) error {
				return errors.Join(w.must(ctx, w.fill(words("kubectl-sts logout --all"))...), w.wantTokens(ctx, 0))
			},
		},
		{
			name:  "sts run --once",
			setUp: saved(),
			each:  noTokens,
			then:  "kubectl-sts logout --all",
			args:  words("kubectl-sts run --once --ttl 15m -- kubectl-sts user-session roles"),
			done:  func(_ context.Context, _ *world, o outcome) error { return printed(o, "stackstate-guest") },
			settle: func(ctx context.Context, w *world) error {
				return errors.Join(w.must(ctx, w.fill(words("kubectl-sts logout --all"))...), w.wantTokens(ctx, 0))
			},
		},
		{
			name:  "sts logout",
			setUp: saved(),
			each: func(ctx context.Context, w *world) error {
				return errors.Join(noTokens(ctx, w), w.must(ctx, w.fill(words("kubectl-sts token"))...))
			},
			args: words("kubectl-sts logout"),
			says: "Logged out",
			done: func(ctx context.Context, w *world, _ outcome) error {
				return errors.Join(w.wantTokens(ctx, 0), w.absent("runtime/kubectl-edge/tokens/*.token"))
			},
		},
	}
}

// ageSealed makes sealed tokens older: one that no context refers to is taken for left behind after an hour.
func ageSealed(w *world) error { return w.older("state/kubectl-sts/secrets/*.sealed", 2*time.Hour) }

// usable wants a context with a token that works.
func usable(name string) func(context.Context, *world, outcome) error {
	return func(ctx context.Context, w *world, _ outcome) error {
		return w.must(ctx, w.fill(words("kubectl-sts user-session roles --context "+name))...)
	}
}

func (w *world) apiToken() string {
	_, token := w.srv.StackStateURL()
	return token
}

// withContext has the real sts know a context with a token, too.
func withContext(_ context.Context, w *world) error {
	url, token := w.srv.StackStateURL()
	text := strings.NewReplacer("https://theirs.example", url, "their-token", token).Replace(othersContexts)
	return os.WriteFile(w.path(stsConfig), []byte(text), 0o644)
}

// tokens are the service tokens that the server has.
func (w *world) tokens(ctx context.Context) ([]int64, error) {
	o, err := w.plain(ctx, w.fill(words("kubectl-sts service-token list -o json --context prod")))
	if err != nil {
		return nil, err
	}
	var list struct {
		Tokens []struct {
			ID int64 `json:"id"`
		} `json:"service-tokens"`
	}
	if err := json.Unmarshal([]byte(o.stdout), &list); err != nil {
		return nil, fmt.Errorf("list the service tokens: %w: %s", err, o.stderr)
	}
	var ids []int64
	for _, t := range list.Tokens {
		ids = append(ids, t.ID)
	}
	return ids, nil
}

// noTokens deletes what earlier runs left at the server.
func noTokens(ctx context.Context, w *world) error {
	ids, err := w.tokens(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	args := words("kubectl-sts service-token delete --context prod")
	for _, id := range ids {
		args = append(args, fmt.Sprint(id))
	}
	return w.must(ctx, w.fill(args)...)
}

func (w *world) wantTokens(ctx context.Context, n int) error {
	ids, err := w.tokens(ctx)
	if err == nil && len(ids) != n {
		err = fmt.Errorf("the server has %d service tokens, want %d", len(ids), n)
	}
	return err
}
