package plugin

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestStreamIsPrintable(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"text":            {"a\tb\nπ ✅\n", "a\tb\nπ ✅\n"},
		"escape":          {"\x1b[2J", "\ufffd[2J"},
		"C1":              {"\u009b2J", "\ufffd2J"},
		"C1 as a byte":    {"\x9b2J", "\ufffd2J"},
		"DEL":             {"a\x7f", "a\ufffd"},
		"bidi":            {"\u202eabc\u2069", "\ufffdabc\ufffd"},
		"carriage return": {"safe\rforged", "safe\ufffdforged"},
		"Windows lines":   {"a\r\nb\x07\r\n", "a\nb\ufffd\n"},
		"cut rune":        {"a\xe2\x9c", "a\ufffd\ufffd"},
	} {
		var whole, bytewise bytes.Buffer
		s, b := NewStream(&whole), NewStream(&bytewise)
		if _, err := io.WriteString(s, c.in); err != nil {
			t.Fatal(err)
		}
		for i := range len(c.in) {
			if n, err := b.Write([]byte(c.in[i : i+1])); n != 1 || err != nil {
				t.Fatalf("%s: %d, %v", name, n, err)
			}
		}
		if err := errors.Join(s.finish(), b.finish()); err != nil {
			t.Fatal(err)
		}
		if got := whole.String(); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		if got := bytewise.String(); strings.ContainsAny(got, "\x1b\u009b\x7f\u202e\x07") {
			t.Errorf("%s, byte by byte: %q", name, got)
		}
	}
}

func TestStreamPassesRunesThatComeInPieces(t *testing.T) {
	var out bytes.Buffer
	s := NewStream(&out)
	const text = "π✅𝄞\r\n"
	for i := range len(text) {
		if _, err := s.Write([]byte(text[i : i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.finish(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "π✅𝄞\r\n"; got != want && got != "π✅𝄞\n" {
		t.Errorf("got %q, want %q", got, want)
	}
}

// failing is a full disk.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestStreamRemembersTheFirstError(t *testing.T) {
	want := errors.New("full")
	s := NewStream(failing{want})
	_, _ = s.Write([]byte("lost"))
	if _, err := Raw(s).Write([]byte("too")); !errors.Is(err, want) {
		t.Errorf("raw: %v", err)
	}
	if err := s.finish(); !errors.Is(err, want) {
		t.Errorf("in the end: %v", err)
	}
}

// held says of each write whether somebody else could have written on the status line during it.
type held struct {
	line   *statusLine
	writes int
	free   int
}

func (h *held) Write(data []byte) (int, error) {
	h.writes++
	if h.line.mu.TryLock() {
		h.free++
		h.line.mu.Unlock()
	}
	return len(data), nil
}

// What is written in the place of the status line is not appended to one that was drawn in between.
func TestStreamHasTheLineToItself(t *testing.T) {
	out := &held{line: &statusLine{shown: true}}
	s := &Stream{line: out.line, out: out}
	for _, w := range []io.Writer{s, Raw(s)} {
		if _, err := io.WriteString(w, "demo settings\n"); err != nil {
			t.Fatal(err)
		}
	}
	if out.writes != 2 || out.free != 0 {
		t.Errorf("%d of %d writes left the line to others, want 0 of 2", out.free, out.writes)
	}
}

// Who asks whether all could be written so far does not tear a rune that is on its way.
func TestUnwrittenLeavesRunesWhole(t *testing.T) {
	var out bytes.Buffer
	s := NewStream(&out)
	p := Process{}
	p.Out = s
	const text = "π\n"
	for i := range len(text) {
		if _, err := s.Write([]byte(text[i : i+1])); err != nil {
			t.Fatal(err)
		}
		if err := p.Unwritten(); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.finish(); err != nil || out.String() != text {
		t.Errorf("got %q, %v, want %q", out.String(), err, text)
	}
}
