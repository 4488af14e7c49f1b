package plugin

import (
	"context"
	"fmt"
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

// Report prints those of errs that are errors, and returns how many.
func (p Process) Report(errs []error) (failed int) {
	for _, err := range errs {
		if err != nil {
			failed++
			hint.Print(p.ErrOut, err)
		}
	}
	return failed
}

// Incomplete is the error of a command that reported that it could not do some of what was asked, or nil: "2 of 5
// contexts not created".
func Incomplete(failed, total int, noun, what string) error {
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s not %s", failed, Count(total, noun), what)
}

// Count says how many there are: 1 context, 2 contexts.
func Count(n int, noun string) string {
	if n != 1 && !strings.HasSuffix(noun, "s") {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
