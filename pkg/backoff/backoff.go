// Package backoff says how long to wait after the nth failure in a row, where what is kept is that number and not a
// wait.Backoff: in a file, for the next process.
package backoff

import (
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// After is the pause after failures failures in a row, of which there is at least one.
func After(b wait.Backoff, failures int) time.Duration {
	b.Steps = max(b.Steps, 1)
	pause := b.Step()
	for range min(failures, maxSteps) - 1 {
		pause = b.Step()
	}
	return pause
}

// maxSteps is more than any pause needs to grow to its cap.
const maxSteps = 64
