package edge

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// The token does not stay on the clipboard when its write takes longer than it is waited for, and where it may stay,
// that is said.
func TestTokenLeavesSlowClipboard(t *testing.T) {
	const never = 24 * time.Hour
	signals := make(chan os.Signal, 1) // what serves signals must not begin in a bubble
	signal.Notify(signals, syscall.SIGHUP)
	defer signal.Stop(signals)
	errFailed := errors.New("exit status 1")
	for name, c := range map[string]struct {
		write, read, interrupted time.Duration
		fails                    error // of the write, which has put the token there all the same
		want                     error
		stays                    bool
	}{
		"slow":                   {write: 4 * time.Second, interrupted: never, want: errSilentClipboard},
		"interrupted":            {write: time.Second, interrupted: time.Second / 2, want: context.Canceled},
		"interrupted in the end": {write: 0, interrupted: time.Second / 2},
		"fails":                  {fails: errFailed, interrupted: never, want: errFailed},
		"no end":                 {write: never, interrupted: never, want: errSilentClipboard, stays: true},
		"no end, interrupted":    {write: never, interrupted: time.Second, want: context.Canceled, stays: true},
		"unreadable":             {read: never, interrupted: time.Second, stays: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const token, before = "eyJ.token", "mine"
				text := before
				var out strings.Builder
				o := &uiOptions{clearAfter: time.Minute, clipboard: clipboardAccess{
					read: func() (string, error) { <-time.After(c.read); return text, nil },
					write: func(s string) error {
						if s == token {
							<-time.After(c.write) // of the bubble's clock
						}
						if text = s; s == token {
							return c.fails
						}
						return nil
					},
				}, app: &app{Process: Process{IOStreams: genericiooptions.IOStreams{Out: &out, ErrOut: &out},
					Now: time.Now}}}
				ctx, cancel := context.WithCancel(t.Context())
				defer time.AfterFunc(c.interrupted, cancel).Stop()
				begun := time.Now()
				err := o.open(ctx, "https://app.example", tokencache.Entry{Token: token}, false)
				if !errors.Is(err, c.want) || c.want == nil && err != nil {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if c.interrupted < never && time.Since(begun) > c.interrupted+clipboardTime {
					t.Errorf("the end came %s after the interruption", time.Since(begun)-c.interrupted)
				}
				warned := strings.Contains(out.String(), "the token may still be on the clipboard")
				if warned != c.stays {
					t.Errorf("warned: %v, want %v:\n%s", warned, c.stays, out.String())
				}
				<-time.After(2 * never) // of the bubble's clock: what was left running ends
				if !c.stays && text == token {
					t.Errorf("the token is still there:\n%s", out.String())
				}
				if said := strings.Contains(out.String(), "Taking the token off"); c.stays && !said {
					t.Errorf("nothing is said:\n%s", out.String())
				}
			})
		})
	}
}
