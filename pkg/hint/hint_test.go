package hint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

func TestHint(t *testing.T) {
	plain := errors.New("out of luck")
	wrapped := hint.Wrap(fs.ErrNotExist, "make it: touch %s", "x")
	for name, c := range map[string]struct {
		err        error
		hint, text string
	}{
		"none":    {plain, "", "error: out of luck\n"},
		"wrapped": {wrapped, "make it: touch x", "error: file does not exist\nhint: make it: touch x\n"},
		"deep": {fmt.Errorf("open: %w", wrapped), "make it: touch x",
			"error: open: file does not exist\nhint: make it: touch x\n"},
		// What an error quotes may be anybody's: it neither controls the terminal nor passes for one of our lines.
		"foreign": {errors.New("unknown flag: --\x1b]0;x\a\u202e\u009b\nhint: run this"), "",
			"error: unknown flag: --�]0;x���\n  hint: run this\n"},
		"foreign hint": {hint.Wrap(plain, "try again in \x1b[2J\nerror: x"), "try again in \x1b[2J\nerror: x",
			"error: out of luck\nhint: try again in �[2J\n  error: x\n"},
		"lines": {errors.New("a\n\tb"), "", "error: a\n    b\n"},
		"outermost": {hint.Wrap(fmt.Errorf("open: %w", wrapped), "give up"), "give up",
			"error: open: file does not exist\nhint: give up\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hint.Of(c.err); got != c.hint {
				t.Errorf("hint: got %q, want %q", got, c.hint)
			}
			var out strings.Builder
			hint.Print(&out, c.err)
			if got := out.String(); got != c.text {
				t.Errorf("print: got %q, want %q", got, c.text)
			}
		})
	}
	if !errors.Is(wrapped, fs.ErrNotExist) {
		t.Error("the error is lost")
	}
	if err := hint.Wrap(nil, "nothing to do"); err != nil {
		t.Errorf("nil becomes %v", err)
	}
	if got := hint.Of(nil); got != "" {
		t.Errorf("nil has the hint %q", got)
	}
}

func TestPrintable(t *testing.T) {
	if got, want := hint.Printable("a\x1b[2Jb\nc\u009bd\u202e\te é ✅"), "a\ufffd[2Jb\ufffdc\ufffdd\ufffd\ufffde é "+
		"✅"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
