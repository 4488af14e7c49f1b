package edge

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// asking has a mint refused with each of these Retry-After in turn, and after that with the last for ever. It returns what
// patiently told, how long it waited each time, and its error.
func asking(ctx context.Context, retryAfter ...time.Duration) (told []string, waits []time.Duration, err error) {
	var out bytes.Buffer
	var last time.Time
	a := &app{}
	a.ErrOut = &out
	err = a.patiently(ctx, "demo", func() error {
		if !last.IsZero() {
			waits = append(waits, time.Since(last))
		}
		last = time.Now()
		return &stackit.APIError{Status: http.StatusTooManyRequests, RetryAfter: retryAfter[min(len(waits), len(retryAfter)-1)]}
	})
	for line := range strings.Lines(out.String()) {
		told = append(told, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "instance demo: too many requests, asking again in about "))
	}
	return told, waits, err
}

// What is refused is asked for again when the API says, else after pauses that double, for three minutes. It is told when
// the pause changes. No two wait equally long.
func TestPatiently(t *testing.T) {
	const second = time.Second
	for name, c := range map[string]struct {
		retryAfter, pauses []time.Duration
		told               []string
	}{
		"the API does not say": {[]time.Duration{0}, []time.Duration{second, 2 * second, 4 * second, 8 * second, 16 * second, 32 * second, 60 * second},
			[]string{"1s", "2s", "4s", "8s", "16s", "32s", "1m"}},
		"the API says":    {[]time.Duration{46 * second}, []time.Duration{46 * second, 46 * second, 46 * second}, []string{"46s"}},
		"at times":        {[]time.Duration{0, 7 * second, 7 * second, 0, 7 * second, time.Hour}, []time.Duration{second, 7 * second, 7 * second, 2 * second, 7 * second}, []string{"1s", "7s", "2s", "7s"}},
		"in no time":      {[]time.Duration{1, 1, time.Hour}, []time.Duration{second, second}, []string{"1s"}},
		"an hour is long": {[]time.Duration{time.Hour}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				told, waits, err := asking(t.Context(), c.retryAfter...)
				if _, ok := errors.AsType[*stackit.APIError](err); !ok {
					t.Errorf("got error %v", err)
				}
				if diff := cmp.Diff(c.told, told); diff != "" {
					t.Errorf("told: -want +got:\n%s", diff)
				}
				if len(waits) != len(c.pauses) {
					t.Fatalf("waited %v, want %v", waits, c.pauses)
				}
				for i, pause := range c.pauses {
					if waits[i] < pause || waits[i] >= pause+pause/4 {
						t.Errorf("waited %v, want %v or up to a quarter more", waits[i], pause)
					}
				}
				_, others, _ := asking(t.Context(), c.retryAfter...)
				if len(waits) > 0 && slices.Equal(waits, others) {
					t.Errorf("twice waited %v", waits)
				}
			})
		})
	}
}

func TestPatientlyIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, waits, err := asking(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || len(waits) > 0 {
			t.Errorf("got %v after waiting %v", err, waits)
		}
	})
}
