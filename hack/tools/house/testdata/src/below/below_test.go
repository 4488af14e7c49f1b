package below

import (
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	os.Exit(m.Run())
}

func TestSleep(t *testing.T) {
	time.Sleep(0) // want `a test waits for an event`
	t.Skip("")    // want `a test does not skip itself`
	skip(t)
}

func skip(t testing.TB) {
	t.Skipf("") // want `a test does not skip itself`
}
