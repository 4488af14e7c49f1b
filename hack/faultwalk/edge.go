package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

const edge = "kubectl-edge"

// loggedIn are the commands after which a person works with the sandbox.
func loggedIn(further ...string) [][]string {
	commands := [][]string{
		words("kubectl-edge config set project-id $EDGE_SANDBOX_PROJECT_ID"),
		words("kubectl-edge login --service-account-key $EDGE_SANDBOX_SERVICE_ACCOUNT_KEY"),
	}
	for _, c := range further {
		commands = append(commands, words(c))
	}
	return commands
}

const (
	createDemo   = "kubectl-edge kubeconfig create --instance-id " + sandbox.InstanceID
	createBoth   = createDemo + "," + secondID
	demoContext  = "edge_eu01_" + sandbox.InstanceID
	oldContext   = "downloaded"
	helperOfDemo = helper + " --project-id $EDGE_SANDBOX_PROJECT_ID --instance-id " + sandbox.InstanceID
)

func edgeOperations() []*operation {
	kubeconfigs := []string{"real/kubeconfig"}
	operations := []*operation{
		{
			name:  "login by key",
			setUp: [][]string{words("kubectl-edge config set project-id $EDGE_SANDBOX_PROJECT_ID")},
			args:  words("kubectl-edge login --service-account-key $EDGE_SANDBOX_SERVICE_ACCOUNT_KEY"),
			says:  "Logged in as",
			done:  loggedInAs(sandbox.AdminServiceAccount),
		},
		{
			name:  "login again",
			setUp: loggedIn(helperOfDemo),
			args:  words("kubectl-edge login --service-account-key $WORLD/reader-key.json"),
			says:  "Logged in as",
			done:  loggedInAs(sandbox.ReaderServiceAccount),
		},
		{
			name:  "login in browser",
			setUp: [][]string{words("kubectl-edge config set project-id $EDGE_SANDBOX_PROJECT_ID")},
			args:  words("kubectl-edge login --browser"),
			says:  "Logged in as",
			done:  loggedInAs(sandbox.AdminUser),
		},
		{
			name:    "refresh",
			arrange: inBrowser,
			each: func(ctx context.Context, w *world) error {
				return w.must(ctx, w.fill(words("kubectl-edge login --browser"))...)
			},
			args: words("kubectl-edge project list -o name"),
			done: func(ctx context.Context, w *world, o outcome) error {
				return errors.Join(printed(o, sandbox.ProjectID), loggedInAs(sandbox.AdminUser)(ctx, w, o))
			},
		},
		{
			name:  "logout",
			setUp: loggedIn(helperOfDemo),
			args:  words("kubectl-edge logout"),
			says:  "Logged out",
			done: func(ctx context.Context, w *world, o outcome) error {
				_, err := profile.LoadSession(w.folders(edge), profile.DefaultName)
				if !errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("there is a session: %v", err)
				}
				return w.absent("runtime/kubectl-edge/tokens/*.token", "state/kubectl-edge/secrets/*.sealed")
			},
		},
		{
			name:  "mint",
			setUp: loggedIn(),
			args:  words(helperOfDemo),
			done:  answered,
		},
		{
			name:  "mint ahead",
			setUp: loggedIn(),
			each: func(ctx context.Context, w *world) error {
				// In the last fifth of its life the next one is minted in the background.
				if err := w.must(ctx, w.fill(words(helperOfDemo+" --expiration 10m"))...); err != nil {
					return err
				}
				return w.age(9 * time.Minute)
			},
			args: words(helperOfDemo + " --expiration 10m"),
			done: answered,
			// A mark of who mints ahead counts for a minute; while the token lives there is no hurry.
			// One that stays when the next token is there goes with the next minting ahead, or a cleaning.
			then: "kubectl-edge cache clean",
			later: func(w *world) error {
				return w.older("runtime/kubectl-edge/tokens/*.refresh", 2*tokencache.RefreshTimeout)
			},
		},
		{
			name:      "kubeconfig create",
			setUp:     loggedIn(),
			args:      words(createBoth),
			says:      "Wrote context",
			done:      contexts(map[string]bool{demoContext: true, "edge_eu01_" + secondID: true}),
			documents: kubeconfigs,
		},
		{
			name:  "kubeconfig create in place",
			setUp: loggedIn(),
			each: func(_ context.Context, w *world) error { // a hard link does not survive the copy
				return os.Link(w.path("real/kubeconfig"), w.path("real/second name"))
			},
			args:      words(createBoth),
			says:      "Wrote context",
			done:      contexts(map[string]bool{demoContext: true, "edge_eu01_" + secondID: true}),
			documents: kubeconfigs,
			inPlace:   true,
		},
		{
			name:  "kubeconfig create new file",
			setUp: loggedIn(),
			args:  words(createDemo + " --kubeconfig new/folder/config"),
			says:  "Wrote context",
			done: func(_ context.Context, w *world, _ outcome) error {
				return contextsIn(w.path("new/folder/config"), map[string]bool{demoContext: true})
			},
		},
		{
			name:      "kubeconfig convert",
			setUp:     loggedIn(),
			arrange:   withToken,
			args:      words("kubectl-edge kubeconfig convert --context " + oldContext + " --backup"),
			says:      "Converted context",
			done:      contexts(map[string]bool{oldContext: true}),
			documents: kubeconfigs,
			secrets:   []string{"real/", "kubeconfig.bak", ".tmp-kubeconfig.bak-*"},
			after:     regexp.MustCompile(`holds no token`),
			then:      createDemo + " --context-name another",
		},
		{
			name:      "kubeconfig remove",
			setUp:     loggedIn(createBoth),
			args:      words("kubectl-edge kubeconfig remove " + demoContext),
			says:      "Removed context",
			done:      contexts(map[string]bool{demoContext: false, "edge_eu01_" + secondID: true}),
			documents: kubeconfigs,
			after:     regexp.MustCompile(`no context "`),
			then:      createDemo + " --context-name another",
		},
		{
			name:      "use",
			setUp:     loggedIn(),
			args:      words("kubectl-edge use " + sandbox.InstanceID),
			done:      contexts(map[string]bool{demoContext: true}),
			documents: kubeconfigs,
		},
		{
			name:  "config set",
			setUp: loggedIn(),
			args:  words("kubectl-edge config set expiration 20m"),
			done: configured(func(c *profile.Config) bool {
				return c.Profiles[profile.DefaultName].Expiration == "20m"
			}),
		},
		{
			name:  "config trust",
			setUp: loggedIn(),
			args:  words("kubectl-edge config trust edge.example.com"),
			done: configured(func(c *profile.Config) bool {
				return slices.Contains(c.TrustedHosts, "edge.example.com")
			}),
		},
		{
			name:  "config rotate-key",
			setUp: loggedIn(),
			args:  words("kubectl-edge config rotate-key"),
			says:  "Sealed",
			done:  loggedInAs(sandbox.AdminServiceAccount),
		},
		{
			name:  "profile create",
			setUp: loggedIn(),
			args:  words("kubectl-edge profile create work"),
			done: configured(func(c *profile.Config) bool {
				_, ok := c.Profiles["work"]
				return ok
			}),
			after: regexp.MustCompile(`profile "work" exists already`),
		},
		{
			name:  "profile use",
			setUp: loggedIn("kubectl-edge profile create work"),
			args:  words("kubectl-edge profile use work"),
			done:  configured(func(c *profile.Config) bool { return c.CurrentProfile == "work" }),
		},
		{
			name: "profile delete",
			setUp: loggedIn("kubectl-edge profile create work",
				"kubectl-edge --profile work config set project-id $EDGE_SANDBOX_PROJECT_ID",
				"kubectl-edge --profile work login --service-account-key $EDGE_SANDBOX_SERVICE_ACCOUNT_KEY",
				helperOfDemo+" --profile work"),
			args: words("kubectl-edge profile delete work"),
			done: func(ctx context.Context, w *world, o outcome) error {
				gone := configured(func(c *profile.Config) bool {
					_, ok := c.Profiles["work"]
					return !ok
				})
				return errors.Join(gone(ctx, w, o), w.absent("runtime/kubectl-edge/tokens/*.token",
					"state/kubectl-edge/sessions/work.json", "state/kubectl-edge/secrets/*work*"))
			},
			after: regexp.MustCompile(`no profile "work"|there is no profile`),
		},
		{
			name:  "cache clean",
			setUp: loggedIn(helperOfDemo),
			args:  words("kubectl-edge cache clean"),
			done: func(_ context.Context, w *world, _ outcome) error {
				return w.absent("runtime/kubectl-edge/tokens/*.token")
			},
		},
		{
			name: "kuberc allow",
			args: words("kubectl-edge kuberc allow --apply --yes"),
			says: "Wrote",
			done: func(_ context.Context, w *world, _ outcome) error {
				data, err := os.ReadFile(w.path("home/.kube/kuberc"))
				if err == nil && !strings.Contains(string(data), "kubectl-edge_credential") {
					err = errors.New("the kuberc does not allow the helper")
				}
				return err
			},
			documents: []string{"home/.kube/kuberc"},
		},
		{
			name:  "token create",
			setUp: loggedIn(),
			args:  words("kubectl-edge token create --instance-id " + sandbox.InstanceID),
			done:  func(_ context.Context, _ *world, o outcome) error { return printed(o, "eyJ") },
		},
		{
			name:    "token create --write-to",
			setUp:   loggedIn(),
			args:    words("kubectl-edge token create --instance-id " + sandbox.InstanceID + " --write-to token"),
			says:    "Wrote a token",
			secrets: []string{"token", ".tmp-token-*"},
			done: func(_ context.Context, w *world, _ outcome) error {
				data, err := os.ReadFile(w.path("token"))
				if err == nil && strings.Count(string(data), ".") != 2 {
					err = fmt.Errorf("the file is no token of %d bytes", len(data))
				}
				return err
			},
		},
		{
			name:  "instance delete",
			setUp: loggedIn(createBoth, helperOfDemo),
			each: func(_ context.Context, w *world) error {
				w.addInstances()
				w.srv.Sandbox.Configure(func(s *sandbox.Settings) {
					s.ReconcileTime = sandbox.Duration(time.Millisecond)
				})
				return nil
			},
			args: words("kubectl-edge instance delete " + sandbox.InstanceID + " --yes"),
			says: "Removed context",
			done: func(ctx context.Context, w *world, o outcome) error {
				return contexts(map[string]bool{demoContext: false, "edge_eu01_" + secondID: true})(ctx, w, o)
			},
			documents: kubeconfigs,
			after:     regexp.MustCompile(`instance not found`),
			then:      "kubectl-edge kubeconfig create --instance-id " + secondID + " --context-name another",
		},
		{
			name:  "doctor",
			setUp: loggedIn(),
			args:  words("kubectl-edge doctor -o json"),
			done:  func(_ context.Context, _ *world, o outcome) error { return printed(o, `"kind"`) },
		},
	}
	return operations
}

