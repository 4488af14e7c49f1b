package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Several works on all items, at most limit at once, and returns the error of each. The failure of one does not stop
// the others; the end of ctx does, and is the error then.
func Several[T any](ctx context.Context, limit int, items []T, work func(i int, item T) error) ([]error, error) {
	errs := make([]error, len(items))
	var group errgroup.Group
	group.SetLimit(limit)
	for i, item := range items {
		group.Go(func() error {
			if ctx.Err() == nil {
				errs[i] = work(i, item)
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	return errs, ctx.Err()
}

// Those returns the names of the items whose errors are none but nil.
func Those[T any](errs []error, items []T, name func(T) string) []string {
	var failed []string
	for i, err := range errs {
		if err != nil {
			failed = append(failed, name(items[i]))
		}
	}
	return failed
}

const (
	// fewLines is how many things of a bulk command have a line each: more scroll away what else was said.
	fewLines = 3
	// fewErrors is the same for errors, which say why.
	fewErrors = 10
)

// Report prints those of errs that are errors. Of many only the first are printed, and each hint once, after them,
// unless all is wanted.
func (p Process) Report(errs []error, all bool) {
	errs = slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil })
	if all || len(errs) <= fewLines {
		for _, err := range errs {
			hint.Print(p.ErrOut, err)
		}
		return
	}
	var hints []string
	for _, err := range errs[:min(len(errs), fewErrors)] {
		hint.Print(p.ErrOut, errors.New(err.Error())) // without its hint
		if h := hint.Of(err); h != "" && !slices.Contains(hints, h) {
			hints = append(hints, h)
		}
	}
	if more := len(errs) - fewErrors; more > 0 {
		p.Note("and %s: -v shows them", Count(more, "more error"))
	}
	for _, h := range hints {
		p.Note("hint: %s", h)
	}
}

// Tell says what was done with many things: a line for each, or several where they are few or all lines are wanted, and
// else the summary.
func (p Process) Tell(lines []string, all bool, summary string) {
	if len(lines) > fewLines && !all {
		lines = []string{summary}
	}
	for _, line := range lines {
		for part := range strings.SplitSeq(line, "\n") {
			p.Note("%s", part)
		}
	}
}

// Incomplete is the error of a command that reported that it could not do some of what was asked, or nil: "2 of 5
// contexts not created: a, b".
func Incomplete(failed []string, total int, noun, what string) error {
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s not %s: %s", len(failed), Count(total, noun), what, Names(failed))
}

// Failed is the error of a command that others carry out, of whom some failed, or nil: "kubectl failed for 2 of 5
// contexts: a, b".
func Failed(what string, failed []string, total int, noun string) error {
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%s %d of %s: %s", what, len(failed), Count(total, noun), Names(failed))
}

// mostNames is how many are listed by their names: the line of each was there before.
const mostNames = 20

// Names lists names for a line, in a form that can be shown.
func Names(all []string) string {
	var listed []string
	for _, name := range all[:min(len(all), mostNames)] {
		listed = append(listed, hint.Printable(name))
	}
	list := strings.Join(listed, ", ")
	if more := len(all) - len(listed); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

// Count says how many there are: 1 context, 2 contexts.
func Count(n int, noun string) string {
	if n != 1 && !strings.HasSuffix(noun, "s") {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
