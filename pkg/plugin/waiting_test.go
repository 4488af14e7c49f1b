package plugin

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// lockedBuffer may be written by several at once.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestWaitingElsewhere: in a log a long wait is one line for each host, however many requests wait for it, and a short
// one is none.
func TestWaitingElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		p := Process{IOStreams: genericiooptions.IOStreams{ErrOut: &out}, Now: time.Now, line: &statusLine{}}
		wait := func(host string, long time.Duration) {
			end := p.Slow(host)
			<-time.After(long) // of the bubble's clock
			synctest.Wait()
			end()
		}
		wait("quick:443", noted-time.Millisecond)
		<-time.After(time.Hour)
		if got := out.String(); got != "" {
			t.Errorf("a short wait is said: %q", got)
		}
		for _, host := range []string{"slow:443", "slow:443", "other\x1b:443"} {
			wait(host, noted+time.Minute)
		}
		if got, want := out.String(), "waiting for slow:443\nwaiting for other\ufffd:443\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestStatusLine: of several waits one has the line of a terminal, and none while progress is said.
func TestStatusLine(t *testing.T) {
	var line statusLine
	if !line.wait() || line.wait() {
		t.Error("want the line for the first wait alone")
	}
	written := func() (yes bool) {
		line.write(true, func() { yes = true })
		return yes
	}
	if !written() {
		t.Error("nobody has progress, and the wait is not said")
	}
	line.say(1)
	if written() {
		t.Error("a wait writes over progress")
	}
	line.say(-1)
	line.over()
	if !written() || !line.wait() {
		t.Error("the line was not given back")
	}
}

// TestLineGivesWay: what is written to the terminal takes the place of the line, on either stream, and the line comes
// back below it.
func TestLineGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var terminal lockedBuffer
		line, out, errOut := &statusLine{}, NewStream(&terminal), NewStream(&terminal)
		line.out, out.line, errOut.line = beneath{errOut}, line, line
		p := Process{IOStreams: genericiooptions.IOStreams{Out: out, ErrOut: errOut}, Now: time.Now, line: line}
		begin := func(end func()) func() {
			synctest.Wait()
			return end
		}
		end := begin(p.counted(func() string { return "slow:443" }))
		p.Note("a warning")
		p.Note("another")
		<-time.After(time.Second) // of the bubble's clock
		synctest.Wait()
		if _, err := Raw(out).Write([]byte("a row\n")); err != nil {
			t.Fatal(err)
		}
		end()
		p.Note("the end")
		const one, two = clearLine + "waiting for slow:443 (1s) ", clearLine + "waiting for slow:443 (2s) "
		want := one + clearLine + "a warning\nanother\n" + two + clearLine + "a row\n" + clearLine + "the end\n"
		if got := terminal.String(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

// TestProgressCounts: the seconds of a progress go on by themselves on a terminal, until its end.
func TestProgressCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		line := &statusLine{}
		p := &Progress{out: &out, terminal: true, now: time.Now, what: "waiting for demo", start: time.Now(),
			line: line}
		p.Say("creating")
		<-time.After(2500 * time.Millisecond)
		synctest.Wait()
		if line.progress != 1 {
			t.Errorf("%d have progress, want 1", line.progress)
		}
		p.End()
		p.End() // again does nothing more to the line
		<-time.After(time.Hour)
		if line.progress != 0 {
			t.Errorf("%d have progress after the end", line.progress)
		}
		const said = clearLine + "waiting for demo: creating "
		if got, want := out.String(), said+"(0s)"+said+"(1s)"+said+"(2s)\n\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestOneLine(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"waiting for demo", 0, "waiting for demo (1s)"},
		{"waiting for demo", 22, "waiting for demo (1s)"},
		{"waiting for demo", 21, "waiting for de… (1s)"},
		{"wärten auf demo", 15, "wärten a… (1s)"},
		{"待つ待つ待つ", 16, "待つ待つ… (1s)"},
		{"waiting for demo", 12, "waiting fo…"},
	} {
		if got := oneLine(c.text, " (1s)", c.columns); got != c.want {
			t.Errorf("%d columns: got %q, want %q", c.columns, got, c.want)
		}
	}
}
