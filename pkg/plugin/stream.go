package plugin

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
)

// Stream is standard output or standard error of a plugin. What is written to it comes out printable: a name in
// somebody else's kubeconfig or a server's words must not control the terminal, whichever command shows them and in
// whatever form. It remembers the first write that failed, so that a command which did not look still ends with an
// error.
type Stream struct {
	line *statusLine // on the terminal that it writes to, or nil

	mu   sync.Mutex
	out  io.Writer
	rest []byte // the beginning of a rune, or a carriage return whose line feed may follow
	err  error
}

// NewStream returns a stream that writes to out.
func NewStream(out io.Writer) *Stream { return &Stream{out: out} }

// Write writes data in printable form.
func (s *Stream) Write(data []byte) (int, error) {
	return s.line.replace(func() (int, error) { return s.write(data) })
}

func (s *Stream) write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	whole := data
	if len(s.rest) > 0 {
		whole = append(s.rest, data...)
	}
	end := len(whole) - unfinished(whole)
	clean := printable(whole[:end])
	s.rest = bytes.Clone(whole[end:])
	if err := s.put(clean); err != nil {
		return 0, err
	}
	return len(data), nil
}

func (s *Stream) put(data []byte) error {
	if s.err == nil && len(data) > 0 {
		_, s.err = s.out.Write(data)
	}
	return s.err
}

// failed returns the first error of all writes so far.
func (s *Stream) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// finish writes what is left of a rune that never ended, and returns the first error of all writes.
func (s *Stream) finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := printable(s.rest)
	s.rest = nil
	return s.put(rest)
}

// raw is a Stream without its filter.
type raw struct{ stream *Stream }

func (r raw) Write(data []byte) (int, error) {
	return r.stream.line.replace(func() (int, error) { return beneath(r).Write(data) })
}

// beneath is a Stream without its filter for the status line itself.
type beneath struct{ stream *Stream }

func (b beneath) Write(data []byte) (int, error) {
	b.stream.mu.Lock()
	defer b.stream.mu.Unlock()
	if err := b.stream.put(data); err != nil {
		return 0, err
	}
	return len(data), nil
}

// below is where the status line of w is written.
func below(w io.Writer) io.Writer {
	if s, ok := w.(*Stream); ok {
		return beneath{s}
	}
	return w
}

// Raw is w for bytes that are to arrive as they are: a program's own sequences for a terminal, or an answer that goes
// into a file. A write that fails is remembered all the same.
func Raw(w io.Writer) io.Writer {
	if s, ok := w.(*Stream); ok {
		return raw{s}
	}
	return w
}

// File is the file behind w, for programs and libraries that want it itself, or else w.
func File(w io.Writer) io.Writer {
	if s, ok := w.(*Stream); ok {
		return s.out
	}
	return w
}

// Terminal reports whether stream, an input or an output, is a terminal.
func Terminal(stream any) bool {
	if s, ok := stream.(*Stream); ok {
		stream = s.out
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Pen is what paints words for a stream of the process. What it paints has to be written with Raw.
func (p Process) Pen(stream any) colour.Pen {
	if p.Getenv == nil { // of a process in a test
		return colour.Pen{}
	}
	if s, ok := stream.(*Stream); ok {
		stream = s.out
	}
	return colour.For(stream, p.Getenv)
}

// unfinished is how many bytes at the end of data cannot be judged before more comes.
func unfinished(data []byte) int {
	if bytes.HasSuffix(data, []byte("\r")) {
		return 1
	}
	for n := 1; n < utf8.UTFMax && n <= len(data); n++ {
		if tail := data[len(data)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// printable replaces in a text of several lines what a terminal would obey or not show: control characters of both sets
// (C0, C1), DEL, and those that change the direction of writing. Line ends and tabs stay.
func printable(text []byte) []byte {
	if !bytes.ContainsFunc(text, func(r rune) bool { return !harmless(r) }) {
		return text
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.Map(func(r rune) rune {
		if harmless(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

func harmless(r rune) bool {
	return r == '\n' || r == '\t' || unicode.IsPrint(r) && r != utf8.RuneError
}

// closedPipe reports whether err says that nobody reads any more, as after kubectl edge … | head.
func closedPipe(err error) bool {
	const (
		errorBrokenPipe = syscall.Errno(109) // of Windows, as is the next
		errorNoData     = syscall.Errno(232)
	)
	return errors.Is(err, syscall.EPIPE) ||
		runtime.GOOS == "windows" && (errors.Is(err, errorBrokenPipe) || errors.Is(err, errorNoData))
}
