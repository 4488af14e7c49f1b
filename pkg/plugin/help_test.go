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
  kubectl edge do [flags]

Examples:
  kubectl edge do --with a-very-long-word-that-cannot-be-broken-anywhere and the words behind it, whole

Flags:
  -h, --help            help for do, which everybody knows by now
      --name string     name
`
	const want = `What a command does, in a paragraph that
was wrapped at another width.

Usage:
  kubectl edge do [flags]

Examples:
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
