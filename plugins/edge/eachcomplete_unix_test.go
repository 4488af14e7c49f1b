//go:build unix

package edge

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// A kubectl whose credential helper never ends holds up nobody who presses the Tab key.
func TestCompletionLeavesKubectlBehind(t *testing.T) {
	home := t.TempDir()
	never := filepath.Join(home, "never")
	if err := syscall.Mkfifo(never, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // what kubectl has started ends with the test
		if f, err := os.OpenFile(never, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			_ = f.Close()
		}
	})
	got := completed(t, home, "echo called >"+filepath.Join(home, "called")+"\n(cat "+never+"; true)\n",
		"each", "--all", "--", "get", "")
	if _, err := os.Stat(filepath.Join(home, "called")); err != nil {
		t.Error("kubectl was not called: ", err)
	}
	if want := ":4\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What stands directly behind the -- is kubectl's, too.
func TestCompletionBehindDash(t *testing.T) {
	before := plugin.CompletionTime
	plugin.CompletionTime = time.Minute // what is offered, not how fast
	t.Cleanup(func() { plugin.CompletionTime = before })
	home := t.TempDir()
	for _, chosen := range [][]string{nil, {"--all"}, {"demo"}, {"--context", "edge"}, {"--clusters", "--all"}} {
		for word, want := range map[string]string{"": "describe\nget\n:4\n", "g": "get\n:4\n"} {
			if len(chosen) == 2 && chosen[0] == "--clusters" {
				want = ":4\n" // there is no edge cluster to ask
			}
			args := append(append([]string{"each"}, chosen...), "--", word)
			if got := completed(t, home, "printf 'describe\\nget\\n:4\\n'\n", args...); got != want {
				t.Errorf("%q: got %q, want %q", args, got, want)
			}
		}
	}
	if got := completed(t, home, "exit 1\n", "each", ""); got != "demo\tdemo-3714d85\n:4\n" {
		t.Errorf("in front of it: got %q", got)
	}
}

// completed is what a shell gets for the last of args, with a script for kubectl and one context of instance demo.
func completed(t *testing.T, home, kubectl string, args ...string) string {
	t.Helper()
	files := map[string]string{
		"kubectl": "#!/bin/sh\n" + kubectl,
		"config": `
clusters: [{name: edge, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: edge, context: {cluster: edge, user: edge}}]
users: [{name: edge, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: kubectl-edge_credential,
  args: [--project-id=00000000-0000-4000-8000-000000000000, --region=eu01, --instance-id=demo-3714d85],
  interactiveMode: Never}}}]
current-context: edge
`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", home)
	t.Setenv("KUBECONFIG", filepath.Join(home, "config"))
	t.Setenv("PATH", home+string(os.PathListSeparator)+os.Getenv("PATH"))
	var out, errOut bytes.Buffer
	p := Process{
		IOStreams: genericiooptions.IOStreams{In: &bytes.Buffer{}, Out: &out, ErrOut: &errOut},
		Getenv:    os.Getenv, Environ: os.Environ, Now: time.Now,
	}
	if code := plugin.Run(t.Context(), p, Tree(p), append([]string{"__complete"}, args...)); code != 0 {
		t.Fatal(code, errOut.String())
	}
	return out.String()
}
