package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

func TestSeveral(t *testing.T) {
	odd := errors.New("odd")
	work := func(_ int, n int) error {
		if n%2 == 1 {
			return odd
		}
		return nil
	}
	errs, err := plugin.Several(t.Context(), 2, []int{1, 2, 3}, work)
	if err != nil || len(errs) != 3 || errs[0] != odd || errs[1] != nil || errs[2] != odd {
		t.Errorf("got %v, %v", errs, err)
	}
	var out bytes.Buffer
	p := plugin.Process{IOStreams: genericiooptions.IOStreams{ErrOut: &out}}
	if failed := p.Report(errs); failed != 2 || out.String() != "error: odd\nerror: odd\n" {
		t.Errorf("%d failed:\n%s", failed, out.String())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := plugin.Several(ended, 2, []int{1}, work); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v", err)
	}
}

func TestIncomplete(t *testing.T) {
	if err := plugin.Incomplete(0, 3, "context", "created"); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		failed, total int
		want          string
	}{{1, 1, "1 of 1 context not created"}, {2, 5, "2 of 5 contexts not created"}} {
		if err := plugin.Incomplete(c.failed, c.total, "context", "created"); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// Elsewhere than on a terminal, a line says what has changed, once.
func TestProgressElsewhere(t *testing.T) {
	var out bytes.Buffer
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := plugin.Process{IOStreams: genericiooptions.IOStreams{ErrOut: &out}, Now: func() time.Time { return at }}
	progress := p.Progress("waiting")
	for _, state := range []string{"creating", "creating", "act\x1bive"} {
		progress.Say(state)
	}
	progress.Count(2)
	progress.Step("demo")
	progress.Note("%s is slow", "mill")
	progress.End()
	want := "waiting: creating\nwaiting: act\ufffdive\nwaiting demo\nmill is slow\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	w := plugin.NewLineWriter(&out)
	a, b := w.Stream("a | "), w.Stream("b | ")
	for _, part := range []struct {
		to   *plugin.LineStream
		text string
	}{{a, "one\ntw"}, {b, "1\n2\n"}, {a, "o\n"}, {b, "end"}} {
		if _, err := part.to.Write([]byte(part.text)); err != nil {
			t.Fatal(err)
		}
	}
	a.Flush()
	b.Flush()
	if want := "a | one\nb | 1\nb | 2\na | two\nb | end\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
