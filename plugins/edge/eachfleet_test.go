package edge

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
)

// A watch takes as long as it takes, but not to begin.
func TestWatchHasToBegin(t *testing.T) {
	for name, test := range map[string]struct {
		timeout time.Duration
		begins  bool
		want    time.Duration // when it ends: that of the test if nothing ended it
	}{
		"never begins":              {15 * time.Second, false, 15 * time.Second},
		"begins":                    {15 * time.Second, true, time.Hour},
		"has all the time to begin": {0, false, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				test1h, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				ctx, begun, end := toBegin(test1h, test.timeout)
				defer end()
				if test.begins {
					<-time.After(test.timeout - time.Second)
					begun()
				}
				<-ctx.Done()
				late := errors.As(context.Cause(ctx), new(fleet.TimeoutError))
				if got := time.Since(start); got != test.want || late != (test.want != time.Hour) {
					t.Errorf("ended after %s by %v, want %s", got, context.Cause(ctx), test.want)
				}
			})
		})
	}
}
