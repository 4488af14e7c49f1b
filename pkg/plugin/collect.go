package plugin

import (
	"runtime"
	"runtime/debug"
)

const (
	usualGC = 100 // as Go has it, where a first collection comes at 4 MiB
	lateGC  = 400 // at 16 MiB
)

// collectLate has the first collection of garbage come later, unless the environment says when (GOGC). Nearly every
// command ends before that, and the one collection that it had at 4 MiB, with its threads and the pages that they
// touch, took a fifth of its processor time. What grows further is collected as always: the first collection finds the
// marker, which nobody holds, and sets the pace back. The channel is closed then.
func collectLate(getenv func(string) string) <-chan struct{} {
	usual := make(chan struct{})
	if getenv("GOGC") != "" {
		return usual
	}
	marker := &struct{ next *int }{} // with a pointer, so that it does not share its memory with others
	runtime.AddCleanup(marker, func(done chan struct{}) {
		debug.SetGCPercent(usualGC)
		close(done)
	}, usual)
	debug.SetGCPercent(lateGC)
	return usual
}
