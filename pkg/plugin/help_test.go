package plugin_test

import (
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

func TestWrap(t *testing.T) {
	const text = `What a command does, in a paragraph that was wrapped
at another width.

Usage:
  kubectl edge do --with a-very-long-word-that-cannot-be-broken-anywhere and the words behind it, whole

Flags:
  -h, --help            help for do, which everybody knows by now
      --name string     name
`
	const want = `What a command does, in a paragraph that
was wrapped at another width.

Usage:
  kubectl edge do --with
  a-very-long-word-that-cannot-be-broken-anywhere
  and the words behind it, whole

Flags:
  -h, --help            help for do, which
                        everybody knows by
                        now
      --name string     name
`
	if got := plugin.Wrap(text, 42); got != want {
		t.Errorf("got:\n%s", got)
	}
	for columns := range 120 { // no word is lost, whatever the width
		got := plugin.Wrap(text, columns)
		if a, b := strings.Fields(got), strings.Fields(text); strings.Join(a, " ") != strings.Join(b, " ") {
			t.Errorf("at %d columns:\n%s", columns, got)
		}
	}
}

// TestExamplesStayWhole has a command pasted from a narrow terminal be the whole command.
func TestExamplesStayWhole(t *testing.T) {
	const example = "  kubectl edge kubeconfig create demo --cluster berlin --role edit --namespace shop"
	const text = "Examples:\n" + example + "\n    --bind\n\nFlags:\n  --all   everything that there is to be had\n"
	got := plugin.Wrap(text, 30)
	if !strings.HasPrefix(got, "Examples:\n"+example+"\n    --bind\n\nFlags:\n") {
		t.Errorf("got\n%s", got)
	}
	if !strings.HasSuffix(got, "  --all   everything that\n          there is to be had\n") {
		t.Errorf("flags are not wrapped:\n%s", got)
	}
}
