package stackit

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// asking has a mint refused with each of these Retry-After in turn, and after that with the last forever. It returns
// the pauses that were announced, how long it waited each time, and its error.
func asking(ctx context.Context, retryAfter ...time.Duration) (notified, waits []time.Duration, err error) {
	c := (&Client{sleep: sleep}).Patient(Patience{Busy: func(_ string,
		pause time.Duration) {
		notified = append(notified, pause)
	}})
	p, last := c.patient(), time.Now()
	for {
		asked := retryAfter[min(len(waits), len(retryAfter)-1)]
		if err := p.again(ctx, "demo", &APIError{Status: http.StatusTooManyRequests, RetryAfter: asked}); err != nil {
			return notified, waits, err
		}
		waits = append(waits, time.Since(last))
		last = time.Now()
	}
}

// What is refused is asked for again when the API says, else after pauses that double, for three minutes. No two wait
// equally long.
func TestPatientAfterTooManyRequests(t *testing.T) {
	seconds := func(n ...time.Duration) []time.Duration {
		for i := range n {
			n[i] *= time.Second
		}
		return n
	}
	for name, c := range map[string]struct{ retryAfter, pauses, notified []time.Duration }{
		"the API does not say": {seconds(0), seconds(1, 2, 4, 8, 16, 32, 60), seconds(1, 2, 4, 8, 16, 32, 60)},
		"the API says":         {seconds(46), seconds(46, 46, 46), seconds(46)},
		"at times":             {seconds(0, 7, 7, 0, 7, 3600), seconds(1, 7, 7, 2, 7), seconds(1, 7, 2, 7)},
		"in no time":           {[]time.Duration{1, 1, time.Hour}, seconds(1, 1), seconds(1)},
		"an hour is long":      {seconds(3600), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				notified, waits, err := asking(t.Context(), c.retryAfter...)
				if !hasStatus(err, http.StatusTooManyRequests) {
					t.Errorf("got error %v", err)
				}
				if diff := cmp.Diff(c.notified, notified); diff != "" {
					t.Errorf("announced: -want +got:\n%s", diff)
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

func TestPatientIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, waits, err := asking(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || len(waits) > 0 {
			t.Errorf("got %v after waiting %v", err, waits)
		}
	})
}

// The answer counts, not the status: an instance is asked whatever it is said to be, and waited for only when it has
// refused.
func TestPatientWithAnInstanceThatIsNotReady(t *testing.T) {
	for _, c := range []struct {
		name, status string
		credentials  sandbox.Credentials
		refuse       int
		pauses       int
		err          string
	}{
		{"active", sandbox.StatusActive, sandbox.CredentialsMinted, 0, 0, ""},
		{"reconciling and minting", sandbox.StatusReconciling, sandbox.CredentialsMinted, 0, 0, ""},
		{"of an unknown status", "hibernating", sandbox.CredentialsMinted, 0, 0, ""},
		{"404 twice, then minting", sandbox.StatusReconciling, sandbox.CredentialsMinted, 2, 2, ""},
		{"of an unknown status, and not yet", "hibernating", sandbox.CredentialsMinted, 2, 2, ""},
		{"never", sandbox.StatusReconciling, sandbox.CredentialsRefused, 0, 8,
			"is not ready yet (reconciling); waited 28s for it"},
		{"in error", sandbox.StatusError, sandbox.CredentialsRefused, 0, 0, "is not ready (error)"},
		{"being deleted", sandbox.StatusDeleting, sandbox.CredentialsRefused, 0, 0, "is not ready (deleting)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, sandbox.AdminServiceAccount)
			w.SetInstance(sandbox.ReconcilingID, func(i *sandbox.Instance) {
				i.Status, i.Credentials, i.RefuseCredentials = c.status, c.credentials, c.refuse
			})
			var seen []string
			client := w.Patient(Patience{NotReady: 30 * time.Second,
				Waiting: func(i Instance) { seen = append(seen, i.Status) }})
			asked := 0
			client = client.Asking(func() { asked++ })
			token, err := client.Token(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.ReconcilingID, time.Hour)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got error %v, want %q", err, c.err)
			}
			if err == nil && (token == "" || w.Stats().Minted() != 1) {
				t.Errorf("%d tokens minted", w.Stats().Minted())
			}
			if asked != c.pauses+1 {
				t.Errorf("asked %d times, want %d", asked, c.pauses+1)
			}
			if len(w.pauses) != c.pauses || len(seen) != c.pauses {
				t.Errorf("waited %v, announced %v; want %d pauses", w.pauses, seen, c.pauses)
			}
			for _, status := range seen {
				if status != c.status {
					t.Errorf("announced %q, want %q", status, c.status)
				}
			}
		})
	}
}

// An unknown status is shown as it is. Later versions of the SDK turn it into a constant; they cannot be used before
// Instance reads it itself.
func TestUnknownStatusIsKept(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	w.SetInstance(sandbox.InstanceID, func(i *sandbox.Instance) { i.Status = "hibernating" })
	instance, err := w.Instance(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID)
	if err != nil || instance.Status != "hibernating" {
		t.Errorf("got status %q, %v", instance.Status, err)
	}
	instances, err := w.Instances(t.Context(), sandbox.ProjectID, sandbox.Region)
	if err != nil || !slices.ContainsFunc(instances, func(i Instance) bool { return i.Status == "hibernating" }) {
		t.Errorf("listed as %+v, %v", instances, err)
	}
}
