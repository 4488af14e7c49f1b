package edge

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// parallel is how many instances are worked on at once.
const parallel = 8

// several works on all items, at most limit at once, and returns the error of each. The failure of one does not stop
// the others; the end of ctx does, and is the error then.
func several[T any](ctx context.Context, limit int, items []T, work func(i int, item T) error) ([]error, error) {
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

// askAll is several for work that asks the API about an instance, patiently. A line says how many have answered.
func askAll[T any](
	ctx context.Context, a *app, cloud edgeCloud, patience patienceFlags, items []T, id func(T) string,
	work func(cloud edgeCloud, i int, item T) error,
) ([]error, error) {
	p := a.progress("asked instance")
	p.count(len(items))
	defer p.end()
	cloud = patience.patient(cloud, p, p.noteWaiting())
	return several(ctx, parallel, items, func(i int, item T) error {
		err := work(cloud, i, item)
		p.step(id(item))
		return err
	})
}

// reportAll prints the errors, and returns how many there are.
func (a *app) reportAll(errs []error) (failed int) {
	for _, err := range errs {
		if err != nil {
			failed++
			hint.Print(a.ErrOut, err)
		}
	}
	return failed
}

// incomplete is the error of a command that reported that it could not do some of what was asked, or nil: "2 of 5
// contexts not created".
func incomplete(failed, total int, noun, what string) error {
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s not %s", failed, count(total, noun), what)
}

// count says how many there are: 1 context, 2 contexts.
func count(n int, noun string) string {
	if n != 1 && !strings.HasSuffix(noun, "s") {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
