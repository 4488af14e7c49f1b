package plugin

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// TestCollectLate: what grows is collected at the usual pace after its first collection, so that large inputs take no
// more memory than before.
func TestCollectLate(t *testing.T) {
	before := debug.SetGCPercent(usualGC)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	usual := collectLate(func(string) string { return "" })
	if got := debug.SetGCPercent(lateGC); got != lateGC {
		t.Errorf("the first collection comes at %d %%, want %d", got, lateGC)
	}
	runtime.GC()
	<-usual
	if got := debug.SetGCPercent(usualGC); got != usualGC {
		t.Errorf("after the first collection, the next comes at %d %%, want %d", got, usualGC)
	}

	collectLate(func(string) string { return "50" })
	if got := debug.SetGCPercent(usualGC); got != usualGC {
		t.Errorf("with GOGC in the environment, the pace was set to %d %%", got)
	}
}
