package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
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
	if p.Report(errs, false); out.String() != "error: odd\nerror: odd\n" {
		t.Errorf("reported:\n%s", out.String())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := plugin.Several(ended, 2, []int{1}, work); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v", err)
	}
}

// Of many failures the first say why, each hint is said once, and how many there are more.
func TestReport(t *testing.T) {
	var errs []error
	for i := range 12 {
		errs = append(errs, nil, hint.Wrap(fmt.Errorf("number %d", i), "try %d", i%2))
	}
	report := func(all bool) string {
		var out bytes.Buffer
		plugin.Process{IOStreams: genericiooptions.IOStreams{ErrOut: &out}}.Report(errs, all)
		return out.String()
	}
	got := report(false)
	for want, times := range map[string]int{
		"error: number 9\n": 1, "error: number 10": 0, "hint: try 0\n": 1, "hint: try 1\n": 1,
		"and 2 more errors: -v shows them\n": 1,
	} {
		if n := strings.Count(got, want); n != times {
			t.Errorf("%q is there %d times, want %d:\n%s", want, n, times, got)
		}
	}
	if got := report(true); strings.Count(got, "error: number") != 12 || strings.Contains(got, "more") {
		t.Errorf("all of them:\n%s", got)
	}
	named := func(n int) string { return fmt.Sprint("n", n) }
	if got := plugin.Those([]error{nil, errs[1], nil}, []int{1, 2, 3}, named); !slices.Equal(got, []string{"n2"}) {
		t.Errorf("those that failed: %q", got)
	}
}

// A few things have a line each, and many a summary.
func TestTell(t *testing.T) {
	for _, c := range []struct {
		lines []string
		all   bool
		want  string
	}{
		{nil, false, ""}, {[]string{"a", "b", "c"}, false, "a\nb\nc\n"},
		{[]string{"a", "b", "c", "d"}, false, "four\n"}, {[]string{"a", "b", "c", "d"}, true, "a\nb\nc\nd\n"},
	} {
		var out bytes.Buffer
		plugin.Process{IOStreams: genericiooptions.IOStreams{ErrOut: &out}}.Tell(c.lines, c.all, "four")
		if out.String() != c.want {
			t.Errorf("%q, %v: said %q, want %q", c.lines, c.all, out.String(), c.want)
		}
	}
}

func TestIncomplete(t *testing.T) {
	if err := plugin.Incomplete(nil, 3, "context", "created"); err != nil {
		t.Error(err)
	}
	many := slices.Repeat([]string{"x"}, 25)
	for _, c := range []struct {
		failed []string
		total  int
		want   string
	}{
		{[]string{"a"}, 1, "1 of 1 context not created: a"},
		{[]string{"a", "b\x1b"}, 5, "2 of 5 contexts not created: a, b\ufffd"},
		{many, 30, "25 of 30 contexts not created: " + strings.Repeat("x, ", 19) + "x and 5 more"},
	} {
		if err := plugin.Incomplete(c.failed, c.total, "context", "created"); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// Elsewhere than on a terminal, a line says what has changed, once, and now and then how far a count is.
func TestProgressElsewhere(t *testing.T) {
	var out bytes.Buffer
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := plugin.Process{IOStreams: genericiooptions.IOStreams{ErrOut: &out}, Now: func() time.Time { return at }}
	progress := p.Progress("waiting")
	for _, state := range []string{"creating", "creating", "act\x1bive"} {
		progress.Say(state)
	}
	progress.Count(4)
	progress.Step()
	progress.Note("%s is slow", "mill")
	at = at.Add(10 * time.Second)
	progress.Step()
	progress.Step()
	progress.End()
	want := "waiting: creating\nwaiting: act\ufffdive\nmill is slow\nwaiting: 2/4 (10s)\n"
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
