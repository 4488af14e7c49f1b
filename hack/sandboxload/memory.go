package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// memory is how much memory a process had, again and again.
type memory struct {
	pid     int
	samples []int // kB
	err     error
	done    chan struct{}
}

// sampleInterval is short enough for a dozen samples even in runs of seconds.
const sampleInterval = 500 * time.Millisecond

// watch looks at a process until ctx ends.
func watch(ctx context.Context, pid int) *memory {
	m := &memory{pid: pid, done: make(chan struct{})}
	go func() {
		defer close(m.done)
		tick := time.NewTicker(sampleInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				kB, err := resident(pid)
				if err != nil {
					m.err = err
					return
				}
				m.samples = append(m.samples, kB)
			}
		}
	}()
	return m
}

// resident reads how many kB a process has in memory, from Linux.
func resident(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	return 0, fmt.Errorf("process %d has no VmRSS", pid)
}

// check compares the last third of the samples with the second: in the first the sandbox is still filling up. Memory is
// flat if the means differ by less than a fifth; a sandbox that keeps all would have half as much again.
func (m *memory) check() error {
	<-m.done
	third := len(m.samples) / 3
	if m.err != nil || third == 0 {
		return fmt.Errorf("memory of the sandbox (process %d): %d samples: %w", m.pid, len(m.samples), m.err)
	}
	before, after := mean(m.samples[third:2*third]), mean(m.samples[2*third:])
	fmt.Printf("memory: %d MB in the second third, %d MB in the last\n", before>>10, after>>10)
	if after > before+before/5 {
		return fmt.Errorf("the sandbox grows: from %d to %d kB", before, after)
	}
	return nil
}

func mean(values []int) int {
	sum := 0
	for _, v := range values {
		sum += v
	}
	return sum / len(values)
}
