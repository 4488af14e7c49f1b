package plugin

import (
	"bytes"
	"io"
	"sync"
)

// LineWriter lets several streams share one writer, line by line.
type LineWriter struct {
	mu  sync.Mutex
	out io.Writer
}

// NewLineWriter returns one that writes to out.
func NewLineWriter(out io.Writer) *LineWriter { return &LineWriter{out: out} }

// Stream returns a stream whose lines begin with label.
func (w *LineWriter) Stream(label string) *LineStream { return &LineStream{w: w, label: label} }

// LineStream is one of the streams of a LineWriter, which puts its label before each line.
type LineStream struct {
	w     *LineWriter
	label string
	rest  []byte // of a line that has not ended
}

// maxLine is the longest line that is kept together.
const maxLine = 1 << 20

// Write writes the lines that data ends, and keeps what follows them.
func (s *LineStream) Write(data []byte) (int, error) {
	s.rest = append(s.rest, data...)
	end := bytes.LastIndexByte(s.rest, '\n') + 1
	if end == 0 && len(s.rest) < maxLine {
		return len(data), nil
	} else if end == 0 {
		end = len(s.rest)
	}
	err := s.print(s.rest[:end])
	s.rest = append(s.rest[:0], s.rest[end:]...)
	return len(data), err
}

// Flush prints a last line that had no end.
func (s *LineStream) Flush() {
	if len(s.rest) > 0 {
		_ = s.print(s.rest)
		s.rest = nil
	}
}

func (s *LineStream) print(lines []byte) error {
	var labelled bytes.Buffer
	for line := range bytes.Lines(lines) {
		labelled.WriteString(s.label)
		labelled.Write(printable(line)) // a program may print what it was given as it is
	}
	if !bytes.HasSuffix(lines, []byte("\n")) {
		labelled.WriteByte('\n')
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	_, err := s.w.out.Write(labelled.Bytes())
	return err
}
