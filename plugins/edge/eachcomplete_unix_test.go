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
	files := map[string]string{
		"kubectl": "#!/bin/sh\necho called >" + filepath.Join(home, "called") + "\n(cat " + never + "; true)\n",
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
	root := Tree(p).Command
	root.SetArgs([]string{"__complete", "each", "--all", "--", "get", ""})
	root.SetOut(&out)
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err, errOut.String())
	}
	if _, err := os.Stat(filepath.Join(home, "called")); err != nil {
		t.Error("kubectl was not called: ", err)
	}
	if got, want := out.String(), ":4\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