// printed wants a text in the output.
func printed(o outcome, text string) error {
	if !strings.Contains(o.stdout, text) || !strings.HasSuffix(o.stdout, "\n") {
		return fmt.Errorf("it printed %q", masked(o.stdout))
	}
	return nil
}

// answered wants the helper's answer.
func answered(_ context.Context, _ *world, o outcome) error {
	var credential clientauthentication.ExecCredential
	if err := json.Unmarshal([]byte(o.stdout), &credential); err != nil {
		return fmt.Errorf("no ExecCredential was printed: %w", err)
	}
	if credential.Status == nil || credential.Status.Token == "" {
		return errors.New("the answer has no token")
	}
	return nil
}

// loggedInAs wants a session that works.
func loggedInAs(principal string) func(context.Context, *world, outcome) error {
	return func(ctx context.Context, w *world, _ outcome) error {
		session, err := profile.LoadSession(w.folders(edge), profile.DefaultName)
		if err != nil {
			return err
		}
		if session.Principal != principal {
			return fmt.Errorf("%s is logged in, want %s", session.Principal, principal)
		}
		return w.must(ctx, w.fill(words("kubectl-edge instance list -o name"))...)
	}
}

func configured(is func(*profile.Config) bool) func(context.Context, *world, outcome) error {
	return func(_ context.Context, w *world, _ outcome) error {
		config, err := profile.Load(w.folders(edge))
		if err == nil && !is(config) {
			err = errors.New("the configuration is as it was")
		}
		return err
	}
}

// contexts wants contexts that call the helper to be in the kubeconfig, or not to be.
func contexts(want map[string]bool) func(context.Context, *world, outcome) error {
	return func(_ context.Context, w *world, _ outcome) error { return contextsIn(w.path("kubeconfig"), want) }
}

func contextsIn(path string, want map[string]bool) error {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, c := range kubeconfig.EdgeContexts(config) {
		cluster := config.Clusters[config.Contexts[c.Name].Cluster]
		have[c.Name] = cluster != nil && strings.HasPrefix(cluster.Server, "https://")
	}
	for name, there := range want {
		if have[name] != there {
			return fmt.Errorf("context %q is there and whole: %v, want %v", name, have[name], there)
		}
	}
	return nil
}

// absent wants no file of these patterns.
func (w *world) absent(patterns ...string) error {
	for _, pattern := range patterns {
		if found, err := filepath.Glob(w.path(pattern)); err != nil || len(found) > 0 {
			return fmt.Errorf("there are %v, %v", found, err)
		}
	}
	return nil
}

// older makes files older.
func (w *world) older(pattern string, by time.Duration) error {
	names, err := filepath.Glob(w.path(pattern))
	past := time.Now().Add(-by)
	for _, name := range names {
		err = errors.Join(err, os.Chtimes(name, past, past))
	}
	return err
}

// inBrowser prepares sessions whose access token is too short for any use, so that each command refreshes.
func inBrowser(ctx context.Context, w *world) error {
	w.srv.Sandbox.Configure(func(s *sandbox.Settings) {
		s.AccessTokenLifetime = sandbox.Duration(30 * time.Second)
		s.RefreshGrace = sandbox.Duration(time.Hour)
	})
	return w.must(ctx, w.fill(words("kubectl-edge config set project-id $EDGE_SANDBOX_PROJECT_ID"))...)
}

// withToken adds an entry to the kubeconfig as it is downloaded: with a token.
func withToken(ctx context.Context, w *world) error {
	if err := w.must(ctx, w.fill(words(createDemo+" --context-name "+oldContext))...); err != nil {
		return err
	}
	token, err := w.srv.Sandbox.IssueInstanceToken(sandbox.InstanceID, 720*time.Hour)
	if err != nil {
		return err
	}
	config, err := clientcmd.LoadFromFile(w.path("kubeconfig"))
	if err != nil {
		return err
	}
	cluster := config.Clusters[oldContext]
	if cluster == nil {
		return fmt.Errorf("create made no cluster %q", oldContext)
	}
	text, err := os.ReadFile(w.path("kubeconfig"))
	if err != nil {
		return err
	}
	start := strings.Index(string(text), "- name: "+oldContext+"\n  user:\n")
	if start < 0 {
		return fmt.Errorf("create made no user %q", oldContext)
	}
	end := start + strings.Index(string(text[start:]), "# the end\n")
	with := fmt.Sprintf("- name: %s\n  user:\n    token: %s\n", oldContext, token)
	return os.WriteFile(w.path("kubeconfig"), []byte(string(text[:start])+with+string(text[end:])), 0o600)
}

// age makes the cached tokens older.
func (w *world) age(by time.Duration) error {
	files, err := tokencache.All(w.folders(edge)).List()
	if err != nil {
		return err
	}
	if len(files) != 1 {
		return fmt.Errorf("%d tokens are cached, want one", len(files))
	}
	store, err := tokencache.Open(w.folders(edge), "", w.variable)
	if err != nil {
		return err
	}
	e := files[0].Entry
	e.Issued, e.Expires = e.Issued.Add(-by), e.Expires.Add(-by)
	return store.Put(files[0].Key, e)
}
